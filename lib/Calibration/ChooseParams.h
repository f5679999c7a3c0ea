//===- ChooseParams.h - From statistics to quantized types ------*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_CHOOSEPARAMS_H
#define QUANTOPT_LIB_CALIBRATION_CHOOSEPARAMS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/CalibrationTable.h"
#include "quantopt/Support/Config.h"

namespace mlir::qopt {

/// Gives every `qopt.observe` of `module` the quantized type that `table` and
/// `config` choose for it. Failures are reported at the observed value.
LogicalResult chooseParams(ModuleOp module,
                           const quantopt::CalibrationTable &table,
                           quantopt::Config &config);

/// The parameters that `settings` choose for values of these statistics, or
/// nothing where none was finite. `taken` becomes the method that chose them.
std::optional<quantopt::QuantParams>
chooseFor(const quantopt::CalibrationRecord &record,
          quantopt::ActivationSettings settings,
          quantopt::RangeMethod *taken = nullptr);

/// "[-1, 3] of 128 values in [-1.2, 3.1]", for explanations.
std::string describeRange(const quantopt::Histogram &histogram,
                          const quantopt::QuantParams &params);

/// Writes `params` to `op` as its quantized type.
void setParams(ObserveOp op, const quantopt::QuantParams &params);

/// The settings of the file `path`, or the defaults where it is empty. Failures
/// are reported at `loc`.
FailureOr<quantopt::Config> loadConfig(StringRef path, Location loc);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_CHOOSEPARAMS_H
