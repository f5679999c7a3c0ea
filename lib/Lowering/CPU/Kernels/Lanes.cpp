//===- Lanes.cpp - Elementwise, depthwise and pooling kernels -------------===//

#include "Lanes.h"
#include "../ParallelLoops.h"
#include "Contraction.h"
#include "FillLanes.h"
#include "LaneBuilder.h"
#include "WordSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Accumulators that one iteration of the innermost parallel loops carries.
constexpr int64_t kPoints = 8;
/// Reductions of up to this many terms are unrolled.
constexpr int64_t kUnrolledTerms = 32;
/// Bodies of more operations are not written out for each point of a block.
constexpr size_t kBlockBody = 64;

class LaneEmitter {
public:
  LaneEmitter(OpBuilder &builder, Nest &nest, unsigned lane,
              const MicroKernel &kernel, const DepthwiseEmitter *products)
      : b(builder), nest(nest), lane(lane),
        builder(builder, nest, lane, kernel), products(products),
        sums(matchWordSums(nest, lane, kernel)), loc(this->builder.loc) {}

  void emit();

private:
  void emitLoops(ArrayRef<unsigned> loops, Point point, int64_t chunks,
                 int64_t active);
  void emitPoints(ArrayRef<Point> points, int64_t active);
  SmallVector<Value> emitTerms(SmallVector<Point> points,
                               SmallVector<Value> accumulators,
                               ArrayRef<unsigned> loops, int64_t active);
  void chunksOf(const Point &point, int64_t chunks, int64_t active);
  std::optional<unsigned> findBlockLoop();
  std::optional<unsigned> findInterleavedLoop();

  /// Whether all lanes end in one element.
  bool combines() const { return nest.epilogue && nest.epilogue->combines; }
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  OpBuilder &b;
  Nest &nest;
  unsigned lane;
  LaneBuilder builder;
  /// Emits the reduction where it is a depthwise convolution.
  const DepthwiseEmitter *products;
  std::optional<WordSums> sums;
  Location loc;
  SmallVector<unsigned> reductions;
  SmallVector<unsigned> parallels;
  /// The loop along which points are taken in blocks, and transposed.
  std::optional<unsigned> blockLoop;
  /// The loop over the few elements that lie between neighbouring lanes of the
  /// output.
  std::optional<unsigned> interleavedLoop;
};

