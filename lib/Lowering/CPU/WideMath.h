//===- WideMath.h - Functions of f32 evaluated in f64 -----------*- C++ -*-===//
//
// Elementary functions of f32, scalars or vectors, as arithmetic on f64: the
// intermediate results carry 29 bits more than the result, so that simple
// formulas are good to little more than half a unit in the last place (ULP) and
// neither subnormal numbers nor cancellation need a case of their own. There
// are no tables, no calls, and no fused multiply-adds, which some targets lack:
// the bits are the same everywhere.
//
// Special values are those of C99, Annex F. A NaN among the operands is the
// result as it is; other invalid operands give the NaN 0x7FC00000.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_WIDEMATH_H
#define QUANTOPT_LIB_LOWERING_CPU_WIDEMATH_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// The bound that documentation and tests state for every function below, in
/// units in the last place of the result.
constexpr double kWideMathULP = 0.51;

/// Patterns that spell math.powf, exp2, expm1, log, log2, log10, log1p, sin,
/// cos, tan, atan, atan2, asin, acos, sinh, cosh, asinh, acosh, atanh and cbrt
/// of f32 in f64. Sines of large numbers stand in an scf.if.
void populateWideMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_WIDEMATH_H
