//===- ConvertDynamic.h - Parameters from values, as linalg -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H
#define QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// Spells `qopt.quantize_dynamic` as linalg: reductions, parameters, quantize.
/// Values are divided by their scale, or, where `hasFMA`, multiplied by its
/// reciprocal and corrected, with the same results.
void populateConvertDynamicPatterns(RewritePatternSet &patterns, bool hasFMA);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H
