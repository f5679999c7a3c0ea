//===- Passes.h - Passes of the calibration phase ---------------*- C++ -*-===//

#ifndef QUANTOPT_CALIBRATION_PASSES_H
#define QUANTOPT_CALIBRATION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::qopt {
#define GEN_PASS_DECL
#include "quantopt/Calibration/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

#endif // QUANTOPT_CALIBRATION_PASSES_H
