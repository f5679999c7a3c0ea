//===- Overrides.h - The configuration's overrides on a module --*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_OVERRIDES_H
#define QUANTOPT_LIB_CALIBRATION_OVERRIDES_H

#include "mlir/IR/BuiltinOps.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/Config.h"

namespace mlir::qopt {

/// What the configuration says of the value that `op` observes.
quantopt::ActivationSettings settingsFor(ObserveOp op,
                                         quantopt::Config &config);

/// What the configuration says of `op`, which has the name `name`.
quantopt::OperationSettings operationSettingsFor(Operation *op, StringAttr name,
                                                 quantopt::Config &config);

/// Reports conflicts of overrides, and overrides that change nothing of
/// `module`, whose observed values were asked for.
LogicalResult checkOverrides(ModuleOp module, quantopt::Config &config);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_OVERRIDES_H
