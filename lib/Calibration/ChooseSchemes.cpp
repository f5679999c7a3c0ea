//===- ChooseSchemes.cpp - Which contractions are dynamic -----------------===//

#include "ChooseParams.h"
#include "Schemes.h"
#include "quantopt/Calibration/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

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

  void choose(Operation *op, quantopt::Config &settings) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (!name)
      return;
    const std::string location = describeLocation(op->getLoc());
    quantopt::OperationSettings own = settings.operationSettingsFor(
        {name.getValue(), op->getName().getStringRef(), location});
    if (own.keepFloat)
      op->setAttr("qopt.float",
                  StringAttr::get(op->getContext(),
                                  "the configuration keeps it in float"));
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (own.keepFloat || own.scheme != quantopt::QuantScheme::Dynamic ||
        !quantizable || quantizable.getQuantRole() != QuantRole::Contraction)
      return;
    op->setAttr(QOptDialect::getDynamicAttrName(),
                makeAttr(op->getContext(), own.dynamic));
  }
};
} // namespace
