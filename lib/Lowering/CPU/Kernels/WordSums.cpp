//===- WordSums.cpp - Sums of windows in 16-bit words ---------------------===//

#include "WordSums.h"
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <array>

using namespace mlir;
using namespace mlir::qopt;

/// 256 bytes of -128 are -32768, and of 255 they are below 65536.
static constexpr int64_t kMaximalTaps = 256;
/// Fewer taps do not pay for extending twice.
static constexpr int64_t kMinimalTaps = 4;
/// More taps become a loop, which takes about so many at once.
static constexpr int64_t kUnrolledTaps = 32;
static constexpr int64_t kTapsAtOnce = 16;
/// Vectors of 32-bit lanes whose bytes fill a register.
static constexpr size_t kTogether = 4;
/// Bytes of a block, within which x86 interleaves.
static constexpr int64_t kBlock = 16;

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
  WordSums sums{term->input, term->isUnsigned, kernel.unit.hasBytePairs, {}};
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
  WordSumEmitter(LaneBuilder &builder, const WordSums &sums, size_t vectors)
      : builder(builder), b(builder.builder), loc(builder.loc), sums(sums),
        vectors(vectors), access(builder.nest.inputs[sums.input]) {
    const auto count = static_cast<int64_t>(vectors * builder.lanes);
    bytes = VectorType::get({count}, b.getI8Type());
    pairs = sums.hasBytePairs && count >= kBlock;
    words = VectorType::get({pairs ? count / 2 : count}, b.getI16Type());
    // Bytes with an inverted sign bit are those of the other signedness, 128
    // away: nothing is inverted back.
    isUnsigned = sums.isUnsigned != access.isFlipped;
    if (access.isFlipped)
      shift = sums.isUnsigned ? 128 : -128;
    access.isFlipped = false;
  }

  /// The sums of all taps at `point`, as i32.
  SmallVector<Value> emit(const Point &point) {
    Value zero = splat(words, 0);
    SmallVector<Value> carried(pairs ? 2 : 1, zero);
    return extend(emitTaps(point, sums.taps, carried));
  }

private:
  Value splat(VectorType type, int64_t value) {
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(type,
                               b.getIntegerAttr(type.getElementType(), value)));
  }
  Value widen(VectorType type, Value value) {
    if (isUnsigned)
      return arith::ExtUIOp::create(b, loc, type, value);
    return arith::ExtSIOp::create(b, loc, type, value);
  }
  SmallVector<Value> emitTaps(Point point, ArrayRef<unsigned> loops,
                              SmallVector<Value> carried);
  int64_t sizeOf(unsigned loop) const { return builder.nest.sizes[loop]; }
  void collect(const Point &point, ArrayRef<unsigned> loops, int64_t steps,
               SmallVectorImpl<Point> &taps);
  void addSteps(const Point &point, ArrayRef<unsigned> loops, int64_t steps,
                MutableArrayRef<Value> carried);
  void add(ArrayRef<Point> taps, MutableArrayRef<Value> carried);
  Value addPairs(Value left, Value right, bool isHigh);
  SmallVector<Value> extend(ArrayRef<Value> carried);

  LaneBuilder &builder;
  OpBuilder &b;
  Location loc;
  const WordSums &sums;
  const size_t vectors;
  Access access;
  VectorType bytes, words;
  /// Two taps become sums of words at once. Of each block of a register, one
  /// word vector has the lower channels and another one the higher ones; else
  /// one has all channels.
  bool pairs;
  /// Of the bytes as they are stored, which are to be added up with `shift`.
  bool isUnsigned;
  int64_t shift = 0;
};
} // namespace

/// The sums of two taps for the lower or higher half of each block: bytes are
/// interleaved, and multiplied by ones in pairs.
Value WordSumEmitter::addPairs(Value left, Value right, bool isHigh) {
  const int64_t size = bytes.getNumElements(), half = kBlock / 2;
  SmallVector<int64_t> order;
  for (int64_t block = 0; block < size; block += kBlock)
    for (int64_t i = 0; i < half; ++i)
      for (int64_t from : {int64_t(0), size})
        order.push_back(from + block + (isHigh ? half : 0) + i);
  Value both = vector::ShuffleOp::create(b, loc, left, right, order);
  Value ones = splat(bytes, 1);
  StringRef name = size == 4 * kBlock   ? "llvm.x86.avx512.pmaddubs.w.512"
                   : size == 2 * kBlock ? "llvm.x86.avx2.pmadd.ub.sw"
                                        : "llvm.x86.ssse3.pmadd.ub.sw.128";
  // The first factor is read as unsigned, the second one as signed.
  std::array<Value, 2> factors = {ones, both};
  if (isUnsigned)
    std::swap(factors[0], factors[1]);
  return emitIntrinsic(b, loc, name, words, factors);
}

