//===- QuantArith.h - Conversions as scalar or vector arithmetic -*- C++
//-*-===//
//
// The formulas of quantopt/Support/QuantMath.h spelled as arith and math
// operations. Each function takes scalars or vectors of one shape and emits the
// same operations for both, so scalar and vector code give the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LOWERING_COMMON_QUANTARITH_H
#define QUANTOPT_LOWERING_COMMON_QUANTARITH_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/Builders.h"

namespace mlir::qopt {

/// A float or integer constant of `type`, splat where that is a vector.
Value emitConstant(OpBuilder &builder, Location loc, Type type, double value);
Value emitConstant(OpBuilder &builder, Location loc, Type type, int64_t value);

/// The storage side of a conversion: clamp range and signedness.
struct StorageRange {
  int64_t min;
  int64_t max;
  bool isSigned;
};

/// Storage wider than 16 bits is quantized in f64: an f32 quotient would be too
/// coarse.
bool quantizesInDouble(StorageRange range);

/// Rule Q0: `sat(round(x / scale) + zeroPoint)`, computed in the element type
/// of `scale` (f64 where `quantizesInDouble`, else f32). `zeroPoint` is of that
/// type too (null where it is zero); both are shaped as `x`. The
/// result has the shape of `x` and element type `storage`. NaN gives the
/// smallest stored value.
Value emitQuantize(OpBuilder &builder, Location loc, Value x, Value scale,
                   Value zeroPoint, StorageRange range, Type storage,
                   Rounding rounding);

/// `x / divisor`, as a product with `reciprocal`, which is `1 / divisor`,
/// rounded, and one correction by its remainder (Markstein, "Computation of
/// elementary functions on the IBM RISC System/6000 processor", IBM Journal of
/// Research and Development 34 (1), 1990). All are f32. The bits are those of
/// the division where the remainder is exact and nothing is subnormal or
/// overflows: for |x| from 2^-101 and |x / divisor| from 2^-100 on, and
/// divisors up to 2^122; zeros stay zeros. Smaller quotients differ by less
/// than 2^-100. `DynamicDivision.*` in test/unit has the proof.
Value emitQuotient(OpBuilder &builder, Location loc, Value x, Value divisor,
                   Value reciprocal);

/// What rule Q0 does with the quotient: `sat(round(quotient) + zeroPoint)`.
Value emitStored(OpBuilder &builder, Location loc, Value quotient,
                 Value zeroPoint, StorageRange range, Type storage,
                 Rounding rounding);

/// Rule D0: `f32(q - zeroPoint) * scale`, then converted to `expressed`.
/// `zeroPoint` is i32 and null where it is zero.
Value emitDequantize(OpBuilder &builder, Location loc, Value q, Value scale,
                     Value zeroPoint, bool isSigned, Type expressed);

/// Requantization with an f32 multiplier: `sat(round(f32(q - zeroPointFrom) *
/// multiplier) + zeroPointTo)`. `zeroPointFrom` is i32, `zeroPointTo` f32; each
/// is null where it is zero.
Value emitRequantizeF32(OpBuilder &builder, Location loc, Value q,
                        Value zeroPointFrom, Value multiplier,
                        Value zeroPointTo, bool fromSigned, StorageRange range,
                        Type storage, Rounding rounding);

/// Requantization in 64-bit integers by a Q31 `mantissa` (i32) and a `shift`
/// (i32, positive to the left), with one rounding or two. `zeroPointTo` is i32.
Value emitRequantizeQ31(OpBuilder &builder, Location loc, Value q,
                        Value zeroPointFrom, Value mantissa, Value shift,
                        Value zeroPointTo, bool fromSigned, StorageRange range,
                        Type storage, Multiplier mode);

} // namespace mlir::qopt

#endif // QUANTOPT_LOWERING_COMMON_QUANTARITH_H
