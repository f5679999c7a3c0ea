//===- ChooseSchemes.cpp - Which contractions are dynamic -----------------===//

#include "ChooseParams.h"
#include "Schemes.h"
#include "quantopt/Calibration/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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

bool mlir::qopt::needsCalibration(Operation *root) {
  bool hasOwn = false, isStatic = false;
  root->walk([&](QuantizableOpInterface op) {
    if (op.getQuantRole() != QuantRole::Contraction)
      return;
    if (getDynamic(op) || isPinned(op))
      hasOwn = true;
    else if (!op->hasAttr("qopt.float"))
      isStatic = true;
  });
  return isStatic || !hasOwn;
}

static DynamicAttr makeAttr(MLIRContext *context,
                            const quantopt::DynamicSettings &settings) {
  Granularity granularity =
      settings.granularity == quantopt::DynamicGranularity::Row
          ? Granularity::Row
          : Granularity::Tensor;
  return DynamicAttr::get(context, granularity, settings.symmetric);
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
      if (failed(takeFromMap()))
        signalPassFailure();
      return;
    }
    module.walk([&](Operation *op) { choose(op, *settings); });
    // Choosing parameters asks for more values, and checks what matched
    // nothing.
    if (llvm::Error error = needsCalibration(module)
                                ? settings->checkConflicts()
                                : settings->checkOverrides()) {
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
      if (value->scheme != Scheme::Dynamic)
        return WalkResult::advance();
      auto quantizable = dyn_cast<QuantizableOpInterface>(op);
      if (!quantizable || quantizable.getQuantRole() != QuantRole::Contraction)
        return emitError(getOperation().getLoc())
               << read->placeOf(*value) << ": '" << value->name
               << "' is no contraction, so its scheme cannot be dynamic; set "
                  "'scheme: static'";
      op->setAttr(QOptDialect::getDynamicAttrName(),
                  makeAttr(&getContext(), value->dynamic));
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void choose(Operation *op, quantopt::Config &settings) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (!name)
      return;
    const std::string location = describeLocation(op->getLoc());
    quantopt::OperationSettings own = settings.operationSettingsFor(
        {name.getValue(), op->getName().getStringRef(), location});
    if (own.keepFloat)
      op->setAttr("qopt.float",
                  StringAttr::get(op->getContext(), kKeptByConfig));
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (own.keepFloat || own.scheme != quantopt::QuantScheme::Dynamic ||
        !quantizable || quantizable.getQuantRole() != QuantRole::Contraction)
      return;
    op->setAttr(QOptDialect::getDynamicAttrName(),
                makeAttr(op->getContext(), own.dynamic));
  }
};
} // namespace