/// Adds all terms over `loops` to the accumulators, in the loops' order.
SmallVector<Value> LaneEmitter::emitTerms(SmallVector<Point> points,
                                          SmallVector<Value> accumulators,
                                          ArrayRef<unsigned> loops,
                                          int64_t active) {
  if (loops.empty()) {
    for (auto [point, accumulator] : llvm::zip(points, accumulators))
      accumulator = builder.emitMain(point, accumulator, active);
    return accumulators;
  }
  unsigned loop = loops.front();
  int64_t terms = 1;
  for (unsigned each : loops)
    terms *= nest.sizes[each];
  if (terms <= kUnrolledTerms) {
    for (int64_t i = 0; i < nest.sizes[loop]; ++i) {
      SmallVector<Point> shifted = points;
      for (Point &point : shifted)
        point.shifts[loop] += i;
      accumulators =
          emitTerms(shifted, accumulators, loops.drop_front(), active);
    }
    return accumulators;
  }
  auto forOp =
      scf::ForOp::create(b, loc, constant(0), constant(nest.sizes[loop]),
                         constant(1), accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  for (Point &point : points)
    point.ivs[loop] = forOp.getInductionVar();
  SmallVector<Value> inner(forOp.getRegionIterArgs().begin(),
                           forOp.getRegionIterArgs().end());
  scf::YieldOp::create(b, loc,
                       emitTerms(points, inner, loops.drop_front(), active));
  return SmallVector<Value>(forOp.getResults().begin(),
                            forOp.getResults().end());
}

void LaneEmitter::emitPoints(ArrayRef<Point> points, int64_t active) {
  SmallVector<Value> accumulators;
  if (!nest.hasReduction()) {
    const bool isBlock = blockLoop && points.size() == builder.lanes;
    if (isBlock)
      builder.beginBlock(points, *blockLoop, active);
    const bool isInterleaved = interleavedLoop && active == builder.lanes;
    Value finished = builder.getFinished(active, isInterleaved);
    for (auto [number, point] : llvm::enumerate(points)) {
      builder.selectPoint(number);
      accumulators.push_back(
          builder.emitMain(point, Value(), active, finished));
    }
    builder.endBlock();
    if (isInterleaved)
      return builder.emitInterleaved(accumulators, points.front());
  } else {
    for (const Point &point : points)
      accumulators.push_back(builder.emitInit(point, active));
    if (products)
      accumulators = products->emit(builder, points, accumulators, active);
    else if (sums && active == builder.lanes)
      accumulators = emitWordSums(builder, *sums, points, accumulators);
    else
      accumulators = emitTerms(SmallVector<Point>(points), accumulators,
                               reductions, active);
  }
  if (combines()) {
    size_t chunks = nest.sizes[lane] / builder.lanes;
    for (size_t i = 0; i < points.size(); i += chunks)
      builder.emitCombination(
          SmallVector<Value>(ArrayRef(accumulators).slice(i, chunks)),
          points[i]);
    return;
  }
  builder.emitFinish(accumulators, points,
                     SmallVector<unsigned>(points.size(), active));
}

/// `chunks` neighbouring vectors along the lanes, `kPoints` at a time.
void LaneEmitter::chunksOf(const Point &point, int64_t chunks, int64_t active) {
  int64_t step = combines() ? chunks : kPoints;
  for (int64_t first = 0; first < chunks; first += step) {
    SmallVector<Point> points;
    for (int64_t i = first; i < std::min(chunks, first + step); ++i) {
      points.push_back(point);
      points.back().shifts[lane] += i * builder.lanes;
    }
    emitPoints(points, active);
  }
}

/// The parallel loops; the innermost is unrolled so that `kPoints` vectors are
/// computed together.
void LaneEmitter::emitLoops(ArrayRef<unsigned> loops, Point point,
                            int64_t chunks, int64_t active) {
  if (loops.empty())
    return chunksOf(point, chunks, active);
  unsigned loop = loops.front();
  int64_t size = nest.sizes[loop];
  bool isLast = loops.size() == 1;
  int64_t step = 1;
  if (isLast && !reductions.empty())
    step = std::min(size, std::max<int64_t>(1, kPoints / chunks));
  if (loop == blockLoop)
    step = builder.lanes;
  if (loop == interleavedLoop)
    step = size;
  auto emitStep = [&](const Point &at, int64_t count) {
    if (!isLast)
      return emitLoops(loops.drop_front(), at, chunks, active);
    if (count == 1)
      return chunksOf(at, chunks, active);
    SmallVector<Point> points;
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        points.push_back(at);
        points.back().shifts[loop] += i;
        points.back().shifts[lane] += chunk * builder.lanes;
      }
    }
    emitPoints(points, active);
  };
  auto emitFor = [&](int64_t begin, int64_t end, int64_t count) {
    auto forOp = scf::ForOp::create(b, loc, constant(begin), constant(end),
                                    constant(count));
    markParallel(forOp);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Point inner = point;
    inner.ivs[loop] = forOp.getInductionVar();
    emitStep(inner, count);
  };
  int64_t full = size / step * step;
  if (full == step)
    emitStep(point, step);
  else
    emitFor(0, full, step);
  // What is left of blocks is not worth as much code as one.
  if (full < size && loop == blockLoop) {
    emitFor(full, size, 1);
  } else if (full < size) {
    point.shifts[loop] += full;
    emitStep(point, size - full);
  }
}

/// The loop along which operands lie side by side that the lanes would gather.
std::optional<unsigned> LaneEmitter::findBlockLoop() {
  if (!reductions.empty() ||
      nest.main.getBody()->getOperations().size() > kBlockBody)
    return std::nullopt;
  for (unsigned loop : parallels)
    if (nest.sizes[loop] >= builder.lanes &&
        llvm::any_of(nest.inputs, [&](const Access &input) {
          return builder.isTransposed(input, loop);
        }))
      return loop;
  return std::nullopt;
}

/// Pixels of up to four channels, say, that come from as many planes.
std::optional<unsigned> LaneEmitter::findInterleavedLoop() {
  const int64_t stride = nest.output.strides[lane];
  if (nest.hasReduction() || nest.epilogue || blockLoop || stride < 2 ||
      stride > kMaximalNarrow || !isa<MemRefType>(nest.output.buffer.getType()))
    return std::nullopt;
  for (unsigned loop : parallels)
    if (nest.output.strides[loop] == 1 && nest.sizes[loop] == stride)
      return loop;
  return std::nullopt;
}

