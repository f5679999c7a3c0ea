//===- QuantArith.cpp - Conversions as scalar or vector arithmetic --------===//

#include "quantopt/Lowering/Common/QuantArith.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"

#include <limits>

using namespace mlir;
using namespace mlir::qopt;

/// `element` in the shape of `like`, which is a scalar or a vector.
static Type shapedLike(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return VectorType::get(vector.getShape(), element,
                           vector.getScalableDims());
  return element;
}

static TypedAttr splatIfShaped(Type type, TypedAttr value) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return DenseElementsAttr::get(shaped, Attribute(value));
  return value;
}

Value mlir::qopt::emitConstant(OpBuilder &builder, Location loc, Type type,
                               double value) {
  TypedAttr scalar = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  return arith::ConstantOp::create(builder, loc, splatIfShaped(type, scalar));
}

Value mlir::qopt::emitConstant(OpBuilder &builder, Location loc, Type type,
                               int64_t value) {
  TypedAttr scalar = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
  return arith::ConstantOp::create(builder, loc, splatIfShaped(type, scalar));
}

/// Extends or truncates integers to `width` bits.
static Value toWidth(OpBuilder &builder, Location loc, Value value,
                     unsigned width, bool isSigned) {
  unsigned from = getElementTypeOrSelf(value).getIntOrFloatBitWidth();
  Type type = shapedLike(value.getType(), builder.getIntegerType(width));
  if (from == width)
    return value;
  if (from > width)
    return arith::TruncIOp::create(builder, loc, type, value);
  if (isSigned)
    return arith::ExtSIOp::create(builder, loc, type, value);
  return arith::ExtUIOp::create(builder, loc, type, value);
}

/// Converts between float widths; the formulas themselves are in f32.
static Value toFloat(OpBuilder &builder, Location loc, Value value,
                     Type element) {
  unsigned from = getElementTypeOrSelf(value).getIntOrFloatBitWidth();
  unsigned to = element.getIntOrFloatBitWidth();
  Type type = shapedLike(value.getType(), element);
  if (value.getType() == type)
    return value;
  if (from < to)
    return arith::ExtFOp::create(builder, loc, type, value);
  return arith::TruncFOp::create(builder, loc, type, value);
}

static Value emitRound(OpBuilder &builder, Location loc, Value value,
                       Rounding rounding) {
  switch (rounding) {
  case Rounding::HalfEven:
    return math::RoundEvenOp::create(builder, loc, value);
  case Rounding::HalfAway:
    return math::RoundOp::create(builder, loc, value);
  case Rounding::HalfUp:
    break;
  }
  // floor(x) + 1 where the fraction is at least a half: x + 0.5 would round
  // twice.
  Value floor = math::FloorOp::create(builder, loc, value);
  Value fraction = arith::SubFOp::create(builder, loc, value, floor);
  Value half = emitConstant(builder, loc, value.getType(), 0.5);
  Value one = emitConstant(builder, loc, value.getType(), 1.0);
  Value up = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGE,
                                   fraction, half);
  Value above = arith::AddFOp::create(builder, loc, floor, one);
  return arith::SelectOp::create(builder, loc, up, above, floor);
}

/// Clamps in float, then converts: the conversion never overflows, and NaN has
/// become the smallest stored value. Comparisons and selections, not maxnum: on
/// x86 each pair is one instruction.
static Value emitSaturate(OpBuilder &builder, Location loc, Value value,
                          StorageRange range, Type storage) {
  Value low = emitConstant(builder, loc, value.getType(),
                           static_cast<double>(range.min));
  Value high = emitConstant(builder, loc, value.getType(),
                            static_cast<double>(range.max));
  Value isAbove = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                        value, low);
  value = arith::SelectOp::create(builder, loc, isAbove, value, low);
  Value isBelow = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        value, high);
  value = arith::SelectOp::create(builder, loc, isBelow, value, high);
  // A u32's range does not fit i32.
  unsigned width = range.max > std::numeric_limits<int32_t>::max() ? 64 : 32;
  Type wide = shapedLike(value.getType(), builder.getIntegerType(width));
  Value integer = arith::FPToSIOp::create(builder, loc, wide, value);
  return toWidth(builder, loc, integer, storage.getIntOrFloatBitWidth(), true);
}

