//===- Overrides.cpp - The configuration's overrides on a module ----------===//

#include "Overrides.h"
#include "quantopt/Analysis/EmbeddingTable.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::qopt;

/// Whether `op` can stay in float: what came with the model rounds its value,
/// whatever the configuration says.
static bool canStayFloat(Operation *op) { return op && !isa<FakeQuantOp>(op); }

/// Whether a scheme is chosen for `op`.
static bool hasScheme(Operation *op) {
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  return (quantizable &&
          quantizable.getQuantRole() == QuantRole::Contraction) ||
         !findEmbeddingReads(op).empty();
}

quantopt::ActivationSettings mlir::qopt::settingsFor(ObserveOp op,
                                                     quantopt::Config &config) {
  Operation *producer = op.getInput().getDefiningOp();
  StringRef kind = producer ? producer->getName().getStringRef() : "input";
  const std::string location = describeLocation(op.getInput().getLoc());
  const unsigned parts = quantopt::kActivationsPart |
                         (canStayFloat(producer) ? quantopt::kKeepPart : 0);
  return config.settingsFor({op.getId(), kind, location, parts});
}

quantopt::OperationSettings
mlir::qopt::operationSettingsFor(Operation *op, StringAttr name,
                                 quantopt::Config &config) {
  const std::string location = describeLocation(op->getLoc());
  const unsigned parts = (canStayFloat(op) ? quantopt::kKeepPart : 0) |
                         (hasScheme(op) ? quantopt::kSchemePart : 0);
  return config.operationSettingsFor(
      {name.getValue(), op->getName().getStringRef(), location, parts});
}

LogicalResult mlir::qopt::checkOverrides(ModuleOp module,
                                         quantopt::Config &config) {
  StringRef nameAttr = QOptDialect::getNameAttrName();
  module.walk([&](Operation *op) {
    if (auto name = op->getAttrOfType<StringAttr>(nameAttr))
      (void)operationSettingsFor(op, name, config);
    auto func = dyn_cast<func::FuncOp>(op);
    for (unsigned i = 0; func && i < func.getNumArguments(); ++i)
      if (auto name = func.getArgAttrOfType<StringAttr>(i, nameAttr)) {
        const std::string location =
            func.isExternal() ? std::string()
                              : describeLocation(func.getArgument(i).getLoc());
        (void)config.operationSettingsFor(
            {name.getValue(), "input", location, /*parts=*/0});
      }
  });
  if (llvm::Error error = config.checkOverrides())
    return emitError(module.getLoc()) << llvm::toString(std::move(error));
  return success();
}
