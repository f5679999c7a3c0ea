//===- ChooseSchemes.cpp - Which contractions are dynamic -----------------===//

#include "ChooseParams.h"
#include "Overrides.h"
#include "Schemes.h"
#include "quantopt/Analysis/EmbeddingTable.h"
#include "quantopt/Calibration/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CHOOSESCHEMES
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether all activations of `op` came with parameters, moved or not.
static bool isPinned(QuantizableOpInterface op) {
  llvm::SetVector<Operation *> readers;
  readers.insert(op);
  for (size_t i = 0; i < readers.size(); ++i) {
    auto reader = cast<QuantizableOpInterface>(readers[i]);
    for (OpOperand &operand : reader->getOpOperands()) {
      if (reader.getOperandKind(operand) != OperandKind::Activation ||
          operand.get().getDefiningOp<FakeQuantOp>())
        continue;
      auto mover = operand.get().getDefiningOp<QuantizableOpInterface>();
      if (!mover || mover.getQuantRole() != QuantRole::SameScale)
        return false;
      readers.insert(mover);
    }
  }
  return true;
}

/// Whether a contraction has parameters that no samples tell.
static bool hasOwn(QuantizableOpInterface op) {
  return getDynamic(op) || getWeightOnly(op) || isPinned(op);
}

