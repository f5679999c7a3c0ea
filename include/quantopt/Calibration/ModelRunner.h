//===- ModelRunner.h - Runs an instrumented model ---------------*- C++ -*-===//

#ifndef QUANTOPT_CALIBRATION_MODELRUNNER_H
#define QUANTOPT_CALIBRATION_MODELRUNNER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"
#include "quantopt/Support/CalibrationTable.h"
#include "quantopt/Support/Config.h"

namespace mlir::qopt {

/// How calibration runs a model. The phase does not depend on lowering or
/// execution: whoever links those registers an implementation on the qopt
/// dialect (see registerModelRunner in quantopt/Pipelines), and a stack with
/// its own runtime registers another.
class ModelRunner : public DialectInterface::Base<ModelRunner> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ModelRunner)

  explicit ModelRunner(Dialect *dialect) : Base(dialect) {}

  /// Runs `module`, which holds `qopt.observe` operations and may be consumed,
  /// on every sample of the file `data`, and returns what the observers saw.
  virtual llvm::Expected<quantopt::CalibrationTable>
  observe(ModuleOp module, StringRef data,
          quantopt::NonFinitePolicy nonFinite) const = 0;
};

} // namespace mlir::qopt

#endif // QUANTOPT_CALIBRATION_MODELRUNNER_H
