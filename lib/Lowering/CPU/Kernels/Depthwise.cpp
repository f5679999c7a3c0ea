//===- Depthwise.cpp - Products of lanes, several taps at once ------------===//

#include "Depthwise.h"
#include "Contraction.h"
#include "Globals.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

/// More taps than this would be too much code.
static constexpr int64_t kMaximalTaps = 64;
/// Fewer taps are as fast one by one.
static constexpr int64_t kMinimalTaps = 3;

std::optional<Depthwise> mlir::qopt::matchDepthwise(const Nest &nest,
                                                    unsigned lane) {
  std::optional<std::pair<Factor, Factor>> factors = matchProduct(nest);
  if (!factors)
    return std::nullopt;
  auto [first, second] = *factors;
  if (getConstantBytes(nest.inputs[first.input].buffer))
    std::swap(first, second);
  const Access &a = nest.inputs[first.input];
  const Access &w = nest.inputs[second.input];
  bool isWide = a.element.isInteger(16) && !first.isUnsigned;
  if (!getConstantBytes(w.buffer) || !w.element.isInteger(8) ||
      second.isUnsigned || !(a.element.isInteger(8) || isWide) ||
      a.strides[lane] != 1 || w.strides[lane] == 0 ||
      nest.output.strides[lane] != 1)
    return std::nullopt;

  Depthwise depthwise;
  depthwise.activations = first.input;
  depthwise.weights = second.input;
  depthwise.isUnsigned = first.isUnsigned;
  depthwise.lane = lane;
  int64_t taps = 1;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.isReduction[loop])
      taps *= nest.sizes[loop];
    else if (loop != lane && w.strides[loop] != 0)
      return std::nullopt;
  }
  if (taps < kMinimalTaps || taps > kMaximalTaps)
    return std::nullopt;

  // Points one tap apart read the same taps but one.
  for (unsigned tap = 0, e = nest.sizes.size(); tap < e; ++tap) {
    for (unsigned loop = 0; loop < e; ++loop) {
      if (!nest.isReduction[tap] || nest.sizes[tap] == 1 ||
          nest.isReduction[loop] || nest.sizes[loop] == 1 || loop == lane ||
          a.strides[loop] != a.strides[tap])
        continue;
      if (!depthwise.shared || a.strides[loop] < a.strides[*depthwise.shared]) {
        depthwise.shared = loop;
        depthwise.tap = tap;
      }
    }
  }
  return depthwise;
}

DepthwiseEmitter::DepthwiseEmitter(OpBuilder &builder, Nest &nest,
                                   const Depthwise &depthwise,
                                   const MicroKernel &kernel)
    : nest(nest), depthwise(depthwise), kernel(kernel) {
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop)
    if (nest.isReduction[loop] && nest.sizes[loop] != 1)
      reductions.push_back(loop);
  if (depthwise.shared && nest.sizes[depthwise.tap] < kernel.group)
    planSharedSteps();
  else
    planSteps();
  packWeights(builder);
}

/// A step for each run of taps along one loop. What is left of the group serves
/// the next points, with the weights moved by one entry.
void DepthwiseEmitter::planSharedSteps() {
  const Access &a = nest.inputs[depthwise.activations];
  const Access &w = nest.inputs[depthwise.weights];
  int64_t taps = nest.sizes[depthwise.tap];
  sharing = kernel.group - taps + 1;
  SmallVector<unsigned> others = reductions;
  llvm::erase(others, depthwise.tap);
  for (auto [from, weight] : llvm::zip(enumerateOffsets(nest, others, a),
                                       enumerateOffsets(nest, others, w))) {
    Step step;
    for (unsigned entry = 0; entry < kernel.group; ++entry)
      step.taps.push_back(from + entry * a.strides[depthwise.tap]);
    for (size_t point = 0; point < sharing; ++point) {
      SmallVector<int64_t> weights(kernel.group, -1);
      for (int64_t tap = 0; tap < taps; ++tap)
        weights[point + tap] =
            w.offset + weight + tap * w.strides[depthwise.tap];
      step.weights.push_back(weights);
    }
    steps.push_back(step);
  }
}

/// All taps in a row, `group` of them a step.
void DepthwiseEmitter::planSteps() {
  const Access &a = nest.inputs[depthwise.activations];
  const Access &w = nest.inputs[depthwise.weights];
  SmallVector<int64_t> taps = enumerateOffsets(nest, reductions, a);
  SmallVector<int64_t> weights = enumerateOffsets(nest, reductions, w);
  for (size_t first = 0; first < taps.size(); first += kernel.group) {
    Step step;
    SmallVector<int64_t> entries(kernel.group, -1);
    for (size_t entry = 0; entry < kernel.group; ++entry) {
      bool exists = first + entry < taps.size();
      step.taps.push_back(taps[exists ? first + entry : first]);
      if (exists)
        entries[entry] = w.offset + weights[first + entry];
    }
    step.weights.push_back(entries);
    steps.push_back(step);
  }
}