/// Whether `is` holds for a contraction inside of `root`.
static bool
anyContraction(Operation *root,
               llvm::function_ref<bool(QuantizableOpInterface)> is) {
  return root
      ->walk([&](QuantizableOpInterface op) {
        return op.getQuantRole() == QuantRole::Contraction && is(op)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

bool mlir::qopt::hasStaticContraction(Operation *root) {
  return anyContraction(root, [](QuantizableOpInterface op) {
    return !hasOwn(op) && !op->hasAttr("qopt.float");
  });
}

/// Whether an operation reads an embedding table that is stored in fewer bits.
static bool readsStoredTable(Operation *root) {
  return root
      ->walk([](linalg::GenericOp op) {
        return getWeightOnly(op) && !findEmbeddingReads(op).empty()
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

bool mlir::qopt::needsCalibration(Operation *root) {
  return hasStaticContraction(root) ||
         (!anyContraction(root, hasOwn) && !readsStoredTable(root));
}

static DynamicAttr makeAttr(MLIRContext *context,
                            const quantopt::DynamicSettings &settings) {
  Granularity granularity =
      settings.granularity == quantopt::DynamicGranularity::Row
          ? Granularity::Row
          : Granularity::Tensor;
  return DynamicAttr::get(context, granularity, settings.symmetric);
}

static WeightFormat getFormat(quantopt::StoredFormat format) {
  switch (format) {
  case quantopt::StoredFormat::Int8:
    return WeightFormat::Int8;
  case quantopt::StoredFormat::Int4:
    return WeightFormat::Int4;
  case quantopt::StoredFormat::Float16:
    return WeightFormat::Float16;
  case quantopt::StoredFormat::BFloat16:
    return WeightFormat::BFloat16;
  }
  llvm_unreachable("unknown format");
}

/// Whether `op` has weights that are constants.
static bool hasWeights(QuantizableOpInterface op) {
  return llvm::any_of(op->getOpOperands(), [&](OpOperand &operand) {
    return op.getOperandKind(operand) == OperandKind::Weight;
  });
}

namespace {
struct ChooseSchemes : qopt::impl::ChooseSchemesBase<ChooseSchemes> {
  using ChooseSchemesBase::ChooseSchemesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<quantopt::Config> settings = loadConfig(config, module.getLoc());
    if (failed(settings))
      return signalPassFailure();
    if (!map.empty()) {
      if (failed(takeFromMap()) || failed(checkWeights(settings->weights)))
        signalPassFailure();
      return;
    }
    WalkResult chosen = module.walk(
        [&](Operation *op) -> WalkResult { return choose(op, *settings); });
    if (chosen.wasInterrupted() || failed(checkWeights(settings->weights)))
      return signalPassFailure();
    // Choosing parameters asks for more values, and checks what changes
    // nothing.
    if (!needsCalibration(module)) {
      if (failed(checkOverrides(module, *settings)))
        signalPassFailure();
    } else if (llvm::Error error = settings->checkConflicts()) {
      emitError(module.getLoc()) << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

  /// The schemes of a quantization map. That its names are those of the module
  /// is for qopt-apply-quantization-map to check.
  LogicalResult takeFromMap() {
    FailureOr<quantopt::QuantizationMap> read =
        loadQuantizationMap(map, getOperation().getLoc());
    if (failed(read))
      return failure();
    llvm::StringMap<const quantopt::MappedValue *> byName;
    for (const quantopt::MappedValue &value : read->values)
      byName[value.name] = &value;
    WalkResult result = getOperation().walk([&](Operation *op) -> WalkResult {
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      const quantopt::MappedValue *value =
          name ? byName.lookup(name.getValue()) : nullptr;
      if (!value)
        return WalkResult::advance();
      using Scheme = quantopt::MappedValue::Scheme;
      if (value->scheme == Scheme::Float)
        op->setAttr("qopt.float", StringAttr::get(&getContext(), kKeptByMap));
      if (value->scheme != Scheme::Dynamic &&
          value->scheme != Scheme::WeightOnly)
        return WalkResult::advance();
      const bool isDynamic = value->scheme == Scheme::Dynamic;
      if (!isDynamic && !findEmbeddingReads(op).empty()) {
        storeTable(op, value->weightOnly.format);
        return WalkResult::advance();
      }
      auto quantizable = dyn_cast<QuantizableOpInterface>(op);
      if (!quantizable || quantizable.getQuantRole() != QuantRole::Contraction)
        return emitError(getOperation().getLoc())
               << read->placeOf(*value) << ": '" << value->name
               << "' is no contraction"
               << (isDynamic ? ", so its scheme cannot be dynamic"
                             : " and reads no embedding table, so its scheme "
                               "cannot be weight-only")
               << "; set 'scheme: static'";
      if (!isDynamic)
        return setWeightOnly(op, value->weightOnly, [&] {
          return emitError(getOperation().getLoc())
                 << read->placeOf(*value) << ": '" << value->name << "': ";
        });
      op->setAttr(QOptDialect::getDynamicAttrName(),
                  makeAttr(&getContext(), value->dynamic));
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// Refuses settings of weights that no weights of the module follow.
  LogicalResult checkWeights(const quantopt::WeightSettings &weights) {
    const bool isPerTensor =
        weights.granularity == quantopt::WeightGranularity::PerTensor;
    QuantizableOpInterface grouped, floating, nibbles;
    bool hasIntegers = false, hasBytes = false, hasOwnScale = false;
    getOperation().walk([&](QuantizableOpInterface op) {
      if (op.getQuantRole() != QuantRole::Contraction ||
          op->hasAttr("qopt.float") || !hasWeights(op))
        return;
      WeightOnlyAttr stored = getWeightOnly(op);
      if (stored && !isInteger(stored.getFormat())) {
        if (!floating)
          floating = op;
        return;
      }
      hasIntegers = true;
      if (!stored || stored.getFormat() == WeightFormat::Int8)
        hasBytes = true;
      else if (!nibbles)
        nibbles = op;
      if (!stored || stored.getGroup() == 0)
        hasOwnScale = true;
      else if (!grouped)
        grouped = op;
    });
    auto emitAt = [](QuantizableOpInterface op) {
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      return op->emitError("'")
             << (name ? name.getValue() : op->getName().getStringRef())
             << "': ";
    };
    if (isPerTensor && !hasOwnScale && grouped)
      return emitAt(grouped)
             << "groups of weights have a scale each, so nothing follows "
                "'weights: {granularity: per-tensor}'; leave out that or "
                "'group-size'";
    if (nibbles && !hasBytes && weights.bits != 8)
      return emitAt(nibbles)
             << "int4 has 4 bits, so nothing follows 'weights: {bits: "
             << weights.bits << "}'; leave out that or take 'format: int8'";
    if (!floating || hasIntegers || (!isPerTensor && weights.bits == 8))
      return success();
    return emitAt(floating)
           << stringifyWeightFormat(getWeightOnly(floating).getFormat())
           << " has neither scales nor integers, so nothing follows 'weights: {"
           << (isPerTensor ? std::string("granularity: per-tensor")
                           : "bits: " + std::to_string(weights.bits))
           << "}'; leave out that or take 'format: int8'";
  }

  LogicalResult choose(Operation *op, quantopt::Config &settings) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (!name)
      return success();
    quantopt::OperationSettings own = operationSettingsFor(op, name, settings);
    if (own.keepFloat)
      op->setAttr("qopt.float",
                  StringAttr::get(op->getContext(), kKeptByConfig));
    if (!own.keepFloat &&
        settings.embeddings == quantopt::EmbeddingFormat::Int8 &&
        !findEmbeddingReads(op).empty())
      storeTable(op, getTableFormat(own));
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (own.keepFloat || !quantizable ||
        quantizable.getQuantRole() != QuantRole::Contraction)
      return success();
    if (own.scheme == quantopt::QuantScheme::Dynamic)
      op->setAttr(QOptDialect::getDynamicAttrName(),
                  makeAttr(op->getContext(), own.dynamic));
    if (own.scheme != quantopt::QuantScheme::WeightOnly)
      return success();
    return setWeightOnly(quantizable, own.weightOnly, [&] {
      return op->emitError("'") << name.getValue() << "': ";
    });
  }

  /// Rows of 4 bits would be read by shifts.
  static quantopt::StoredFormat
  getTableFormat(const quantopt::OperationSettings &own) {
    const bool isInteger =
        own.scheme != quantopt::QuantScheme::WeightOnly ||
        own.weightOnly.format == quantopt::StoredFormat::Int4;
    return isInteger ? quantopt::StoredFormat::Int8 : own.weightOnly.format;
  }

  static void storeTable(Operation *op, quantopt::StoredFormat format) {
    op->setAttr(QOptDialect::getWeightOnlyAttrName(),
                WeightOnlyAttr::get(op->getContext(), getFormat(format),
                                    /*group=*/0));
  }

  static LogicalResult
  setWeightOnly(Operation *op, const quantopt::WeightOnlySettings &settings,
                llvm::function_ref<InFlightDiagnostic()> emitProblem) {
    // A product of two activations has nothing to store.
    if (!hasWeights(cast<QuantizableOpInterface>(op))) {
      op->setAttr("qopt.float",
                  StringAttr::get(op->getContext(),
                                  "the scheme is weight-only, and it has no "
                                  "constant weights"));
      return success();
    }
    const WeightFormat format = getFormat(settings.format);
    const int64_t group = settings.groupSize;
    if (failed(WeightOnlyAttr::verify(emitProblem, format, group)))
      return failure();
    op->setAttr(QOptDialect::getWeightOnlyAttrName(),
                WeightOnlyAttr::get(op->getContext(), format, group));
    return success();
  }
};
} // namespace
