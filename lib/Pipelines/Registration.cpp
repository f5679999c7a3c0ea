//===- Registration.cpp - Pipelines by name -------------------------------===//

#include "quantopt/Lowering/CPU/Pipeline.h"
#include "quantopt/Lowering/GPU/Pipeline.h"
#include "quantopt/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct QuantizeFlags : PassPipelineOptions<QuantizeFlags> {
  Option<std::string> calibrationData{
      *this, "calibration-data",
      llvm::cl::desc("samples: an .npz file with one array for each input")};
  Option<std::string> calibrationTable{
      *this, "calibration-table",
      llvm::cl::desc("calibration tables, separated by commas, in place of "
                     "samples: nothing is run")};
  Option<std::string> saveTable{
      *this, "save-calibration-table",
      llvm::cl::desc("where to write the table that the samples gave, or "
                     "several tables as one")};
  Option<std::string> quantizationMap{
      *this, "quantization-map",
      llvm::cl::desc("a map of the parameters of each value, taken as they are "
                     "in place of samples: nothing is run")};
  Option<std::string> saveMap{
      *this, "save-quantization-map",
      llvm::cl::desc("where to write the map of what was decided")};
  Option<std::string> explain{
      *this, "explain",
      llvm::cl::desc(
          "where to write why each operation is integer or float and "
          "where its parameters come from: text, or JSON where the "
          "name ends in .json; - is standard output. Nothing is written where "
          "--compile-to ends before the quantize phase")};
  Option<std::string> report{
      *this, "report",
      llvm::cl::desc("where to write the report: files that end in .html or "
                     ".json, separated by commas")};
  Option<std::string> evaluationData{
      *this, "evaluation-data",
      llvm::cl::desc("samples that the report measures the model on (default: "
                     "those of calibration-data)")};
  Option<bool> benchmark{
      *this, "benchmark",
      llvm::cl::desc("time the float and the integer model for the report"),
      llvm::cl::init(false)};
  Option<std::string> config{*this, "config",
                             llvm::cl::desc("settings: a YAML file")};
  Option<std::string> entry{
      *this, "entry",
      llvm::cl::desc("the function that is the model, where several are "
                     "public; what it does not call is left out")};
  Option<std::string> inputShapes{
      *this, "input-shapes",
      llvm::cl::desc("shapes of the inputs where some are dynamic, such as "
                     "1x3x224x224,1x10 (default: a first dimension that is "
                     "dynamic is 1)")};
};

struct LowerFlags : PassPipelineOptions<LowerFlags> {
  Option<std::string> cpu{
      *this, "cpu",
      llvm::cl::desc("a processor as llc -mcpu names it, or native"),
      llvm::cl::init("native")};
  Option<std::string> features{*this, "features",
                               llvm::cl::desc("extra target features: +a,-b"),
                               llvm::cl::init("")};
  Option<std::string> kernels{
      *this, "kernels",
      llvm::cl::desc("auto: vector kernels by target; scalar: plain loops"),
      llvm::cl::init("auto")};
  Option<int64_t> threads{*this, "threads",
                          llvm::cl::desc("threads that a run may use"),
                          llvm::cl::init(1)};
  Option<bool> profile{*this, "profile",
                       llvm::cl::desc("count the time of each kernel"),
                       llvm::cl::init(false)};
  Option<std::string> tiles{
      *this, "tiles",
      llvm::cl::desc("measured tiles, a file of quant-run --search-tiles"),
      llvm::cl::init("")};
  Option<int64_t> functionOperations{
      *this, "function-operations",
      llvm::cl::desc("operations that a function may have: longer ones are "
                     "split, see qopt-split-functions"),
      llvm::cl::init(LowerToCPUOptions().functionOperations)};
};

struct LowerToGPUFlags : PassPipelineOptions<LowerToGPUFlags> {
  Option<std::string> chip{
      *this, "chip",
      llvm::cl::desc("the least GPU that the code runs on, sm_80 or later"),
      llvm::cl::init(LowerToGPUOptions().chip)};
  Option<std::string> kernels{
      *this, "kernels",
      llvm::cl::desc("auto: tensor cores where they can be used; scalar: a "
                     "thread for each element"),
      llvm::cl::init("auto")};
};
} // namespace

void mlir::qopt::registerPipelines(const PhaseControl *control) {
  PassPipelineRegistration<>(
      "qopt-import",
      "bring a float model (linalg on tensors or TOSA) into one spelling",
      [](OpPassManager &pm) { buildImportPipeline(pm); });

  // Registered by hand: PassPipelineRegistration has no way to refuse flags.
  registerPassPipeline(
      "qopt-quantize",
      "quantize a float model: import, calibrate on samples, integer form",
      [control](OpPassManager &pm, StringRef text,
                llvm::function_ref<LogicalResult(const llvm::Twine &)> fail)
          -> LogicalResult {
        QuantizeFlags flags;
        if (failed(flags.parseFromString(text)))
          return failure();
        if (!flags.quantizationMap.empty() &&
            !(flags.calibrationData.empty() && flags.calibrationTable.empty() &&
              flags.saveTable.empty()))
          return fail("quantization-map takes the place of calibration-data, "
                      "calibration-table and save-calibration-table; leave "
                      "those out");
        QuantizeOptions options;
        options.calibrationData = flags.calibrationData;
        options.calibrationTable = flags.calibrationTable;
        options.saveTable = flags.saveTable;
        options.config = flags.config;
        options.entry = flags.entry;
        options.inputShapes = flags.inputShapes;
        options.quantizationMap = flags.quantizationMap;
        options.saveMap = flags.saveMap;
        options.explain = flags.explain;
        options.report = flags.report;
        options.evaluationData = flags.evaluationData;
        options.benchmark = flags.benchmark;
        if (control) {
          options.dumpPhases = control->dumpPhases;
          if (!options.report.empty() && !control->report.empty())
            options.report += ",";
          options.report += control->report;
          control->isReportTaken = true;
          if (std::optional<Phase> last = getPhase(control->compileTo))
            options.compileTo = *last;
        }
        buildQuantizePipeline(pm, options);
        return success();
      },
      [](llvm::function_ref<void(const detail::PassOptions &)> show) {
        show(QuantizeFlags());
      });

  PassPipelineRegistration<LowerFlags>(
      "qopt-lower-to-cpu",
      "lower a model in float or in integer form to LLVM for a CPU",
      [](OpPassManager &pm, const LowerFlags &flags) {
        LowerToCPUOptions lower;
        lower.cpu = flags.cpu;
        lower.features = flags.features;
        lower.kernels = flags.kernels;
        lower.threads = flags.threads;
        lower.profile = flags.profile;
        lower.tiles = flags.tiles;
        lower.functionOperations = flags.functionOperations;
        buildLowerToCPUPipeline(pm, lower);
      });

  PassPipelineRegistration<LowerToGPUFlags>(
      "qopt-lower-to-gpu",
      "lower a model in float or in integer form to kernels for NVIDIA GPUs",
      [](OpPassManager &pm, const LowerToGPUFlags &flags) {
        LowerToGPUOptions lower;
        lower.chip = flags.chip;
        lower.kernels = flags.kernels;
        buildLowerToGPUPipeline(pm, lower);
      });
}
