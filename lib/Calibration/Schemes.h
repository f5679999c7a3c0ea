//===- Schemes.h - What the schemes of contractions ask for -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_SCHEMES_H
#define QUANTOPT_LIB_CALIBRATION_SCHEMES_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "quantopt/Support/QuantizationMap.h"

namespace mlir::qopt {

/// Whether anything inside of `root` takes parameters from samples: not where
/// it has dynamic contractions, stored weights or tables, and every other
/// contraction stays in float.
bool needsCalibration(Operation *root);

/// Whether `root` has a contraction with parameters from samples.
bool hasStaticContraction(Operation *root);

/// The map of the file `path`. Failures are reported at `loc`.
FailureOr<quantopt::QuantizationMap> loadQuantizationMap(StringRef path,
                                                         Location loc);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_SCHEMES_H
