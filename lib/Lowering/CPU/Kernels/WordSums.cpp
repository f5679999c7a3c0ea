//===- WordSums.cpp - Sums of windows in 16-bit words ---------------------===//

#include "WordSums.h"
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

/// 257 bytes of 255 are 65535.
static constexpr int64_t kMaximalTaps = 257;
/// Fewer taps do not pay for putting even and odd channels together again.
static constexpr int64_t kMinimalTaps = 4;
/// More taps become a loop.
static constexpr int64_t kUnrolledTaps = 32;
/// Vectors of 32-bit lanes whose bytes fill a register.
static constexpr size_t kTogether = 4;

std::optional<WordSums> mlir::qopt::matchWordSums(const Nest &nest,
                                                  unsigned lane,
                                                  const MicroKernel &kernel) {
  std::optional<Factor> term = matchSum(nest);
  if (!term || kernel.unit.family != Family::X86)
    return std::nullopt;
  const Access &input = nest.inputs[term->input];
  if (!input.element.isInteger(8) || !nest.accumulator.element.isInteger(32) ||
      input.strides[lane] != 1)
    return std::nullopt;
  WordSums sums{term->input, term->isUnsigned, {}};
  int64_t count = 1;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (!nest.isReduction[loop])
      continue;
    count *= nest.sizes[loop];
    if (nest.sizes[loop] > 1)
      sums.taps.push_back(loop);
  }
  if (count < kMinimalTaps || count > kMaximalTaps)
    return std::nullopt;
  return sums;
}

namespace {
class WordSumEmitter {
public:
  WordSumEmitter(LaneBuilder &builder, const WordSums &sums, int64_t vectors)
      : builder(builder), b(builder.builder), loc(builder.loc), sums(sums),
        bytes(VectorType::get({vectors * builder.lanes}, b.getI8Type())),
        words(VectorType::get({vectors * builder.lanes / 2}, b.getI16Type())),
        access(builder.nest.inputs[sums.input]) {
    // Bytes are added up as unsigned ones: signed values plus 128. A flipped
    // buffer holds these already, but of unsigned values those less 128.
    flips = sums.isUnsigned == access.isFlipped;
    isShifted = !sums.isUnsigned;
    access.isFlipped = false;
  }

  /// The sums of even and of odd channels.
  SmallVector<Value> emitTaps(Point point, ArrayRef<unsigned> loops,
                              SmallVector<Value> carried);
  /// The same in the order of channels, as i32.
  SmallVector<Value> emitTogether(ArrayRef<Value> carried, size_t vectors);

  SmallVector<Value> zeros() {
    Value zero = splat(words, 0);
    return {zero, zero};
  }

private:
  Value splat(VectorType type, int64_t value) {
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(type,
                               b.getIntegerAttr(type.getElementType(), value)));
  }
  SmallVector<Value> emitTap(const Point &point, ArrayRef<Value> carried);

  LaneBuilder &builder;
  OpBuilder &b;
  Location loc;
  const WordSums &sums;
  VectorType bytes, words;
  Access access;
  bool flips, isShifted;
};
} // namespace

SmallVector<Value> WordSumEmitter::emitTap(const Point &point,
                                           ArrayRef<Value> carried) {
  Value loaded =
      vector::LoadOp::create(b, loc, bytes, builder.flat(access),
                             ValueRange{builder.index(access, point)});
  if (flips)
    loaded = arith::XOrIOp::create(b, loc, loaded, splat(bytes, -128));
  Value pairs = vector::BitCastOp::create(b, loc, words, loaded);
  Value even = arith::AndIOp::create(b, loc, pairs, splat(words, 255));
  Value odd = arith::ShRUIOp::create(b, loc, pairs, splat(words, 8));
  return {arith::AddIOp::create(b, loc, carried[0], even),
          arith::AddIOp::create(b, loc, carried[1], odd)};
}

SmallVector<Value> WordSumEmitter::emitTaps(Point point,
                                            ArrayRef<unsigned> loops,
                                            SmallVector<Value> carried) {
  if (loops.empty())
    return emitTap(point, carried);
  const unsigned loop = loops.front();
  const int64_t size = builder.nest.sizes[loop];
  int64_t count = 1;
  for (unsigned each : loops)
    count *= builder.nest.sizes[each];
  if (count <= kUnrolledTaps) {
    for (int64_t i = 0; i < size; ++i) {
      Point shifted = point;
      shifted.shifts[loop] += i;
      carried = emitTaps(shifted, loops.drop_front(), carried);
    }
    return carried;
  }
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto forOp = scf::ForOp::create(b, loc, constant(0), constant(size),
                                  constant(1), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  point.ivs[loop] = forOp.getInductionVar();
  SmallVector<Value> inner(forOp.getRegionIterArgs().begin(),
                           forOp.getRegionIterArgs().end());
  scf::YieldOp::create(b, loc, emitTaps(point, loops.drop_front(), inner));
  return SmallVector<Value>(forOp.getResults().begin(),
                            forOp.getResults().end());
}

SmallVector<Value> WordSumEmitter::emitTogether(ArrayRef<Value> carried,
                                                size_t vectors) {
  const int64_t half = words.getNumElements(), lanes = builder.lanes;
  int64_t taps = 1;
  for (unsigned loop : sums.taps)
    taps *= builder.nest.sizes[loop];
  VectorType type = builder.vectorOf(b.getI32Type());
  SmallVector<Value> results;
  for (size_t v = 0; v < vectors; ++v) {
    SmallVector<int64_t> order;
    for (int64_t i = 0; i < lanes; ++i) {
      int64_t channel = static_cast<int64_t>(v) * lanes + i;
      order.push_back(channel / 2 + channel % 2 * half);
    }
    Value chosen =
        vector::ShuffleOp::create(b, loc, carried[0], carried[1], order);
    Value sum = arith::ExtUIOp::create(b, loc, type, chosen);
    if (isShifted)
      sum = arith::SubIOp::create(b, loc, sum, splat(type, 128 * taps));
    results.push_back(sum);
  }
  return results;
}

SmallVector<Value> mlir::qopt::emitWordSums(LaneBuilder &builder,
                                            const WordSums &sums,
                                            ArrayRef<Point> points,
                                            SmallVector<Value> accumulators) {
  auto follows = [&](const Point &point, size_t distance) {
    Point expected = points[&point - points.data() - distance];
    expected.shifts[builder.lane] += distance * builder.lanes;
    return point.ivs == expected.ivs && point.shifts == expected.shifts;
  };
  for (size_t first = 0; first < points.size();) {
    size_t count = 1;
    while (count < kTogether && first + count < points.size() &&
           follows(points[first + count], count))
      ++count;
    // Registers have two, four, eight … bytes.
    count = llvm::bit_floor(count);
    WordSumEmitter emitter(builder, sums, count);
    SmallVector<Value> carried =
        emitter.emitTaps(points[first], sums.taps, emitter.zeros());
    for (auto [i, sum] :
         llvm::enumerate(emitter.emitTogether(carried, count))) {
      Value &accumulator = accumulators[first + i];
      accumulator =
          arith::AddIOp::create(builder.builder, builder.loc, accumulator, sum);
    }
    first += count;
  }
  return accumulators;
}
