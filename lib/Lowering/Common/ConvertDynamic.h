//===- ConvertDynamic.h - Parameters from values, as linalg -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H
#define QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// Spells `qopt.quantize_dynamic` as linalg: reductions, parameters, quantize.
void populateConvertDynamicPatterns(RewritePatternSet &patterns);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_CONVERTDYNAMIC_H