bool mlir::qopt::quantizesInDouble(StorageRange range) {
  return range.max - range.min > 0xFFFF;
}

Value mlir::qopt::emitQuantize(OpBuilder &builder, Location loc, Value x,
                               Value scale, Value zeroPoint, StorageRange range,
                               Type storage, Rounding rounding) {
  x = toFloat(builder, loc, x, getElementTypeOrSelf(scale));
  Value quotient = arith::DivFOp::create(builder, loc, x, scale);
  return emitStored(builder, loc, quotient, zeroPoint, range, storage,
                    rounding);
}

Value mlir::qopt::emitQuotient(OpBuilder &builder, Location loc, Value x,
                               Value divisor, Value reciprocal) {
  Value quotient = arith::MulFOp::create(builder, loc, x, reciprocal);
  Value negated = arith::NegFOp::create(builder, loc, quotient);
  Value rest = math::FmaOp::create(builder, loc, negated, divisor, x);
  return math::FmaOp::create(builder, loc, rest, reciprocal, quotient);
}

Value mlir::qopt::emitStored(OpBuilder &builder, Location loc, Value quotient,
                             Value zeroPoint, StorageRange range, Type storage,
                             Rounding rounding) {
  Value rounded = emitRound(builder, loc, quotient, rounding);
  if (zeroPoint)
    rounded = arith::AddFOp::create(builder, loc, rounded, zeroPoint);
  return emitSaturate(builder, loc, rounded, range, storage);
}

/// `q - zeroPoint` in i32 as f32.
static Value emitCentered(OpBuilder &builder, Location loc, Value q,
                          Value zeroPoint, bool isSigned) {
  Value wide = toWidth(builder, loc, q, 32, isSigned);
  if (zeroPoint)
    wide = arith::SubIOp::create(builder, loc, wide, zeroPoint);
  Type real = shapedLike(q.getType(), builder.getF32Type());
  return arith::SIToFPOp::create(builder, loc, real, wide);
}

Value mlir::qopt::emitDequantize(OpBuilder &builder, Location loc, Value q,
                                 Value scale, Value zeroPoint, bool isSigned,
                                 Type expressed) {
  Value centered = emitCentered(builder, loc, q, zeroPoint, isSigned);
  Value real = arith::MulFOp::create(builder, loc, centered, scale);
  return toFloat(builder, loc, real, expressed);
}

Value mlir::qopt::emitRequantizeF32(OpBuilder &builder, Location loc, Value q,
                                    Value zeroPointFrom, Value multiplier,
                                    Value zeroPointTo, bool fromSigned,
                                    StorageRange range, Type storage,
                                    Rounding rounding) {
  Value centered = emitCentered(builder, loc, q, zeroPointFrom, fromSigned);
  Value scaled = arith::MulFOp::create(builder, loc, centered, multiplier);
  Value rounded = emitRound(builder, loc, scaled, rounding);
  if (zeroPointTo)
    rounded = arith::AddFOp::create(builder, loc, rounded, zeroPointTo);
  return emitSaturate(builder, loc, rounded, range, storage);
}

//===----------------------------------------------------------------------===//
// Q31 multipliers
//===----------------------------------------------------------------------===//

/// `(x * mantissa + 2^(30 - shift)) >> (31 - shift)`: one rounding, half up.
static Value emitSingleRounding(OpBuilder &builder, Location loc, Value product,
                                Value shift) {
  Type wide = product.getType();
  Value one = emitConstant(builder, loc, wide, int64_t(1));
  Value thirtyOne = emitConstant(builder, loc, wide, int64_t(31));
  Value total = arith::SubIOp::create(builder, loc, thirtyOne, shift);
  Value below = arith::SubIOp::create(builder, loc, total, one);
  Value nudge = arith::ShLIOp::create(builder, loc, one, below);
  Value sum = arith::AddIOp::create(builder, loc, product, nudge);
  return arith::ShRSIOp::create(builder, loc, sum, total);
}

