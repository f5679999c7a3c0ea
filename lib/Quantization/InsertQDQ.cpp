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
  Operation *producer = value.getDefiningOp();
  bool isMoved =
      isInteger(producer) && getRole(producer) == QuantRole::SameScale;
  return llvm::any_of(uses, [&](OpOperand *use) {
    if (getFinalObserver(use->getOwner()))
      return isMoved;
    return isInteger(use->getOwner()) && isActivation(*use);
  });
}

namespace {
struct InsertQDQ : qopt::impl::InsertQDQBase<InsertQDQ> {
  void runOnOperation() override {
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    // Questions about uses look through observers, so ask all before any goes.
    SmallVector<bool> stored;
    for (ObserveOp op : observers)
      stored.push_back(op.getFinal() ||
                       needsStorage(getObserved(op.getResult()),
                                    getUses(getObserved(op.getResult()))));
    for (auto [op, isStored] : llvm::zip_equal(observers, stored)) {
      Value replacement = op.getInput();
      if (isStored) {
        if (!op.getType()) {
          op.emitOpError("has no quantized type; run qopt-calibrate or "
                         "qopt-apply-calibration");
          return signalPassFailure();
        }
        OpBuilder builder(op);
        TypeAttr type = op.getTypeAttr();
        auto shape = cast<RankedTensorType>(op.getResult().getType());
        auto quantize = QuantizeOp::create(
            builder, op.getLoc(), shape.clone(op.getType()->getStorageType()),
            op.getInput(), type, NumericsAttr());
        quantize->setAttr(QOptDialect::getNameAttrName(), op.getIdAttr());
        replacement = DequantizeOp::create(builder, op.getLoc(), shape,
                                           quantize.getResult(), type);
      }
      op.getResult().replaceAllUsesWith(replacement);
      op.erase();
    }
  }
};
} // namespace
