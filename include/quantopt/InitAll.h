//===- InitAll.h - Registers all of quant-opt -------------------*- C++ -*-===//

#ifndef QUANTOPT_INITALL_H
#define QUANTOPT_INITALL_H

#include "mlir/IR/DialectRegistry.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/ExternalModels/ExternalModels.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Lowering/CPU/Passes.h"
#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Quantization/Passes.h"

namespace mlir::qopt {

/// The dialect, the interfaces on upstream's operations, and the runner that
/// calibration uses.
inline void registerQuantOptDialects(DialectRegistry &registry) {
  registry.insert<QOptDialect>();
  registerLinalgQuantizableModels(registry);
  registerTensorQuantizableModels(registry);
  registerModelRunner(registry);
}

/// Every pass and pipeline. `control`: see registerPipelines.
inline void registerQuantOptPasses(const PhaseControl *control = nullptr) {
  registerQuantOptImportPasses();
  registerQuantOptCalibrationPasses();
  registerQuantOptQuantizationPasses();
  registerLoweringCPUPasses();
  registerPipelines(control);
  declareQuantOptTolerances();
}

} // namespace mlir::qopt

#endif // QUANTOPT_INITALL_H
