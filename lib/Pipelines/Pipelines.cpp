//===- Pipelines.cpp - From a float model to integer form, step by step ---===//

#include "quantopt/Pipelines/Pipelines.h"
#include "DumpPhase.h"
#include "WriteReport.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/CalibrationTable.h"
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

static void normalize(OpPassManager &func) {
  func.addPass(createFoldConstants());
  func.addPass(createNormalizeLinalg());
  func.addPass(createFoldBroadcasts());
  func.addPass(createCanonicalizerPass());
  func.addPass(createRaiseResize());
  // Where a batch was dynamic, broadcasts are reads at positions until here.
  func.addPass(createNormalizeLinalg());
  func.addPass(createFoldBroadcasts());
  func.addPass(createCanonicalizerPass());
}

void mlir::qopt::buildNormalizationPipeline(OpPassManager &pm) {
  normalize(pm.nest<func::FuncOp>());
}

void mlir::qopt::buildImportPipeline(OpPassManager &pm, StringRef inputShapes) {
  // A model has no gradients and no parameters that are still being trained.
  pm.addPass(createFreezeParameters());
  // It is one function: what a frontend outlined comes back into it.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  FixInputShapesOptions shapes;
  shapes.shapes = inputShapes.str();
  pm.addPass(createFixInputShapes(shapes));
  pm.addPass(createInferShapes());
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
  func.addPass(createUnrollLoops());
  func.addPass(createCanonicalizerPass());
  // Stored weights keep the parameters that they come with, so this is before
  // constants fold.
  func.addPass(createRaiseDequantize());
  func.addPass(createRaiseFakeQuant());
  func.addPass(createSinkDequantize());
  normalize(func);
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

static bool isExplained(const QuantizeOptions &options) {
  return !options.explain.empty() || !options.report.empty();
}

/// `table`, where it is not null, gets what the observers saw.
static void
buildCalibration(OpPassManager &pm, const QuantizeOptions &options,
                 std::shared_ptr<quantopt::CalibrationTable> table) {
  ChooseSchemesOptions schemes;
  schemes.config = options.config;
  schemes.map = options.quantizationMap;
  pm.addPass(createChooseSchemes(schemes));
  InsertObserversOptions observers;
  observers.explain = isExplained(options) || !options.saveMap.empty();
  pm.addPass(createInsertObservers(observers));
  if (!options.quantizationMap.empty()) {
    ApplyQuantizationMapOptions apply;
    apply.map = options.quantizationMap;
    pm.addPass(createApplyQuantizationMap(apply));
  } else if (!options.calibrationTable.empty()) {
    ApplyCalibrationOptions apply;
    apply.table = options.calibrationTable;
    apply.merged = options.saveTable;
    apply.config = options.config;
    pm.addPass(createApplyCalibration(apply, std::move(table)));
  } else {
    CalibrateOptions calibrate;
    calibrate.data = options.calibrationData;
    calibrate.config = options.config;
    calibrate.table = options.saveTable;
    pm.addPass(createCalibrate(calibrate, std::move(table)));
  }
  pm.addPass(createVerifyCalibrated());
}

void mlir::qopt::buildCalibrationPipeline(OpPassManager &pm,
                                          const QuantizeOptions &options) {
  buildCalibration(pm, options, /*table=*/nullptr);
}

/// `kept`, where it is not null, is what the report begins with.
static void buildQuantization(OpPassManager &pm, const QuantizeOptions &options,
                              std::shared_ptr<ReportInputs> kept) {
  // A configuration that cannot be read was an error of the phase before.
  quantopt::Config config;
  if (!options.config.empty()) {
    if (llvm::Expected<quantopt::Config> read =
            quantopt::Config::load(options.config))
      config = std::move(*read);
    else
      llvm::consumeError(read.takeError());
  }
  OpPassManager &deciding = pm.nest<func::FuncOp>();
  addDecidingPasses(deciding, getWeightOptions(config),
                    getPropagateOptions(config));
  if (isExplained(options))
    deciding.addPass(createRecordExplanation());
  // All is decided, and nothing is rewritten yet.
  if (!options.saveMap.empty()) {
    WriteQuantizationMapOptions map;
    map.file = options.saveMap;
    pm.addPass(createWriteQuantizationMap(map));
  }
  OpPassManager &func = pm.nest<func::FuncOp>();
  // The quantized model in float: this is what is simulated and shipped.
  func.addPass(createInsertQDQ());
  func.addPass(createFuseElementwise());
  func.addPass(createFoldQDQ());
  // Contractions that choose their parameters when they run.
  func.addPass(createQuantizeDynamically());
  func.addPass(createStoreEmbeddings(getEmbeddingOptions(config)));
  func.addPass(createCanonicalizerPass());
  func.addPass(createCSEPass());
  if (kept)
    pm.addPass(createWriteReport(std::move(kept), options));
  if (!options.explain.empty()) {
    WriteExplanationOptions explanation;
    explanation.file = options.explain;
    pm.addPass(createWriteExplanation(explanation));
  }
  VerifyQuantizedOptions verify;
  verify.requireInt8 = config.requireInt8;
  pm.addNestedPass<func::FuncOp>(createVerifyQuantized(verify));
}

void mlir::qopt::buildQuantizationPipeline(OpPassManager &pm,
                                           const QuantizeOptions &options) {
  QuantizeOptions own = options;
  own.report.clear();
  buildQuantization(pm, own, /*kept=*/nullptr);
}

void mlir::qopt::buildQuantizePipeline(OpPassManager &pm,
                                       const QuantizeOptions &options) {
  auto end = [&](Phase phase) {
    if (!options.dumpPhases.empty())
      pm.addPass(createDumpPhase(phase, options.dumpPhases));
    return options.compileTo == phase;
  };
  std::shared_ptr<ReportInputs> kept;
  if (!options.report.empty())
    kept = std::make_shared<ReportInputs>();
  if (!options.entry.empty()) {
    ChooseEntryOptions entry;
    entry.entry = options.entry;
    pm.addPass(createChooseEntry(entry));
  }
  if (kept || options.benchmark || !options.evaluationData.empty())
    pm.addPass(createCheckReport(options));
  buildImportPipeline(pm, options.inputShapes);
  if (kept)
    pm.addPass(createKeepFloatModel(kept, options));
  if (end(Phase::Import))
    return;
  buildCalibration(pm, options, kept ? kept->table : nullptr);
  if (end(Phase::Calibrate))
    return;
  buildQuantization(pm, options, std::move(kept));
  end(Phase::Quantize);
}
