//===- WriteReport.cpp - The report of the quantize pipeline --------------===//

#include "WriteReport.h"
#include "HostModel.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Comparison/CompareLayers.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Execution/Benchmark.h"
#include "quantopt/Quantization/Explanation.h"
#include "quantopt/Report/Report.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/OutputFiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::qopt;
using quantopt::QuantizationReport;
using quantopt::ValueReport;

//===----------------------------------------------------------------------===//
// What the IR tells
//===----------------------------------------------------------------------===//

/// Bytes of the elements of a constant tensor; of one that repeats a value,
/// those of the value.
static uint64_t getBytes(arith::ConstantOp constant) {
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  if (!type || !type.getElementType().isIntOrFloat())
    return 0;
  uint64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8u);
  auto values = dyn_cast<ElementsAttr>(constant.getValue());
  return values && values.isSplat() ? width : width * type.getNumElements();
}

static uint64_t countConstants(ModuleOp module) {
  uint64_t bytes = 0;
  module.walk([&](arith::ConstantOp op) { bytes += getBytes(op); });
  return bytes;
}

/// The bytes of the constants from which operands of `op` are made.
static uint64_t countConstants(Operation *op) {
  uint64_t bytes = 0;
  llvm::SetVector<Operation *> made;
  auto follow = [&](Operation *user) {
    for (Value operand : user->getOperands())
      if (Operation *producer = operand.getDefiningOp();
          producer && isConstantDerived(operand))
        made.insert(producer);
  };
  follow(op);
  for (size_t i = 0; i < made.size(); ++i) {
    if (auto constant = dyn_cast<arith::ConstantOp>(made[i]))
      bytes += getBytes(constant);
    else
      follow(made[i]);
  }
  return bytes;
}

/// By the name of an operation, the bytes of the constants that it reads.
static llvm::StringMap<uint64_t> countWeights(ModuleOp module) {
  llvm::StringMap<uint64_t> bytes;
  for (auto func : module.getOps<func::FuncOp>())
    func.walk([&](Operation *op) {
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      if (name && op != func.getOperation())
        bytes[name.getValue()] += countConstants(op);
    });
  return bytes;
}

/// The values with their parameters, statistics and weights.
static void describeModel(ModuleOp real, ModuleOp stored,
                          const quantopt::CalibrationTable &table,
                          QuantizationReport &report) {
  report.weightBytesBefore = countConstants(real);
  report.weightBytesAfter = countConstants(stored);
  llvm::StringMap<uint64_t> before = countWeights(real);
  llvm::StringMap<uint64_t> after = countWeights(stored);
  for (Explanation &known : readExplanations(stored)) {
    ValueReport value;
    value.name = std::move(known.name);
    value.op = std::move(known.op);
    value.location = std::move(known.location);
    value.state = std::move(known.state);
    value.reason = std::move(known.reason);
    value.why = std::move(known.why);
    value.weights = std::move(known.weights);
    if (known.type) {
      value.storage = describeStorage(known.type);
      value.params = {known.type.getScale(), known.type.getZeroPoint(),
                      known.type.getStorageTypeMin(),
                      known.type.getStorageTypeMax()};
    }
    if (const auto *record = table.lookup(value.name))
      value.statistics = quantopt::summarize(record->histogram, value.params);
    value.weightBytesBefore = before.lookup(value.name);
    value.weightBytesAfter = after.lookup(value.name);
    report.values.push_back(std::move(value));
  }
}

//===----------------------------------------------------------------------===//
// What runs tell
//===----------------------------------------------------------------------===//

namespace {
/// Runs both models on samples.
class Measurement {
public:
  Measurement(ModuleOp real, ModuleOp stored, QuantizationReport &report)
      : real(real), stored(stored), report(report) {}

  llvm::Error open(const std::string &data, quantopt::NonFinitePolicy policy);
  llvm::Error compare();
  llvm::Error benchmark();

private:
  llvm::Expected<std::unique_ptr<quantopt::SampleFeeder>>
  openSamples(StringRef data) const {
    quantopt::SampleFeeder::Options options;
    options.nonFinite = nonFinite;
    return quantopt::SampleFeeder::open(data, signature, options);
  }
  llvm::Expected<quantopt::LatencyReport> time(ModuleOp model);

  ModuleOp real, stored;
  QuantizationReport &report;
  quantopt::Signature signature;
  quantopt::NonFinitePolicy nonFinite;
};
} // namespace

llvm::Error Measurement::open(const std::string &data,
                              quantopt::NonFinitePolicy policy) {
  report.evaluationData = data;
  nonFinite = policy;
  llvm::Expected<quantopt::Signature> read =
      quantopt::readSignature(real, /*entry=*/"");
  if (!read)
    return read.takeError();
  signature = std::move(*read);
  if (report.calibrationData.empty())
    return llvm::Error::success();
  llvm::Expected<std::unique_ptr<quantopt::SampleFeeder>> feeder =
      openSamples(report.calibrationData);
  if (!feeder)
    return feeder.takeError();
  report.calibrationSamples = (*feeder)->getNumSamples();
  return llvm::Error::success();
}

