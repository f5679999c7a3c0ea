//===- InitAll.h - Registers all of quant-opt -------------------*- C++ -*-===//

#ifndef QUANTOPT_INITALL_H
#define QUANTOPT_INITALL_H

#include "mlir/IR/DialectRegistry.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/ExternalModels/ExternalModels.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Lowering/CPU/Passes.h"
#include "quantopt/Lowering/GPU/Passes.h"
#include "quantopt/Lowering/GPU/Pipeline.h"
#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Quantization/Passes.h"

namespace mlir::qopt {

/// The dialect, the interfaces on upstream's operations, the runner that
/// calibration uses, and the translation of GPU kernels.
inline void registerQuantOptDialects(DialectRegistry &registry) {
  registry.insert<QOptDialect>();
  registerLinalgQuantizableModels(registry);
  registerTensorQuantizableModels(registry);
  registerModelRunner(registry);
  registerGPUTarget(registry);
}

/// Every pass and pipeline. `control`: see registerPipelines.
inline void registerQuantOptPasses(const PhaseControl *control = nullptr) {
  registerQuantOptImportPasses();
  registerQuantOptCalibrationPasses();
  registerQuantOptQuantizationPasses();
  registerLoweringCPUPasses();
  registerLoweringGPUPasses();
  registerPipelines(control);
  declareQuantOptTolerances();
}

} // namespace mlir::qopt

#endif // QUANTOPT_INITALL_H
