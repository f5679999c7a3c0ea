//===- NarrowStore.cpp - Quantize and store whole cache lines -------------===//

#include "NarrowStore.h"
#include "Bounds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

std::optional<NarrowTail> mlir::qopt::matchNarrowTail(linalg::GenericOp op,
                                                      const Stage *stage,
                                                      const VectorUnit &unit) {
  Block &body = *op.getBody();
  auto trunc =
      body.getTerminator()->getOperand(0).getDefiningOp<arith::TruncIOp>();
  if (!trunc ||
      !(trunc.getType().isInteger(8) || trunc.getType().isInteger(16)))
    return std::nullopt;
  auto convert = trunc.getIn().getDefiningOp<arith::FPToSIOp>();
  if (!convert || !convert.getType().isInteger(32) ||
      !convert.getIn().getType().isF32())
    return std::nullopt;
  NarrowTail tail;
  tail.bits = trunc.getType().getIntOrFloatBitWidth();
  const int64_t half = int64_t(1) << (tail.bits - 1);
  Value value =
      matchBound(convert.getIn(), arith::CmpFPredicate::OLT, tail.high);
  if (value)
    value = matchBound(value, arith::CmpFPredicate::OGT, tail.low);
  if (!value)
    return std::nullopt;
  if (auto add = value.getDefiningOp<arith::AddFOp>()) {
    std::optional<int64_t> zeroPoint = matchWhole(add.getRhs());
    if (!zeroPoint)
      return std::nullopt;
    tail.zeroPoint = *zeroPoint;
    value = add.getLhs();
  }
  auto round = value.getDefiningOp<math::RoundEvenOp>();
  // The bytes between the bounds must be those of one signedness; words are
  // signed.
  bool isSigned = tail.low >= -half && tail.high < half;
  bool isUnsigned = tail.bits == 8 && tail.low >= 0 && tail.high <= 255;
  if (!round || tail.low > tail.high || (!isSigned && !isUnsigned) ||
      std::abs(tail.zeroPoint) >= 2 * half)
    return std::nullopt;
  tail.value = round.getOperand();
  // Zero points are added to bytes as words, and to words as i32.
  const double fits = tail.bits == 8 ? 0x1p31 : 0x1p30;
  const double bound = unit.hasFMA ? boundWhereDivided(stage, tail.value)
                                   : boundOf(stage, tail.value);
  tail.saturates = unit.family == Family::X86 && bound < fits;
  return tail;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static Value splatOf(OpBuilder &b, Location loc, VectorType type,
                     Attribute element) {
  return arith::ConstantOp::create(b, loc,
                                   DenseElementsAttr::get(type, element));
}

static Value addWhole(OpBuilder &b, Location loc, Value vector,
                      int64_t amount) {
  if (amount == 0)
    return vector;
  auto type = cast<VectorType>(vector.getType());
  Value splat =
      splatOf(b, loc, type, b.getIntegerAttr(type.getElementType(), amount));
  return arith::AddIOp::create(b, loc, vector, splat);
}

Value mlir::qopt::emitRounded(OpBuilder &b, Location loc, Value value,
                              const NarrowTail &tail, Family family) {
  auto type = cast<VectorType>(value.getType());
  auto clamp = [&](arith::CmpFPredicate predicate, int64_t bound) {
    Value splat = splatOf(b, loc, type, b.getF32FloatAttr(bound));
    Value isInside = arith::CmpFOp::create(b, loc, predicate, value, splat);
    value = arith::SelectOp::create(b, loc, isInside, value, splat);
  };
  if (!tail.saturates) {
    clamp(arith::CmpFPredicate::OGT, tail.low - tail.zeroPoint);
    clamp(arith::CmpFPredicate::OLT, tail.high - tail.zeroPoint);
  }
  auto integers = type.clone(b.getI32Type());
  // One instruction on x86, where LLVM does not see that a rounding and a
  // conversion are one.
  if (family == Family::X86)
    return LLVM::LrintOp::create(b, loc, integers, value);
  value = math::RoundEvenOp::create(b, loc, value);
  return arith::FPToSIOp::create(b, loc, integers, value);
}

static Value callPack(OpBuilder &b, Location loc, StringRef name, Type result,
                      Value low, Value high) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                       ValueRange{low, high})
      .getResult(0);
}