/// SaturatingRoundingDoublingHighMul of a 64-bit product; a mantissa is never
/// negative, so its one saturating case does not arise.
static Value emitDoublingHigh(OpBuilder &builder, Location loc, Value product) {
  Type wide = product.getType();
  Value half = emitConstant(builder, loc, wide, int64_t(1) << 30);
  Value bits = emitConstant(builder, loc, wide, int64_t(31));
  Value sum = arith::AddIOp::create(builder, loc, product, half);
  return arith::ShRSIOp::create(builder, loc, sum, bits);
}

/// gemmlowp's RoundingDivideByPOT: divides by 2^exponent, half away from zero.
static Value emitRoundingDivide(OpBuilder &builder, Location loc, Value value,
                                Value exponent) {
  Type wide = value.getType();
  Value zero = emitConstant(builder, loc, wide, int64_t(0));
  Value one = emitConstant(builder, loc, wide, int64_t(1));
  Value power = arith::ShLIOp::create(builder, loc, one, exponent);
  Value mask = arith::SubIOp::create(builder, loc, power, one);
  Value remainder = arith::AndIOp::create(builder, loc, value, mask);
  Value half = arith::ShRSIOp::create(builder, loc, mask, one);
  Value isNegative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, value, zero);
  Value sign = arith::ExtUIOp::create(builder, loc, wide, isNegative);
  Value threshold = arith::AddIOp::create(builder, loc, half, sign);
  Value isAbove = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt,
                                        remainder, threshold);
  Value carry = arith::ExtUIOp::create(builder, loc, wide, isAbove);
  Value quotient = arith::ShRSIOp::create(builder, loc, value, exponent);
  return arith::AddIOp::create(builder, loc, quotient, carry);
}

static Value emitClamp(OpBuilder &builder, Location loc, Value value,
                       int64_t min, int64_t max) {
  Type type = value.getType();
  value = arith::MaxSIOp::create(builder, loc, value,
                                 emitConstant(builder, loc, type, min));
  return arith::MinSIOp::create(builder, loc, value,
                                emitConstant(builder, loc, type, max));
}

static Value emitDoubleRounding(OpBuilder &builder, Location loc, Value x,
                                Value mantissa, Value shift) {
  Type wide = x.getType();
  Value zero = emitConstant(builder, loc, wide, int64_t(0));
  Value left = arith::MaxSIOp::create(builder, loc, shift, zero);
  Value negated = arith::SubIOp::create(builder, loc, zero, shift);
  Value right = arith::MaxSIOp::create(builder, loc, negated, zero);
  Value shifted = arith::ShLIOp::create(builder, loc, x, left);
  shifted =
      emitClamp(builder, loc, shifted, std::numeric_limits<int32_t>::min(),
                std::numeric_limits<int32_t>::max());
  Value product = arith::MulIOp::create(builder, loc, shifted, mantissa);
  return emitRoundingDivide(builder, loc,
                            emitDoublingHigh(builder, loc, product), right);
}

Value mlir::qopt::emitRequantizeQ31(OpBuilder &builder, Location loc, Value q,
                                    Value zeroPointFrom, Value mantissa,
                                    Value shift, Value zeroPointTo,
                                    bool fromSigned, StorageRange range,
                                    Type storage, Multiplier mode) {
  Value x = toWidth(builder, loc, q, 32, fromSigned);
  if (zeroPointFrom)
    x = arith::SubIOp::create(builder, loc, x, zeroPointFrom);
  x = toWidth(builder, loc, x, 64, true);
  mantissa = toWidth(builder, loc, mantissa, 64, true);
  shift = toWidth(builder, loc, shift, 64, true);

  Value rescaled;
  if (mode == Multiplier::Q31Single)
    rescaled = emitSingleRounding(
        builder, loc, arith::MulIOp::create(builder, loc, x, mantissa), shift);
  else
    rescaled = emitDoubleRounding(builder, loc, x, mantissa, shift);

  if (zeroPointTo)
    rescaled = arith::AddIOp::create(
        builder, loc, rescaled, toWidth(builder, loc, zeroPointTo, 64, true));
  rescaled = emitClamp(builder, loc, rescaled, range.min, range.max);
  return toWidth(builder, loc, rescaled, storage.getIntOrFloatBitWidth(), true);
}
