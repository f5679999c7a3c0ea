//===- ConvertSoftmax.h - Softmax as linalg and arith -----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_CONVERTSOFTMAX_H
#define QUANTOPT_LIB_LOWERING_COMMON_CONVERTSOFTMAX_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// Takes `linalg.softmax` apart: maximum, exponentials, their sum, quotients.
/// Exponentials below 2^-100 become 0 where they are divided. Where `hasFMA`,
/// the others are multiplied by the reciprocal of their sum and corrected, with
/// the bits of the quotient.
void populateConvertSoftmaxPatterns(RewritePatternSet &patterns, bool hasFMA);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_CONVERTSOFTMAX_H