namespace {
/// x86's saturating packs for one width of registers.
struct PackNames {
  StringRef words;
  StringRef signedBytes;
  StringRef unsignedBytes;
};
} // namespace

static PackNames packNames(int64_t lanes) {
  if (lanes == 16)
    return {"llvm.x86.avx512.packssdw.512", "llvm.x86.avx512.packsswb.512",
            "llvm.x86.avx512.packuswb.512"};
  if (lanes == 8)
    return {"llvm.x86.avx2.packssdw", "llvm.x86.avx2.packsswb",
            "llvm.x86.avx2.packuswb"};
  return {"llvm.x86.sse2.packssdw.128", "llvm.x86.sse2.packsswb.128",
          "llvm.x86.sse2.packuswb.128"};
}

/// Eight saturating sums of 16 bits a block; LLVM knows them on all widths.
static Value addSaturating(OpBuilder &b, Location loc, Value vector,
                           int64_t amount) {
  if (amount == 0)
    return vector;
  auto type = cast<VectorType>(vector.getType());
  Value splat = splatOf(b, loc, type, b.getI16IntegerAttr(amount));
  return LLVM::SAddSat::create(b, loc, type, vector, splat);
}

/// Bytes or words within [low, high].
static Value clampNarrow(OpBuilder &b, Location loc, Value narrow, int64_t low,
                         int64_t high, bool isUnsigned) {
  auto type = cast<VectorType>(narrow.getType());
  const unsigned bits = type.getElementTypeBitWidth();
  const APInt least =
      isUnsigned ? APInt::getZero(bits) : APInt::getSignedMinValue(bits);
  const APInt most = least - 1;
  auto bound = [&](int64_t value) {
    return APInt(64, value, /*isSigned=*/true).trunc(bits);
  };
  auto splat = [&](const APInt &value) {
    return splatOf(b, loc, type,
                   b.getIntegerAttr(type.getElementType(), value));
  };
  if (APInt value = bound(low); value != least)
    narrow = isUnsigned
                 ? Value(arith::MaxUIOp::create(b, loc, narrow, splat(value)))
                 : Value(arith::MaxSIOp::create(b, loc, narrow, splat(value)));
  if (APInt value = bound(high); value != most)
    narrow = isUnsigned
                 ? Value(arith::MinUIOp::create(b, loc, narrow, splat(value)))
                 : Value(arith::MinSIOp::create(b, loc, narrow, splat(value)));
  return narrow;
}

/// x86 packs within blocks of 128 bits: four vectors become one register whose
/// blocks hold four bytes of each, and one permutation of words sorts them.
/// `shift` is added to bytes and bounds, which `isUnsigned` reads.
static Value emitPacks(OpBuilder &b, Location loc, ArrayRef<Value> rounded,
                       const NarrowTail &tail, int64_t shift, bool isUnsigned) {
  int64_t lanes = cast<VectorType>(rounded[0].getType()).getDimSize(0);
  int64_t count = rounded.size();
  PackNames names = packNames(lanes);
  auto words = VectorType::get({lanes * 2}, b.getI16Type());
  auto bytes = VectorType::get({lanes * 4}, b.getI8Type());
  auto pair = [&](int64_t first) {
    Value high = rounded[std::min(first + 1, count - 1)];
    Value packed = callPack(b, loc, names.words, words, rounded[first], high);
    return addSaturating(b, loc, packed, tail.zeroPoint + shift);
  };
  Value low = pair(0);
  Value high = count > 2 ? pair(2) : low;
  Value packed =
      callPack(b, loc, isUnsigned ? names.unsignedBytes : names.signedBytes,
               bytes, low, high);
  if (tail.saturates)
    packed = clampNarrow(b, loc, packed, tail.low + shift, tail.high + shift,
                         isUnsigned);
  Value quads = vector::BitCastOp::create(
      b, loc, VectorType::get({lanes}, b.getI32Type()), packed);
  const int64_t blocks = lanes / 4;
  SmallVector<int64_t> order;
  for (int64_t vector = 0; vector < count; ++vector)
    for (int64_t block = 0; block < blocks; ++block)
      order.push_back(block * 4 + vector);
  Value sorted = vector::ShuffleOp::create(b, loc, quads, quads, order);
  return vector::BitCastOp::create(
      b, loc, VectorType::get({count * lanes}, b.getI8Type()), sorted);
}

