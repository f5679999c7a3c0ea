//===- Pipelines.cpp - From a float model to integer form, step by step ---===//

#include "quantopt/Pipelines/Pipelines.h"
#include "DumpPhase.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"

#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::qopt;

void mlir::qopt::buildImportPipeline(OpPassManager &pm) {
  // A model has no gradients and no parameters that are still being trained.
  pm.addPass(createFreezeParameters());
  // It is one function: what a frontend outlined comes back into it.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  // TOSA comes down by upstream's conversions; they leave other dialects alone.
  TosaToLinalgOptions tosa;
  TosaToLinalgNamedOptions named;
  named.preferConv2DKernelLayoutHWCF = false;
  tosa::addTosaToLinalgPasses(pm, tosa, named, std::nullopt);
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(createTosaToTensorPass());
  func.addPass(createTosaToArithPass());

  func.addPass(createCanonicalizerPass());
  func.addPass(createCSEPass());
  // Stored weights keep the parameters that they come with, so this is before
  // constants fold.
  func.addPass(createRaiseDequantize());
  func.addPass(createRaiseFakeQuant());
  func.addPass(createSinkDequantize());
  func.addPass(createFoldConstants());
  func.addPass(createNormalizeLinalg());
  // Whole operations before their pieces fuse.
  func.addPass(createRaiseSoftmax());
  func.addPass(createFoldBias());
  func.addPass(createCanonicalizerPass());
  func.addPass(createFuseUnary());
  func.addPass(createCanonicalizerPass());
  func.addPass(createCSEPass());
  pm.addPass(createAssignNames());
  pm.addPass(createVerifyImported());
}

void mlir::qopt::buildCalibrationPipeline(OpPassManager &pm,
                                          const QuantizeOptions &options) {
  ChooseSchemesOptions schemes;
  schemes.config = options.config;
  pm.addPass(createChooseSchemes(schemes));
  InsertObserversOptions observers;
  observers.explain = !options.explain.empty();
  pm.addPass(createInsertObservers(observers));
  if (!options.calibrationTable.empty()) {
    ApplyCalibrationOptions apply;
    apply.table = options.calibrationTable;
    apply.merged = options.saveTable;
    apply.config = options.config;
    pm.addPass(createApplyCalibration(apply));
  } else {
    CalibrateOptions calibrate;
    calibrate.data = options.calibrationData;
    calibrate.config = options.config;
    calibrate.table = options.saveTable;
    pm.addPass(createCalibrate(calibrate));
  }
  pm.addPass(createVerifyCalibrated());
}

void mlir::qopt::buildQuantizationPipeline(OpPassManager &pm,
                                           const QuantizeOptions &options) {
  // A configuration that cannot be read was an error of the phase before.
  quantopt::Config config;
  if (!options.config.empty()) {
    if (llvm::Expected<quantopt::Config> read =
            quantopt::Config::load(options.config))
      config = std::move(*read);
    else
      llvm::consumeError(read.takeError());
  }
  OpPassManager &func = pm.nest<func::FuncOp>();
  // What was trained comes first: it decides for itself.
  func.addPass(createPinFakeQuant());
  // Decide, then give parameters to all that moves along.
  func.addPass(createSelectOps());
  func.addPass(createPropagateParams());
  func.addPass(createQuantizeWeights(getWeightOptions(config)));
  if (!options.explain.empty())
    func.addPass(createRecordExplanation());
  // The quantized model in float: this is what is simulated and shipped.
  func.addPass(createInsertQDQ());
  func.addPass(createFuseElementwise());
  func.addPass(createFoldQDQ());
  // Contractions that choose their parameters when they run.
  func.addPass(createQuantizeDynamically());
  func.addPass(createCanonicalizerPass());
  func.addPass(createCSEPass());
  if (!options.explain.empty()) {
    WriteExplanationOptions explanation;
    explanation.file = options.explain;
    pm.addPass(createWriteExplanation(explanation));
  }
  VerifyQuantizedOptions verify;
  verify.requireInt8 = config.requireInt8;
  pm.addNestedPass<func::FuncOp>(createVerifyQuantized(verify));
}

void mlir::qopt::buildQuantizePipeline(OpPassManager &pm,
                                       const QuantizeOptions &options) {
  auto end = [&](Phase phase) {
    if (!options.dumpPhases.empty())
      pm.addPass(createDumpPhase(phase, options.dumpPhases));
    return options.compileTo == phase;
  };
  buildImportPipeline(pm);
  if (end(Phase::Import))
    return;
  buildCalibrationPipeline(pm, options);
  if (end(Phase::Calibrate))
    return;
  buildQuantizationPipeline(pm, options);
  end(Phase::Quantize);
}