llvm::Error Measurement::compare() {
  auto compile = [](ModuleOp module) {
    return compileForHost(module, "compare");
  };
  auto open = [&] { return openSamples(report.evaluationData); };
  llvm::Expected<quantopt::LayerErrors> errors =
      quantopt::compareLayers(real, stored, signature.entry, {compile, open});
  if (!errors)
    return errors.takeError();
  if (!errors->nonFinite.empty())
    emitWarning(stored.getLoc())
        << "'" << report.evaluationData << "': " << errors->nonFinite;
  report.evaluationSamples = errors->samples;
  for (auto [output, comparison] :
       llvm::zip_equal(signature.outputs, errors->outputs))
    report.outputs.push_back(
        {output.name, comparison.getSQNR(), comparison.getMeanCosine(),
         comparison.getMaxAbsError(), comparison.getTop1Agreement()});
  llvm::StringMap<const quantopt::LayerError *> layers;
  for (const quantopt::LayerError &layer : errors->layers)
    layers[layer.name] = &layer;
  for (ValueReport &value : report.values)
    if (const quantopt::LayerError *layer = layers.lookup(value.name)) {
      value.aloneDB = layer->aloneDB;
      value.accumulatedDB = layer->accumulatedDB;
    }
  return llvm::Error::success();
}

llvm::Expected<quantopt::LatencyReport> Measurement::time(ModuleOp model) {
  OwningOpRef<ModuleOp> lowered = model.clone();
  llvm::Expected<std::unique_ptr<quantopt::CompiledModel>> compiled =
      compileForHost(*lowered, signature.entry, &report.cpu);
  if (!compiled)
    return compiled.takeError();
  llvm::Expected<std::unique_ptr<quantopt::SampleFeeder>> feeder =
      openSamples(report.evaluationData);
  if (!feeder)
    return feeder.takeError();
  llvm::Expected<bool> more = (*feeder)->next();
  if (!more)
    return more.takeError();
  if (!*more)
    return llvm::createStringError("benchmark: '" + report.evaluationData +
                                   "' has no sample to run");
  quantopt::OutputBuffers outputs(signature);
  quantopt::RunReport::Latency latency =
      quantopt::benchmark(**compiled, (*feeder)->getInputs(), outputs);
  return quantopt::LatencyReport{latency.minMicroseconds,
                                 latency.medianMicroseconds};
}

llvm::Error Measurement::benchmark() {
  llvm::Expected<quantopt::LatencyReport> before = time(real);
  if (!before)
    return before.takeError();
  llvm::Expected<quantopt::LatencyReport> after = time(stored);
  if (!after)
    return after.takeError();
  report.floatLatency = *before;
  report.quantizedLatency = *after;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

/// The files of a report, or what is wrong with them.
static llvm::Expected<std::vector<std::string>>
parseFiles(const QuantizeOptions &options) {
  std::vector<std::string> files;
  for (StringRef file : llvm::split(options.report, ',')) {
    StringRef extension = llvm::sys::path::extension(file);
    if (extension != ".html" && extension != ".json")
      return llvm::createStringError(
          "report=" + file + ": give a file whose name ends in .html or .json");
    if (llvm::sys::fs::is_directory(file))
      return llvm::createStringError("report=" + file +
                                     " is a folder: give a file in it");
    StringRef folder = llvm::sys::path::parent_path(file);
    if (folder.empty())
      folder = ".";
    if (!llvm::sys::fs::is_directory(folder))
      return llvm::createStringError("report=" + file +
                                     ": there is no folder '" + folder +
                                     "'; make it first");
    if (llvm::sys::fs::access(folder, llvm::sys::fs::AccessMode::Write))
      return llvm::createStringError("report=" + file + ": folder '" + folder +
                                     "' cannot be written to; give another");
    files.push_back(file.str());
  }
  return files;
}

/// The samples that the model is measured on; empty where there are none.
static const std::string &getSamples(const QuantizeOptions &options) {
  return options.evaluationData.empty() ? options.calibrationData
                                        : options.evaluationData;
}

static void emitNoReport(ModuleOp module, llvm::Error error) {
  emitError(module.getLoc())
      << "no report: " << llvm::toString(std::move(error));
}

namespace {
struct CheckReport : PassWrapper<CheckReport, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CheckReport)

  explicit CheckReport(const QuantizeOptions &options) : options(options) {}

  StringRef getName() const override { return "CheckReport"; }

  llvm::Error check() const {
    if (options.report.empty())
      return llvm::createStringError(
          "evaluation-data and benchmark are for the "
          "report: give report=FILE.html");
    if (options.compileTo != Phase::Quantize)
      return llvm::createStringError(
          "report=" + options.report +
          ": a report tells of all phases; leave out --compile-to");
    return parseFiles(options).takeError();
  }

  void runOnOperation() override {
    if (llvm::Error error = check()) {
      emitError(getOperation().getLoc()) << llvm::toString(std::move(error));
      signalPassFailure();
    }
    markAllAnalysesPreserved();
  }

  QuantizeOptions options;
};

