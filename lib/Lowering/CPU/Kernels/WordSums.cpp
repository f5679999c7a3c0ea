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
/// More taps become a loop, which takes at most so many at once.
static constexpr int64_t kUnrolledTaps = 32;
static constexpr int64_t kTapsAtOnce = 32;
/// Taps whose mean and sum modulo 256 are taken together: of fewer, pairs are
/// as few instructions, and of more than 64 the mean might be too far away.
static constexpr size_t kMinimalMean = 8;
static constexpr size_t kMaximalMean = 64;
static_assert(kUnrolledTaps <= kMaximalMean && kTapsAtOnce <= kMaximalMean);
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
  WordSums sums;
  sums.input = term->input;
  sums.isUnsigned = term->isUnsigned;
  sums.hasBytePairs = kernel.unit.hasBytePairs;
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
  sums.prefersUnsigned = sums.hasBytePairs &&
                         count >= static_cast<int64_t>(kMinimalMean) &&
                         nest.sizes[lane] >= kBlock;
  return sums;
}

namespace {
/// Of bytes that are read as unsigned.
struct Mean {
  /// The mean of 2^levels taps, rounded up at each level.
  Value rounded;
  /// The sum modulo 256.
  Value sum;
};

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
  Value load(const Point &point);
  Value emitOnBytes(StringRef of128, StringRef of256, StringRef of512,
                    VectorType result, Value left, Value right);
  Mean emitMean(ArrayRef<Point> taps, unsigned levels);
  void addMean(ArrayRef<Point> taps, MutableArrayRef<Value> carried);
  void addPairs(Value left, Value right, std::array<int8_t, 2> factors,
                MutableArrayRef<Value> carried);
  SmallVector<Value> extend(ArrayRef<Value> carried);
  SmallVector<Value> extendByZeros(ArrayRef<Value> carried);

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

/// One of x86's instructions that read two registers of bytes.
Value WordSumEmitter::emitOnBytes(StringRef of128, StringRef of256,
                                  StringRef of512, VectorType result,
                                  Value left, Value right) {
  const int64_t size = bytes.getNumElements();
  return emitIntrinsic(b, loc,
                       size == 4 * kBlock   ? of512
                       : size == 2 * kBlock ? of256
                                            : of128,
                       result, {left, right});
}

/// Adds `left` times the first factor and `right` times the second one: bytes
/// are interleaved, and multiplied in pairs.
void WordSumEmitter::addPairs(Value left, Value right,
                              std::array<int8_t, 2> factors,
                              MutableArrayRef<Value> carried) {
  const int64_t size = bytes.getNumElements(), half = kBlock / 2;
  SmallVector<int8_t> each;
  for (int64_t i = 0; i < size; ++i)
    each.push_back(factors[i % 2]);
  Value factor = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(bytes, ArrayRef<int8_t>(each)));
  for (bool isHigh : {false, true}) {
    SmallVector<int64_t> order;
    for (int64_t block = 0; block < size; block += kBlock)
      for (int64_t i = 0; i < half; ++i)
        for (int64_t from : {int64_t(0), size})
          order.push_back(from + block + (isHigh ? half : 0) + i);
    Value both = vector::ShuffleOp::create(b, loc, left, right, order);
    // The first operand is read as unsigned, the second one as signed.
    Value products = emitOnBytes(
        "llvm.x86.ssse3.pmadd.ub.sw.128", "llvm.x86.avx2.pmadd.ub.sw",
        "llvm.x86.avx512.pmaddubs.w.512", words, isUnsigned ? both : factor,
        isUnsigned ? factor : both);
    carried[isHigh] = arith::AddIOp::create(b, loc, carried[isHigh], products);
  }
}

Value WordSumEmitter::load(const Point &point) {
  return vector::LoadOp::create(b, loc, bytes, builder.flat(access),
                                ValueRange{builder.index(access, point)});
}

