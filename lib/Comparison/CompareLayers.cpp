//===- CompareLayers.cpp - Which layer loses what -------------------------===//

#include "quantopt/Comparison/CompareLayers.h"

#include "quantopt/Comparison/LayerComparison.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Execution/Benchmark.h"
#include "quantopt/Support/ProgressBar.h"
#include "quantopt/Target/Signature.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace llvm;
using namespace quantopt;

namespace {
/// The two functions, and what they share.
struct Pair {
  mlir::func::FuncOp real, stored;
  SmallVector<mlir::qopt::SharedValue> shared;
};
} // namespace

/// The function to compare, of the module that messages call `which`.
static Expected<mlir::func::FuncOp>
findFunction(mlir::ModuleOp module, StringRef entry, StringRef which) {
  Expected<mlir::Operation *> found = findEntry(module, entry);
  if (!found)
    return createStringError(which + ": " + toString(found.takeError()));
  if (auto func = dyn_cast<mlir::func::FuncOp>(*found))
    return func;
  return createStringError(which + ": its function is a '" +
                           (*found)->getName().getStringRef() +
                           "': give it as a func.func");
}

static Expected<Pair> match(mlir::ModuleOp real, mlir::ModuleOp stored,
                            StringRef entry) {
  Expected<mlir::func::FuncOp> own = findFunction(stored, entry, "the model");
  if (!own)
    return own.takeError();
  Expected<mlir::func::FuncOp> other =
      findFunction(real, entry, "the model of --reference");
  if (!other)
    return other.takeError();
  if (own->getFunctionType() != other->getFunctionType())
    return createStringError(
        "the model of --reference has other inputs or outputs: give the float "
        "model that this one was quantized from");
  return Pair{*other, *own, mlir::qopt::matchValues(*other, *own)};
}

Error quantopt::nothingShared() {
  return createStringError(
      "the model and that of --reference have no value in common: give a "
      "model that was quantized, as quant-opt writes it, and the float model "
      "that it was made from");
}

static LayerError describe(const mlir::qopt::SharedValue &value) {
  LayerError layer;
  layer.name = value.name;
  mlir::Operation *op = value.real.getDefiningOp();
  layer.op = op ? op->getName().getStringRef().str() : "input";
  layer.location =
      sys::path::filename(mlir::qopt::describeLocation(value.real.getLoc()))
          .str();
  return layer;
}

namespace {
/// A module that was put together, compiled, and what comes of one sample.
class Program {
public:
  static Expected<Program> compile(mlir::OwningOpRef<mlir::ModuleOp> module,
                                   const ComparisonTools &tools) {
    Expected<std::unique_ptr<CompiledModel>> model = tools.compile(*module);
    if (!model)
      return model.takeError();
    return Program(std::move(module), std::move(*model));
  }

  void run(ArrayRef<const void *> inputs) {
    model->run(inputs, buffers.pointers());
    for (auto [index, tensor] :
         llvm::enumerate(model->getSignature().outputs)) {
      values[index].clear();
      appendAsDouble(buffers.bytes(index).data(), tensor.type,
                     tensor.numElements(), values[index]);
    }
  }

  /// One pointer to each result.
  ArrayRef<void *> pointers() const { return buffers.pointers(); }
  ArrayRef<std::vector<double>> results() const { return values; }

private:
  Program(mlir::OwningOpRef<mlir::ModuleOp> module,
          std::unique_ptr<CompiledModel> model)
      : module(std::move(module)), model(std::move(model)),
        buffers(this->model->getSignature()),
        values(this->model->getSignature().outputs.size()) {}

  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<CompiledModel> model;
  OutputBuffers buffers;
  std::vector<std::vector<double>> values;
};
} // namespace

/// Calls `run` with the inputs of each sample. Returns what they held that is
/// not finite: SampleFeeder::describeNonFinite.
static Expected<std::string>
forEachSample(const ComparisonTools &tools,
              function_ref<void(ArrayRef<const void *> inputs)> run) {
  Expected<std::unique_ptr<SampleFeeder>> feeder = tools.open();
  if (!feeder)
    return feeder.takeError();
  while (true) {
    Expected<bool> more = (*feeder)->next();
    if (!more)
      return more.takeError();
    if (!*more)
      return (*feeder)->describeNonFinite();
    run((*feeder)->getInputs());
  }
}