void DepthwiseEmitter::packWeights(OpBuilder &builder) {
  Access &w = nest.inputs[depthwise.weights];
  ConstantBytes bytes = *getConstantBytes(w.buffer);
  int64_t lanes = kernel.lanes, channels = nest.sizes[depthwise.lane];
  int64_t stride = w.strides[depthwise.lane];
  int64_t blocks = llvm::divideCeil(channels, lanes);
  std::vector<char> data;
  SmallVector<int32_t> shifts(blocks * lanes, 0);
  for (int64_t block = 0; block < blocks; ++block)
    for (size_t point = 0; point < sharing; ++point)
      for (const Step &step : steps)
        for (int64_t lane = 0; lane < lanes; ++lane)
          for (int64_t offset : step.weights[point]) {
            int64_t channel = block * lanes + lane;
            char weight = 0;
            if (offset >= 0 && channel < channels)
              weight =
                  bytes.data[bytes.isSplat ? 0 : offset + channel * stride];
            data.push_back(weight);
            if (point == 0)
              shifts[channel] -= kernel.getShift(depthwise.isUnsigned) *
                                 static_cast<int8_t>(weight);
          }
  Location loc = nest.main.getLoc();
  packed.element = builder.getI8Type();
  packed.strides.assign(nest.sizes.size(), 0);
  packed.strides[depthwise.lane] = sharing * steps.size() * kernel.group;
  packed.buffer =
      emitConstantData(builder, loc, "qopt_taps", packed.element, data);
  if (llvm::any_of(shifts, [](int32_t shift) { return shift != 0; })) {
    compensation.emplace();
    compensation->element = builder.getI32Type();
    compensation->strides.assign(nest.sizes.size(), 0);
    compensation->strides[depthwise.lane] = 1;
    compensation->buffer =
        emitConstantData(builder, loc, "qopt_start", compensation->element,
                         ArrayRef(reinterpret_cast<const char *>(shifts.data()),
                                  shifts.size() * sizeof(int32_t)));
  }
  // The weights as they were are not read any more.
  w.strides.assign(nest.sizes.size(), 0);
}

/// The activations of `step`, lane by lane its entries beside each other.
Value DepthwiseEmitter::emitInterleaved(LaneBuilder &builder,
                                        const Point &point, const Step &step,
                                        size_t points, unsigned active) const {
  OpBuilder &b = builder.builder;
  Location loc = builder.loc;
  SmallVector<Value> vectors;
  for (unsigned entry = 0; entry < kernel.group; ++entry) {
    // Whatever has no weight may be anything; what is loaded already is free.
    if (!vectors.empty() && !step.uses(entry, points)) {
      vectors.push_back(vectors.front());
      continue;
    }
    Access tap = nest.inputs[depthwise.activations];
    tap.offset += step.taps[entry];
    tap.isFlipped = false;
    vectors.push_back(builder.load(tap, point, active));
  }
  // One behind the other, then one shuffle.
  while (vectors.size() > 1) {
    int64_t size = cast<VectorType>(vectors[0].getType()).getDimSize(0);
    SmallVector<int64_t> both = llvm::to_vector(llvm::seq<int64_t>(2 * size));
    SmallVector<Value> joined;
    for (size_t i = 0; i < vectors.size(); i += 2)
      joined.push_back(
          vector::ShuffleOp::create(b, loc, vectors[i], vectors[i + 1], both));
    vectors = std::move(joined);
  }
  SmallVector<int64_t> order;
  for (unsigned lane = 0; lane < kernel.lanes; ++lane)
    for (unsigned entry = 0; entry < kernel.group; ++entry)
      order.push_back(entry * kernel.lanes + lane);
  return vector::ShuffleOp::create(b, loc, vectors[0], vectors[0], order);
}

SmallVector<Value> DepthwiseEmitter::emit(LaneBuilder &builder,
                                          ArrayRef<Point> points,
                                          SmallVector<Value> accumulators,
                                          unsigned active) const {
  OpBuilder &b = builder.builder;
  Location loc = builder.loc;
  const Access &a = nest.inputs[depthwise.activations];
  if (compensation)
    for (auto [point, accumulator] : llvm::zip(points, accumulators)) {
      Value start = vector::LoadOp::create(
          b, loc, builder.vectorOf(compensation->element), compensation->buffer,
          ValueRange{builder.index(*compensation, point)});
      accumulator = arith::AddIOp::create(b, loc, accumulator, start);
    }
  // Points that follow `first` along the shared loop take part in its steps.
  auto follows = [&](const Point &first, const Point &next, int64_t distance) {
    if (first.ivs != next.ivs)
      return false;
    for (unsigned loop = 0, e = first.shifts.size(); loop < e; ++loop)
      if (next.shifts[loop] !=
          first.shifts[loop] + (loop == depthwise.shared ? distance : 0))
        return false;
    return true;
  };
  SmallVector<bool> done(points.size(), false);
  for (size_t first = 0; first < points.size(); ++first) {
    if (done[first])
      continue;
    SmallVector<size_t> group = {first};
    for (size_t i = first + 1; i < points.size() && group.size() < sharing; ++i)
      if (!done[i] && follows(points[first], points[i], group.size()))
        group.push_back(i);
    for (auto [index, step] : llvm::enumerate(steps)) {
      MicroKernel::Parts activation = kernel.emitLanes(
          b, loc,
          emitInterleaved(builder, points[first], step, group.size(), active),
          depthwise.isUnsigned || a.isFlipped);
      for (auto [variant, point] : llvm::enumerate(group)) {
        done[point] = true;
        Access weights = packed;
        weights.offset =
            (variant * steps.size() + index) * kernel.lanes * kernel.group;
        kernel.emitStep(
            b, loc, accumulators[point], activation,
            kernel.emitWeights(b, loc, packed.buffer,
                               builder.index(weights, points[first])));
      }
    }
  }
  return accumulators;
}
