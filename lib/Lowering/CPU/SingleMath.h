//===- SingleMath.h - Functions of f32 evaluated in f32 ---------*- C++ -*-===//
//
// The elementary functions that activations are made of, scalars or vectors, in
// as few operations as good accuracy takes: fused multiply-adds of f32, no
// tables, no branches, no calls. The bits are the same on all targets (one
// without such instructions calls the C library for them).
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_SINGLEMATH_H
#define QUANTOPT_LIB_LOWERING_CPU_SINGLEMATH_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// Patterns that spell math.exp, erf and tanh of f32. NaN, infinities and zeros
/// are as in C99, Annex F. Errors are at most 0.8 (exp), 1.5 (erf) and 2.3
/// (tanh) units in the last place; where exp would be subnormal, it is 0.
void populateSingleMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_SINGLEMATH_H
