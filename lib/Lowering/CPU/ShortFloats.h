//===- ShortFloats.h - Rounding to bf16 -------------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_SHORTFLOATS_H
#define QUANTOPT_LIB_LOWERING_CPU_SHORTFLOATS_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::qopt {

/// f32 and f64 are rounded to bf16 by integer arithmetic: to nearest even,
/// once, and every NaN becomes 0x7fc0. LLVM would call functions for that which
/// the libraries of C compilers have from 2023 on, and instructions of x86 take
/// subnormal numbers for zeros. `math.fma` of bf16 is that of f32, rounded once
/// more, as LLVM has it.
void populateShortFloatPatterns(RewritePatternSet &patterns);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_SHORTFLOATS_H
