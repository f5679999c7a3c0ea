//===- Passes.h - Passes of the calibration phase ---------------*- C++ -*-===//

#ifndef QUANTOPT_CALIBRATION_PASSES_H
#define QUANTOPT_CALIBRATION_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace quantopt {
class CalibrationTable;
} // namespace quantopt

namespace mlir::qopt {
#define GEN_PASS_DECL
#include "quantopt/Calibration/Passes.h.inc"

/// The same passes; each leaves the table that it chose parameters from in
/// `table`, which stays empty where nothing needs calibration.
std::unique_ptr<Pass>
createCalibrate(CalibrateOptions options,
                std::shared_ptr<quantopt::CalibrationTable> table);
std::unique_ptr<Pass>
createApplyCalibration(ApplyCalibrationOptions options,
                       std::shared_ptr<quantopt::CalibrationTable> table);

#define GEN_PASS_REGISTRATION
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

#endif // QUANTOPT_CALIBRATION_PASSES_H
