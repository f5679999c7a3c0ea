//===- FoldElementwise.h - Elementwise operations on storage ----*- C++ -*-===//

#ifndef QUANTOPT_LIB_QUANTIZATION_FOLDELEMENTWISE_H
#define QUANTOPT_LIB_QUANTIZATION_FOLDELEMENTWISE_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// quantize(clamp(x)) becomes quantize(x) with a narrower storage range.
void populateFoldClampPatterns(RewritePatternSet &patterns);

/// Unary functions of 8-bit values become lookup tables; other selected
/// elementwise generics take storage and convert in their bodies.
void populateFoldElementwisePatterns(RewritePatternSet &patterns);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_FOLDELEMENTWISE_H
