//===- Schemes.h - What the schemes of contractions ask for -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_SCHEMES_H
#define QUANTOPT_LIB_CALIBRATION_SCHEMES_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// Whether anything inside of `root` takes parameters from samples: not where
/// it has dynamic contractions and every other one stays in float.
bool needsCalibration(Operation *root);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_SCHEMES_H