void LaneEmitter::emit() {
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.sizes[loop] == 1 || loop == lane)
      continue;
    (nest.isReduction[loop] ? reductions : parallels).push_back(loop);
  }
  llvm::sort(parallels, [&](unsigned left, unsigned right) {
    int64_t a = nest.output.strides[left], c = nest.output.strides[right];
    return a != c ? a > c : left < right;
  });
  // Points that share taps are computed together, and those of a block are.
  blockLoop = findBlockLoop();
  interleavedLoop = findInterleavedLoop();
  std::optional<unsigned> innermost =
      products ? products->getSharedLoop()
               : (blockLoop ? blockLoop : interleavedLoop);
  if (innermost && llvm::is_contained(parallels, *innermost)) {
    llvm::erase(parallels, *innermost);
    parallels.push_back(*innermost);
  }

  int64_t size = nest.sizes[lane], lanes = builder.lanes;
  int64_t chunks = size / lanes;
  Point origin(nest.sizes.size());
  // Lanes outermost: weights of one vector of channels stay in registers while
  // the kernel walks the points.
  int64_t together = std::min<int64_t>(
      chunks,
      reductions.empty() || parallels.empty() || products || sums ? 4 : 1);
  if (combines())
    together = chunks;
  if (blockLoop || interleavedLoop)
    together = std::min<int64_t>(chunks, 1);
  int64_t full = together == 0 ? 0 : chunks / together * together;
  if (full > 0 && full == together) {
    emitLoops(parallels, origin, together, lanes);
  } else if (full > 0) {
    auto forOp = scf::ForOp::create(b, loc, constant(0), constant(full * lanes),
                                    constant(together * lanes));
    markParallel(forOp);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Point inner = origin;
    inner.ivs[lane] = forOp.getInductionVar();
    emitLoops(parallels, inner, together, lanes);
  }
  origin.shifts[lane] = full * lanes;
  if (chunks > full)
    emitLoops(parallels, origin, chunks - full, lanes);
  origin.shifts[lane] = chunks * lanes;
  if (size % lanes)
    emitLoops(parallels, origin, 1, size % lanes);
}

} // namespace

/// The loop over the accumulators that end in one element, where every operand
/// has them beside each other.
static std::optional<unsigned> chooseCombinedLane(Nest &nest) {
  linalg::GenericOp combination = nest.epilogue->op;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.isReduction[loop] || nest.accumulator.strides[loop] != 1 ||
        nest.sizes[loop] != combination.getNumDpsInputs() ||
        nest.output.strides[loop] != 0)
      continue;
    for (const Access &input : nest.inputs)
      if (!input.isInvariant() && input.strides[loop] != 1)
        return std::nullopt;
    return loop;
  }
  return std::nullopt;
}

std::optional<unsigned> mlir::qopt::chooseLane(const Nest &nest,
                                               bool mayGather) {
  std::optional<unsigned> best;
  int64_t bestScore = 0;
  Nest &mutableNest = const_cast<Nest &>(nest);
  if (nest.epilogue && nest.epilogue->combines)
    return chooseCombinedLane(mutableNest);
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (nest.isReduction[loop] || nest.sizes[loop] == 1 ||
        nest.output.strides[loop] == 0)
      continue;
    // Lanes share what a body adds to positions.
    if (llvm::any_of(nest.loads, [&](const auto &load) {
          return hasTermsAlong(nest, load.second, loop);
        }))
      continue;
    bool isScattering = nest.output.strides[loop] != 1;
    bool isGathering = false;
    for (Access *access : mutableNest.getAccesses()) {
      bool isRead = access != &mutableNest.output &&
                    (access != &mutableNest.accumulator ||
                     (nest.hasReduction() && !nest.init));
      if (!isRead || !isa<MemRefType>(access->buffer.getType()))
        continue;
      int64_t stride = access->strides[loop];
      isGathering |=
          stride != 0 && stride != 1 &&
          (!access->terms.empty() || !getConstantBytes(access->buffer));
    }
    int64_t score = 2 + std::min<int64_t>(nest.sizes[loop], 64);
    // Strided loads and stores are as slow as scalar code, and scalar code is
    // smaller. But the arithmetic between them is worth it, and reductions of
    // many rows at once hide the latency of their sums.
    if (isScattering || isGathering) {
      if (!mayGather || nest.sizes[loop] < 8 || (isScattering && isGathering) ||
          (isScattering && nest.hasReduction()))
        continue;
      score = isScattering ? 1 : 2;
    }
    if (score > bestScore) {
      bestScore = score;
      best = loop;
    }
  }
  return best;
}

/// Constants that the lanes would gather are stored again with the lane
/// innermost.
static void relayoutConstants(OpBuilder &builder, Nest &nest, unsigned lane) {
  for (Access *access : nest.getAccesses()) {
    if (!isa<MemRefType>(access->buffer.getType()) ||
        access->strides[lane] == 0 || access->strides[lane] == 1 ||
        !access->terms.empty())
      continue;
    if (getConstantBytes(access->buffer) &&
        access->element.getIntOrFloatBitWidth() % 8 == 0)
      storeAlongLanes(builder, nest, *access, lane, /*times=*/1, "qopt_relaid");
  }
}

void mlir::qopt::emitLanes(OpBuilder &builder, Nest &nest, unsigned lane,
                           const MicroKernel &kernel,
                           const std::optional<Depthwise> &depthwise) {
  std::optional<DepthwiseEmitter> products;
  if (depthwise)
    products.emplace(builder, nest, *depthwise, kernel);
  relayoutConstants(builder, nest, lane);
  LaneEmitter(builder, nest, lane, kernel, products ? &*products : nullptr)
      .emit();
}
