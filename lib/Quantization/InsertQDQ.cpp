//===- InsertQDQ.cpp - Observers become quantize and dequantize -----------===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_INSERTQDQ
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether the value passes in float from its producer into its only user,
/// because the two become one loop.
static bool fusesIntoUser(Value value, ArrayRef<OpOperand *> uses) {
  Operation *producer = value.getDefiningOp();
  if (!isInteger(producer) || uses.size() != 1)
    return false;
  QuantRole role = getRole(producer);
  return (role == QuantRole::Contraction || role == QuantRole::Sum ||
          role == QuantRole::Elementwise) &&
         isInteger(uses[0]->getOwner()) && isFusableUse(*uses[0]);
}

/// Whether `value` has to exist on storage.
static bool needsStorage(Value value, ArrayRef<OpOperand *> uses) {
  if (fusesIntoUser(value, uses))
    return false;
  // What only moves takes the parameters of what it moves; where the model
  // rounds the result to others, it rounds it from storage.
  bool isMoved = isMover(value.getDefiningOp());
  return llvm::any_of(uses, [&](OpOperand *use) {
    if (getFinalObserver(use->getOwner()))
      return isMoved;
    return isInteger(use->getOwner()) && isActivation(*use);
  });
}

/// The operands that an operation on integers moves into a result of another
/// type, and that type. Roundings that the model has of its own are behind the
/// result, and each may be another.
static SmallVector<std::pair<OpOperand *, quant::QuantizedType>>
findRescaled(Operation *root) {
  SmallVector<std::pair<OpOperand *, quant::QuantizedType>> rescaled;
  root->walk([&](Operation *op) {
    if (!isInteger(op) || getRole(op) != QuantRole::SameScale)
      return;
    quant::QuantizedType type;
    for (Operation *user : op->getResult(0).getUsers())
      if (auto observe = dyn_cast<ObserveOp>(user);
          observe && !observe.getFinal())
        type = observe.getType().value_or(quant::QuantizedType());
    for (OpOperand &operand : op->getOpOperands()) {
      auto observe = operand.get().getDefiningOp<ObserveOp>();
      if (type && observe && isActivation(operand) && observe.getType() &&
          *observe.getType() != type)
        rescaled.push_back({&operand, type});
    }
  });
  return rescaled;
}

static Value insertPair(OpBuilder &builder, Location loc, Value real,
                        quant::QuantizedType type, StringAttr name) {
  auto shape = cast<RankedTensorType>(real.getType());
  auto quantize =
      QuantizeOp::create(builder, loc, shape.clone(type.getStorageType()), real,
                         TypeAttr::get(type), NumericsAttr());
  if (name)
    quantize->setAttr(QOptDialect::getNameAttrName(), name);
  return DequantizeOp::create(builder, loc, shape, quantize.getResult(),
                              TypeAttr::get(type));
}

namespace {
struct InsertQDQ : qopt::impl::InsertQDQBase<InsertQDQ> {
  void runOnOperation() override {
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    // A map that was asked for has it by now.
    getOperation().walk([](Operation *op) {
      op->removeAttr(QOptDialect::getBiasCorrectionAttrName());
    });
    // Questions about uses look through observers, so ask all before any goes.
    SmallVector<bool> stored;
    for (ObserveOp op : observers)
      stored.push_back(op.getFinal() ||
                       needsStorage(getObserved(op.getResult()),
                                    getUses(getObserved(op.getResult()))));
    auto rescaled = findRescaled(getOperation());
    for (auto [op, isStored] : llvm::zip_equal(observers, stored)) {
      Value replacement = op.getInput();
      if (isStored) {
        if (!op.getType()) {
          op.emitOpError("has no quantized type; run qopt-calibrate or "
                         "qopt-apply-calibration");
          return signalPassFailure();
        }
        OpBuilder builder(op);
        replacement = insertPair(builder, op.getLoc(), op.getInput(),
                                 *op.getType(), op.getIdAttr());
      }
      op.getResult().replaceAllUsesWith(replacement);
      op.erase();
    }
    // What keeps parameters of its own is rounded once more where it is joined.
    for (auto [operand, type] : rescaled) {
      Operation *op = operand->getOwner();
      OpBuilder builder(op);
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      if (name)
        name = builder.getStringAttr(name.getValue() + "." +
                                     Twine(operand->getOperandNumber()));
      operand->set(
          insertPair(builder, op->getLoc(), operand->get(), type, name));
    }
  }
};
} // namespace