/// The mean of `taps` and of as many zeros as 2^levels taps lack.
Mean WordSumEmitter::emitMean(ArrayRef<Point> taps, unsigned levels) {
  if (levels == 0) {
    Value tap = load(taps.front());
    return {tap, tap};
  }
  const size_t half = std::min<size_t>(taps.size(), size_t(1) << (levels - 1));
  Mean left = emitMean(taps.take_front(half), levels - 1);
  Mean right = {splat(bytes, 0), Value()};
  if (half < taps.size())
    right = emitMean(taps.drop_front(half), levels - 1);
  Value rounded = emitOnBytes("llvm.x86.sse2.pavg.b", "llvm.x86.avx2.pavg.b",
                              "llvm.x86.avx512.pavg.b.512", bytes, left.rounded,
                              right.rounded);
  Value sum = left.sum;
  if (right.sum)
    sum = arith::AddIOp::create(b, loc, sum, right.sum);
  return {rounded, sum};
}

/// Adds `taps`, unsigned bytes, without extending each: 2^levels times the
/// rounded mean is above their sum by less than 256, and the sum modulo 256
/// says by how much. A level rounds up by at most a half, so this is at most
/// levels / 2 * 2^levels, 192 for 64 taps.
void WordSumEmitter::addMean(ArrayRef<Point> taps,
                             MutableArrayRef<Value> carried) {
  const unsigned levels = llvm::Log2_64_Ceil(taps.size());
  Mean mean = emitMean(taps, levels);
  Value scaled =
      arith::ShLIOp::create(b, loc, mean.rounded, splat(bytes, levels));
  Value excess = arith::SubIOp::create(b, loc, scaled, mean.sum);
  addPairs(mean.rounded, excess, {static_cast<int8_t>(1 << levels), -1},
           carried);
}

/// Adds `taps` to the sums.
void WordSumEmitter::add(ArrayRef<Point> taps, MutableArrayRef<Value> carried) {
  if (!pairs) {
    for (const Point &tap : taps)
      carried[0] =
          arith::AddIOp::create(b, loc, carried[0], widen(words, load(tap)));
    return;
  }
  if (isUnsigned && taps.size() >= kMinimalMean)
    return addMean(taps, carried);
  for (; !taps.empty();
       taps = taps.drop_front(std::min<size_t>(taps.size(), 2))) {
    Value left = load(taps[0]);
    Value right = taps.size() > 1 ? load(taps[1]) : splat(bytes, 0);
    addPairs(left, right, {1, 1}, carried);
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

/// The sums of a register of bytes in the order of channels, extended by zeros:
/// fours of channels find their place first, so that interleaving with zeros
/// within blocks is all that is left.
SmallVector<Value> WordSumEmitter::extendByZeros(ArrayRef<Value> carried) {
  const int64_t fours = words.getNumElements() / 4, blocks = fours / 2;
  auto type = VectorType::get({fours}, b.getI64Type());
  Value low = vector::BitCastOp::create(b, loc, type, carried[0]);
  Value high = vector::BitCastOp::create(b, loc, type, carried[1]);
  Value zero = splat(words, 0);
  SmallVector<Value> results;
  for (int64_t pair = 0; pair < 2; ++pair) {
    SmallVector<int64_t> order;
    for (int64_t block = 0; block < blocks; ++block)
      for (int64_t vector : {2 * pair, 2 * pair + 1}) {
        const int64_t four = vector * blocks + block;
        order.push_back(four / 4 * 2 + four % 2 + (four % 4 < 2 ? 0 : fours));
      }
    Value sorted = vector::BitCastOp::create(
        b, loc, words, vector::ShuffleOp::create(b, loc, low, high, order));
    for (int64_t part : {0, 4}) {
      SmallVector<int64_t> extended;
      for (int64_t block = 0; block < blocks; ++block)
        for (int64_t i = 0; i < 4; ++i)
          extended.append({8 * block + part + i, words.getNumElements()});
      results.push_back(vector::BitCastOp::create(
          b, loc, builder.vectorOf(b.getI32Type()),
          vector::ShuffleOp::create(b, loc, sorted, zero, extended)));
    }
  }
  return results;
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
  if (pairs && isUnsigned && vectors == kTogether)
    results = extendByZeros(carried);
  for (size_t v = results.size(); v < vectors; ++v) {
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
    results.push_back(widen(type, chosen));
  }
  if (shift != 0)
    for (Value &sum : results)
      sum = arith::AddIOp::create(b, loc, sum, splat(type, shift * taps));
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