Value mlir::qopt::concatenate(OpBuilder &b, Location loc,
                              ArrayRef<Value> vectors) {
  Value whole = vectors[0];
  int64_t length = cast<VectorType>(whole.getType()).getDimSize(0);
  for (Value vector : vectors.drop_front()) {
    length += cast<VectorType>(vector.getType()).getDimSize(0);
    // Shuffles take two vectors of any length of dimension 0.
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, length));
    whole = vector::ShuffleOp::create(b, loc, whole, vector, order);
  }
  return whole;
}

/// The same for words: two vectors become a register whose blocks hold four
/// words of each.
static Value emitWordPacks(OpBuilder &b, Location loc, ArrayRef<Value> rounded,
                           const NarrowTail &tail) {
  const int64_t lanes = cast<VectorType>(rounded[0].getType()).getDimSize(0);
  auto words = VectorType::get({lanes * 2}, b.getI16Type());
  SmallVector<Value> sorted;
  while (!rounded.empty()) {
    ArrayRef<Value> pair = rounded.take_front(2);
    rounded = rounded.drop_front(pair.size());
    Value low = addWhole(b, loc, pair.front(), tail.zeroPoint);
    Value high =
        pair.size() > 1 ? addWhole(b, loc, pair[1], tail.zeroPoint) : low;
    Value packed = callPack(b, loc, packNames(lanes).words, words, low, high);
    if (tail.saturates)
      packed = clampNarrow(b, loc, packed, tail.low, tail.high,
                           /*isUnsigned=*/false);
    Value quads = vector::BitCastOp::create(
        b, loc, VectorType::get({lanes / 2}, b.getI64Type()), packed);
    SmallVector<int64_t> order;
    for (int64_t vector = 0, e = pair.size(); vector < e; ++vector)
      for (int64_t block = 0; block < lanes / 4; ++block)
        order.push_back(block * 2 + vector);
    quads = vector::ShuffleOp::create(b, loc, quads, quads, order);
    sorted.push_back(vector::BitCastOp::create(
        b, loc,
        VectorType::get({static_cast<int64_t>(order.size()) * 4},
                        b.getI16Type()),
        quads));
  }
  return concatenate(b, loc, sorted);
}

Value mlir::qopt::emitNarrow(OpBuilder &b, Location loc,
                             ArrayRef<Value> rounded, const NarrowTail &tail,
                             bool isFlipped, Family family) {
  assert(!rounded.empty() && rounded.size() <= kMaximalNarrow);
  const bool usesPacks =
      family == Family::X86 && (rounded.size() > 1 || tail.saturates);
  if (tail.bits == 16 && usesPacks)
    return emitWordPacks(b, loc, rounded, tail);
  // Inverting the sign bit of a signed byte adds 128.
  bool isSigned = tail.low >= -128 && tail.high <= 127;
  bool addsFlip = isFlipped && isSigned;
  int64_t shift = addsFlip ? 128 : 0;
  Value narrow;
  if (usesPacks) {
    narrow = emitPacks(b, loc, rounded, tail, shift, addsFlip || !isSigned);
  } else {
    Value whole =
        addWhole(b, loc, concatenate(b, loc, rounded), tail.zeroPoint + shift);
    auto type = cast<VectorType>(whole.getType());
    narrow = arith::TruncIOp::create(
        b, loc, type.clone(b.getIntegerType(tail.bits)), whole);
  }
  if (!isFlipped || addsFlip)
    return narrow;
  Value sign = splatOf(b, loc, cast<VectorType>(narrow.getType()),
                       b.getI8IntegerAttr(-128));
  return arith::XOrIOp::create(b, loc, narrow, sign);
}