Expected<LayerErrors> quantopt::compareLayers(mlir::ModuleOp real,
                                              mlir::ModuleOp stored,
                                              StringRef entry,
                                              const ComparisonTools &tools) {
  Expected<Pair> pair = match(real, stored, entry);
  if (!pair)
    return pair.takeError();
  // Outputs are compared as layers are.
  SmallVector<mlir::qopt::SharedValue> values(pair->shared);
  for (auto [result, own] :
       llvm::zip_equal(pair->real.front().getTerminator()->getOperands(),
                       pair->stored.front().getTerminator()->getOperands()))
    values.push_back({"output", result, own, {}});
  const size_t layers = pair->shared.size();

  Expected<Program> exact = Program::compile(
      mlir::qopt::buildRealModule(pair->real, pair->stored, values), tools);
  if (!exact)
    return exact.takeError();
  Expected<Program> rounded = Program::compile(
      mlir::qopt::buildStoredModule(pair->real, pair->stored, values), tools);
  if (!rounded)
    return rounded.takeError();
  Expected<Program> apart = Program::compile(
      mlir::qopt::buildAloneModule(pair->real, pair->stored, pair->shared),
      tools);
  if (!apart)
    return apart.takeError();

  std::vector<OutputComparison> alone(layers), accumulated(values.size());
  LayerErrors errors;
  ProgressBar progress("comparing layers", 0);
  auto compare = [&](ArrayRef<const void *> inputs) {
    exact->run(inputs);
    rounded->run(inputs);
    SmallVector<const void *> given(inputs);
    llvm::append_range(given, exact->pointers().take_front(layers));
    apart->run(given);
    for (size_t i = 0; i < values.size(); ++i)
      accumulated[i].add(exact->results()[i], rounded->results()[i]);
    for (size_t i = 0; i < layers; ++i)
      alone[i].add(exact->results()[i], apart->results()[i]);
    ++errors.samples;
    progress.advance();
  };
  Expected<std::string> nonFinite = forEachSample(tools, compare);
  if (!nonFinite)
    return nonFinite.takeError();
  errors.nonFinite = std::move(*nonFinite);
  for (size_t i = 0; i < layers; ++i) {
    LayerError layer = describe(values[i]);
    layer.aloneDB = alone[i].getSQNR();
    layer.accumulatedDB = accumulated[i].getSQNR();
    errors.layers.push_back(std::move(layer));
  }
  errors.outputs.assign(accumulated.begin() + layers, accumulated.end());
  return errors;
}

/// The error's share of the signal.
static double shareOf(double sqnrDB) { return std::pow(10.0, -sqnrDB / 10); }

Expected<BisectReport> quantopt::bisectLayers(mlir::ModuleOp real,
                                              mlir::ModuleOp stored,
                                              StringRef entry,
                                              const ComparisonTools &tools) {
  Expected<Pair> pair = match(real, stored, entry);
  if (!pair)
    return pair.takeError();
  if (pair->shared.empty())
    return nothingShared();
  BisectReport report;
  report.layers = pair->shared.size();
  ProgressBar progress("bisecting", Log2_64_Ceil(report.layers) + 1);
  // The SQNR of all outputs with the first `count` layers in integers.
  auto probe = [&](size_t count) -> Expected<double> {
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::qopt::buildHybridModule(
        pair->real, pair->stored, pair->shared, count);
    Expected<Program> program = Program::compile(std::move(module), tools);
    if (!program)
      return program.takeError();
    OutputComparison comparison;
    const size_t results = program->results().size() / 2;
    auto compare = [&](ArrayRef<const void *> inputs) {
      program->run(inputs);
      for (size_t i = 0; i < results; ++i)
        comparison.add(program->results()[i], program->results()[results + i]);
    };
    Expected<std::string> nonFinite = forEachSample(tools, compare);
    if (!nonFinite)
      return nonFinite.takeError();
    report.nonFinite = std::move(*nonFinite);
    ++report.runs;
    progress.advance();
    return comparison.getSQNR();
  };

  size_t low = 0, high = pair->shared.size();
  Expected<double> total = probe(high);
  if (!total)
    return total.takeError();
  report.totalDB = report.afterDB = *total;
  report.beforeDB = std::numeric_limits<double>::infinity();
  if (std::isinf(*total) && *total > 0)
    return report;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    Expected<double> at = probe(middle);
    if (!at)
      return at.takeError();
    double first = shareOf(*at) - shareOf(report.beforeDB);
    double second = shareOf(report.afterDB) - shareOf(*at);
    // Also where nothing is left at the middle, and the second part has no
    // share.
    if (!(first < second)) {
      high = middle;
      report.afterDB = *at;
    } else {
      low = middle;
      report.beforeDB = *at;
    }
  }
  report.layer = describe(pair->shared[low]);
  return report;
}
