//===- CompareLayers.cpp - Which layer loses what -------------------------===//

#include "quantopt/Comparison/CompareLayers.h"

#include "quantopt/Comparison/LayerComparison.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Execution/Benchmark.h"
#include "quantopt/Support/ProgressBar.h"

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

static Expected<mlir::func::FuncOp>
findEntry(mlir::ModuleOp module, StringRef entry, StringRef which) {
  mlir::func::FuncOp found;
  for (auto func : module.getOps<mlir::func::FuncOp>()) {
    if (func.isExternal() ||
        (entry.empty() ? !func.isPublic() : func.getName() != entry))
      continue;
    if (found)
      return createStringError("the " + which +
                               " has several functions: choose one by --entry");
    found = func;
  }
  if (!found)
    return createStringError("the " + which + " has no function" +
                             (entry.empty() ? "" : " '" + entry.str() + "'"));
  return found;
}

static Expected<Pair> match(mlir::ModuleOp real, mlir::ModuleOp stored,
                            StringRef entry) {
  Expected<mlir::func::FuncOp> own = findEntry(stored, entry, "model");
  if (!own)
    return own.takeError();
  Expected<mlir::func::FuncOp> other =
      findEntry(real, entry, "model of --reference");
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

/// Runs all samples; `add(outputs)` sees the results of each.
static Error
runAll(const CompiledModel &model, const ComparisonTools &tools,
       ProgressBar *progress,
       function_ref<void(ArrayRef<std::vector<double>> outputs)> add) {
  Expected<std::unique_ptr<SampleFeeder>> feeder = tools.open();
  if (!feeder)
    return feeder.takeError();
  const Signature &signature = model.getSignature();
  OutputBuffers outputs(signature);
  std::vector<std::vector<double>> values(signature.outputs.size());
  while (true) {
    Expected<bool> more = (*feeder)->next();
    if (!more)
      return more.takeError();
    if (!*more)
      return Error::success();
    model.run((*feeder)->getInputs(), outputs.pointers());
    for (auto [index, tensor] : llvm::enumerate(signature.outputs)) {
      values[index].clear();
      appendAsDouble(outputs.bytes(index).data(), tensor.type,
                     tensor.numElements(), values[index]);
    }
    add(values);
    if (progress)
      progress->advance();
  }
}

Expected<LayerErrors> quantopt::compareLayers(mlir::ModuleOp real,
                                              mlir::ModuleOp stored,
                                              StringRef entry,
                                              const ComparisonTools &tools) {
  Expected<Pair> pair = match(real, stored, entry);
  if (!pair)
    return pair.takeError();
  // Outputs are compared as layers are. They come first: where one has a name,
  // its layer is what the others are computed from.
  SmallVector<mlir::qopt::SharedValue> values;
  for (auto [index, result, own] :
       llvm::enumerate(pair->real.front().getTerminator()->getOperands(),
                       pair->stored.front().getTerminator()->getOperands()))
    values.push_back({"output" + std::to_string(index), result, own, {}});
  const size_t outputs = values.size();
  llvm::append_range(values, pair->shared);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::qopt::buildLayerModule(pair->real, pair->stored, values);
  Expected<std::unique_ptr<CompiledModel>> model = tools.compile(*module);
  if (!model)
    return model.takeError();
  std::vector<OutputComparison> alone(values.size()),
      accumulated(values.size());
  LayerErrors errors;
  ProgressBar progress("comparing layers", 0);
  if (Error error = runAll(**model, tools, &progress,
                           [&](ArrayRef<std::vector<double>> results) {
                             for (size_t i = 0; i < values.size(); ++i) {
                               accumulated[i].add(results[3 * i],
                                                  results[3 * i + 1]);
                               alone[i].add(results[3 * i], results[3 * i + 2]);
                             }
                             ++errors.samples;
                           }))
    return std::move(error);
  errors.outputs.assign(accumulated.begin(), accumulated.begin() + outputs);
  for (size_t i = outputs; i < values.size(); ++i) {
    LayerError layer = describe(values[i]);
    layer.aloneDB = alone[i].getSQNR();
    layer.accumulatedDB = accumulated[i].getSQNR();
    errors.layers.push_back(std::move(layer));
  }
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
    Expected<std::unique_ptr<CompiledModel>> model = tools.compile(*module);
    if (!model)
      return model.takeError();
    OutputComparison comparison;
    size_t results = (*model)->getSignature().outputs.size() / 2;
    if (Error error = runAll(**model, tools, nullptr,
                             [&](ArrayRef<std::vector<double>> outputs) {
                               for (size_t i = 0; i < results; ++i)
                                 comparison.add(outputs[i],
                                                outputs[results + i]);
                             }))
      return std::move(error);
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
