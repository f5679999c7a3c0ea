//===- LayerReport.cpp - Which layer loses what ---------------------------===//

#include "LayerReport.h"

#include "quantopt/Comparison/LayerComparison.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/ProgressBar.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

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
  Pair pair{*other, *own, mlir::qopt::matchValues(*other, *own)};
  if (pair.shared.empty())
    return createStringError(
        "the model and that of --reference have no value in common: give a "
        "model that was quantized, as quant-opt writes it, and the float model "
        "that it was made from");
  return pair;
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

Expected<std::vector<LayerError>>
quantopt::compareLayers(mlir::ModuleOp real, mlir::ModuleOp stored,
                        StringRef entry, const ComparisonTools &tools) {
  Expected<Pair> pair = match(real, stored, entry);
  if (!pair)
    return pair.takeError();
  std::vector<LayerError> layers;
  for (const mlir::qopt::SharedValue &value : pair->shared)
    layers.push_back(describe(value));
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::qopt::buildLayerModule(pair->real, pair->stored, pair->shared);
  Expected<std::unique_ptr<CompiledModel>> model = tools.compile(*module);
  if (!model)
    return model.takeError();
  std::vector<OutputComparison> alone(layers.size()),
      accumulated(layers.size());
  ProgressBar progress("comparing layers", 0);
  if (Error error = runAll(**model, tools, &progress,
                           [&](ArrayRef<std::vector<double>> outputs) {
                             for (size_t i = 0; i < layers.size(); ++i) {
                               accumulated[i].add(outputs[3 * i],
                                                  outputs[3 * i + 1]);
                               alone[i].add(outputs[3 * i], outputs[3 * i + 2]);
                             }
                           }))
    return std::move(error);
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].aloneDB = alone[i].getSQNR();
    layers[i].accumulatedDB = accumulated[i].getSQNR();
  }
  return layers;
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

static void printDB(raw_ostream &os, double value) {
  if (std::isinf(value))
    os << (value > 0 ? "   equal" : "    lost");
  else
    os << format("%8.1f", value);
}

void quantopt::printLayers(raw_ostream &os, ArrayRef<LayerError> layers) {
  os << "SQNR in dB\n   alone  so far  value\n";
  size_t exact = 0;
  for (const LayerError &layer : layers) {
    if (std::isinf(layer.aloneDB) && layer.aloneDB > 0) {
      ++exact;
      continue;
    }
    printDB(os, layer.aloneDB);
    printDB(os, layer.accumulatedDB);
    os << "  " << layer.name << " (" << layer.op << "), " << layer.location
       << "\n";
  }
  if (exact)
    os << exact << " more values are exact where their operands are\n";
}

void quantopt::printBisect(raw_ostream &os, const BisectReport &report) {
  if (report.layer.name.empty()) {
    os << "the outputs are equal: no layer costs them anything\n";
    return;
  }
  os << "SQNR of the output, in dB\n";
  printDB(os, report.beforeDB);
  os << "  all layers before it in integers\n";
  printDB(os, report.afterDB);
  os << "  and with it: " << report.layer.name << " (" << report.layer.op
     << "), " << report.layer.location << "\n";
  printDB(os, report.totalDB);
  os << "  all " << report.layers << " layers in integers\n"
     << "found in " << report.runs << " runs\n";
}

void quantopt::writeLayersJSON(raw_ostream &os,
                               const std::vector<LayerError> *layers,
                               const BisectReport *bisect) {
  json::OStream json(os, /*IndentSize=*/2);
  auto number = [&](StringRef key, double value) {
    json.attributeBegin(key);
    if (std::isinf(value))
      json.rawValue(value > 0 ? "1e999" : "-1e999");
    else
      json.value(value);
    json.attributeEnd();
  };
  auto name = [&](const LayerError &layer) {
    json.attribute("name", layer.name);
    json.attribute("op", layer.op);
    json.attribute("location", layer.location);
  };
  json.object([&] {
    if (layers)
      json.attributeArray("layers", [&] {
        for (const LayerError &layer : *layers)
          json.object([&] {
            name(layer);
            number("sqnr_alone_db", layer.aloneDB);
            number("sqnr_db", layer.accumulatedDB);
          });
      });
    if (bisect)
      json.attributeObject("bisect", [&] {
        if (!bisect->layer.name.empty())
          name(bisect->layer);
        number("before_db", bisect->beforeDB);
        number("after_db", bisect->afterDB);
        number("total_db", bisect->totalDB);
        json.attribute("layers", int64_t(bisect->layers));
        json.attribute("runs", int64_t(bisect->runs));
      });
  });
  os << "\n";
}