struct KeepFloatModel : PassWrapper<KeepFloatModel, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KeepFloatModel)

  KeepFloatModel(std::shared_ptr<ReportInputs> kept,
                 const QuantizeOptions &options)
      : kept(std::move(kept)), options(options) {}

  StringRef getName() const override { return "KeepFloatModel"; }

  void runOnOperation() override {
    // What cannot be run cannot be measured: this is told before another pass
    // writes a file.
    if (!getSamples(options).empty())
      if (llvm::Error error =
              quantopt::readSignature(getOperation(), /*entry=*/"")
                  .takeError()) {
        emitNoReport(getOperation(), std::move(error));
        return signalPassFailure();
      }
    kept->real = getOperation().clone();
    markAllAnalysesPreserved();
  }

  std::shared_ptr<ReportInputs> kept;
  QuantizeOptions options;
};

struct WriteReport : PassWrapper<WriteReport, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WriteReport)

  WriteReport(std::shared_ptr<ReportInputs> kept,
              const QuantizeOptions &options)
      : kept(std::move(kept)), options(options) {}

  StringRef getName() const override { return "WriteReport"; }

  void runOnOperation() override {
    if (llvm::Error error = report()) {
      emitNoReport(getOperation(), std::move(error));
      signalPassFailure();
    }
    if (options.explain.empty())
      removeExplanations(getOperation());
    // The next run of this pass manager begins anew.
    kept->real = {};
    *kept->table = {};
    markAllAnalysesPreserved();
  }

  llvm::Error report() {
    QuantizationReport report;
    ModuleOp module = getOperation();
    if (auto file = module.getLoc()->findInstanceOf<FileLineColLoc>())
      report.model = file.getFilename().str();
    report.config = options.config;
    report.calibrationTable = options.calibrationTable;
    if (report.calibrationTable.empty())
      report.calibrationData = options.calibrationData;
    describeModel(*kept->real, module, *kept->table, report);
    if (llvm::Error error = measure(report))
      return error;
    return write(report);
  }

  llvm::Error measure(QuantizationReport &report) {
    const std::string &data = getSamples(options);
    if (data.empty()) {
      if (options.benchmark)
        return llvm::createStringError("benchmark: there is no sample to run; "
                                       "give evaluation-data=FILE.npz");
      return llvm::Error::success();
    }
    // A configuration that cannot be read was an error of an earlier phase.
    quantopt::NonFinitePolicy policy = quantopt::NonFinitePolicy::Error;
    if (!options.config.empty()) {
      llvm::Expected<quantopt::Config> config =
          quantopt::Config::load(options.config);
      if (!config)
        return config.takeError();
      policy = config->nonFinite;
    }
    OwningOpRef<ModuleOp> stored = getOperation().clone();
    removeExplanations(*stored);
    Measurement measurement(*kept->real, *stored, report);
    if (llvm::Error error = measurement.open(data, policy))
      return error;
    if (llvm::Error error = measurement.compare())
      return error;
    return options.benchmark ? measurement.benchmark() : llvm::Error::success();
  }

  llvm::Error write(const QuantizationReport &report) {
    llvm::Expected<std::vector<std::string>> paths = parseFiles(options);
    if (!paths)
      return paths.takeError();
    std::vector<std::string> texts(paths->size());
    quantopt::OutputFiles files;
    for (auto [path, text] : llvm::zip_equal(*paths, texts)) {
      llvm::raw_string_ostream os(text);
      if (llvm::sys::path::extension(path) == ".json")
        quantopt::writeReportJSON(os, report);
      else
        quantopt::writeReportHTML(os, report);
      files.add(path, text);
    }
    return files.write();
  }

  std::shared_ptr<ReportInputs> kept;
  QuantizeOptions options;
};
} // namespace

std::unique_ptr<Pass>
mlir::qopt::createCheckReport(const QuantizeOptions &options) {
  return std::make_unique<CheckReport>(options);
}

std::unique_ptr<Pass>
mlir::qopt::createKeepFloatModel(std::shared_ptr<ReportInputs> kept,
                                 const QuantizeOptions &options) {
  return std::make_unique<KeepFloatModel>(std::move(kept), options);
}

std::unique_ptr<Pass>
mlir::qopt::createWriteReport(std::shared_ptr<ReportInputs> kept,
                              const QuantizeOptions &options) {
  return std::make_unique<WriteReport>(std::move(kept), options);
}
