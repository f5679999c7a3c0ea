//===- Pipelines.h - The phases as pipelines --------------------*- C++ -*-===//

#ifndef QUANTOPT_PIPELINES_PIPELINES_H
#define QUANTOPT_PIPELINES_PIPELINES_H

#include "quantopt/Pipelines/Phase.h"
#include <string>

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace mlir::qopt {

/// What the user decides about quantization.
struct QuantizeOptions {
  /// Samples: an .npz with one array an input. Or a table that holds what the
  /// observers saw; then nothing is run.
  std::string calibrationData;
  std::string calibrationTable;
  /// Where to write the table of this run, or several tables merged; empty:
  /// nowhere.
  std::string saveTable;
  /// A map of parameters to take as they are: nothing is run, and neither
  /// samples nor settings choose parameters or schemes. Empty: none.
  std::string quantizationMap;
  /// Where to write such a map; empty: nowhere.
  std::string saveMap;
  /// Where to write why each operation is what it is, as text or, where the
  /// name ends in .json, as JSON; empty: nowhere.
  std::string explain;
  /// Files of the report, separated by commas, each .html or .json; empty: none
  /// (docs/Report.md).
  std::string report;
  /// Samples that the report measures the model on; empty: calibrationData.
  std::string evaluationData;
  /// Whether the report times the float and the integer model.
  bool benchmark = false;
  /// The function that is the model; those that it does not call go. Empty: the
  /// only public one.
  std::string entry;
  /// Shapes of the inputs, "1x3x224x224,1x10", where some are dynamic. Empty: a
  /// first dimension that is dynamic is 1.
  std::string inputShapes;
  /// Settings (YAML); empty: the defaults.
  std::string config;
  /// The last phase to run.
  Phase compileTo = Phase::Quantize;
  /// A folder to write the module to after each phase; empty: none.
  std::string dumpPhases;
};

/// Float linalg or TOSA becomes float linalg in one spelling, with names.
/// `inputShapes` as in QuantizeOptions.
void buildImportPipeline(OpPassManager &pm, StringRef inputShapes = "");
/// The part of import that changes no bits and gives no names: what is computed
/// from constants becomes constants, elementwise operations and products have
/// one spelling, and resizes become movements. For float models that are
/// lowered as a frontend wrote them.
void buildNormalizationPipeline(OpPassManager &pm);
/// Observers are inserted and get parameters.
void buildCalibrationPipeline(OpPassManager &pm,
                              const QuantizeOptions &options);
/// Calibrated float becomes integer form. Writes no report, which begins with
/// the imported model.
void buildQuantizationPipeline(OpPassManager &pm,
                               const QuantizeOptions &options);
/// All three, as far as `options.compileTo`.
void buildQuantizePipeline(OpPassManager &pm, const QuantizeOptions &options);

/// Values of the flags --compile-to, --dump-phases and --qopt-report of
/// quant-opt, which apply to every pipeline that it runs. Empty strings change
/// nothing; a report is written beside those of the pipeline's own option.
struct PhaseControl {
  std::string compileTo;
  std::string dumpPhases;
  std::string report;
  /// Set where a pipeline takes the report: a flag that nothing heeds is an
  /// error of the tool.
  mutable bool isReportTaken = false;
};

/// `--qopt-import`, `--qopt-quantize` and `--qopt-lower-to-cpu`. `control`, if
/// given, is read when a pipeline is built and must outlive it.
void registerPipelines(const PhaseControl *control = nullptr);

/// Tells quantopt/Verification/VerifyRewrites.h by how much our passes may
/// change numbers.
void declareQuantOptTolerances();

/// Lets calibration run models in this process: lowers them to this machine's
/// code. See quantopt/Calibration/ModelRunner.h.
void registerModelRunner(DialectRegistry &registry);

} // namespace mlir::qopt

#endif // QUANTOPT_PIPELINES_PIPELINES_H