/// Adds `taps` to the sums.
void WordSumEmitter::add(ArrayRef<Point> taps, MutableArrayRef<Value> carried) {
  auto load = [&](const Point &point) -> Value {
    return vector::LoadOp::create(b, loc, bytes, builder.flat(access),
                                  ValueRange{builder.index(access, point)});
  };
  if (!pairs) {
    for (const Point &tap : taps)
      carried[0] =
          arith::AddIOp::create(b, loc, carried[0], widen(words, load(tap)));
    return;
  }
  for (; !taps.empty();
       taps = taps.drop_front(std::min<size_t>(taps.size(), 2))) {
    Value left = load(taps[0]);
    Value right = taps.size() > 1 ? load(taps[1]) : splat(bytes, 0);
    for (bool isHigh : {false, true})
      carried[isHigh] = arith::AddIOp::create(b, loc, carried[isHigh],
                                              addPairs(left, right, isHigh));
  }
}

/// The points of all taps over `loops`, of which the first one takes `steps`.
void WordSumEmitter::collect(const Point &point, ArrayRef<unsigned> loops,
                             int64_t steps, SmallVectorImpl<Point> &taps) {
  if (loops.empty()) {
    taps.push_back(point);
    return;
  }
  ArrayRef<unsigned> inner = loops.drop_front();
  for (int64_t i = 0; i < steps; ++i) {
    Point shifted = point;
    shifted.shifts[loops.front()] += i;
    collect(shifted, inner, inner.empty() ? 1 : sizeOf(inner.front()), taps);
  }
}

/// `steps` of the first of `loops`, and all of the others, without loops.
void WordSumEmitter::addSteps(const Point &point, ArrayRef<unsigned> loops,
                              int64_t steps, MutableArrayRef<Value> carried) {
  SmallVector<Point> taps;
  collect(point, loops, steps, taps);
  add(taps, carried);
}

SmallVector<Value> WordSumEmitter::emitTaps(Point point,
                                            ArrayRef<unsigned> loops,
                                            SmallVector<Value> carried) {
  const unsigned loop = loops.front();
  const int64_t size = sizeOf(loop);
  int64_t inner = 1;
  for (unsigned each : loops.drop_front())
    inner *= sizeOf(each);
  if (inner * size <= kUnrolledTaps) {
    addSteps(point, loops, size, carried);
    return carried;
  }
  // An even number of taps at once has no tap without a partner.
  int64_t step = std::max<int64_t>(1, kTapsAtOnce / inner);
  if (step > 1)
    step -= step % 2;
  const int64_t whole = size / step * step;
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto forOp = scf::ForOp::create(b, loc, constant(0), constant(whole),
                                  constant(step), carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Point at = point;
    at.ivs[loop] = forOp.getInductionVar();
    SmallVector<Value> sums(forOp.getRegionIterArgs().begin(),
                            forOp.getRegionIterArgs().end());
    if (inner > kTapsAtOnce)
      sums = emitTaps(at, loops.drop_front(), sums);
    else
      addSteps(at, loops, step, sums);
    scf::YieldOp::create(b, loc, sums);
  }
  carried.assign(forOp.getResults().begin(), forOp.getResults().end());
  point.shifts[loop] += whole;
  if (whole < size)
    addSteps(point, loops, size - whole, carried);
  return carried;
}

/// The sums in the order of channels, as i32.
SmallVector<Value> WordSumEmitter::extend(ArrayRef<Value> carried) {
  const auto lanes = static_cast<int64_t>(builder.lanes);
  int64_t taps = 1;
  for (unsigned loop : sums.taps)
    taps *= builder.nest.sizes[loop];
  VectorType type = builder.vectorOf(b.getI32Type());
  constexpr int64_t half = kBlock / 2;
  SmallVector<Value> results;
  for (size_t v = 0; v < vectors; ++v) {
    SmallVector<int64_t> order;
    for (int64_t i = 0; i < lanes; ++i) {
      const int64_t channel = static_cast<int64_t>(v) * lanes + i;
      if (!pairs) {
        order.push_back(channel);
        continue;
      }
      const bool isHigh = channel % kBlock >= half;
      order.push_back((isHigh ? words.getNumElements() : 0) +
                      channel / kBlock * half + channel % half);
    }
    Value chosen = vector::ShuffleOp::create(b, loc, carried.front(),
                                             carried.back(), order);
    Value sum = widen(type, chosen);
    if (shift != 0)
      sum = arith::AddIOp::create(b, loc, sum, splat(type, shift * taps));
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
    for (auto [i, sum] : llvm::enumerate(emitter.emit(points[first]))) {
      Value &accumulator = accumulators[first + i];
      accumulator =
          arith::AddIOp::create(builder.builder, builder.loc, accumulator, sum);
    }
    first += count;
  }
  return accumulators;
}
