//===- Selection.cpp - What selection decided about operations ------------===//

#include "Selection.h"

using namespace mlir;
using namespace mlir::qopt;

bool mlir::qopt::isInteger(Operation *op) {
  return op && op->hasAttr(kIntegerAttr);
}

bool mlir::qopt::isDynamic(Operation *op) {
  return getDynamic(op) && !op->hasAttr(kFloatAttr) &&
         getRole(op) == QuantRole::Contraction;
}

bool mlir::qopt::isWeightOnly(Operation *op) {
  return getWeightOnly(op) && !op->hasAttr(kFloatAttr);
}

void mlir::qopt::markInteger(Operation *op) {
  op->setAttr(kIntegerAttr, UnitAttr::get(op->getContext()));
}

void mlir::qopt::markFloat(Operation *op, const Twine &reason) {
  op->removeAttr(kIntegerAttr);
  op->setAttr(kFloatAttr, StringAttr::get(op->getContext(), reason));
}

QuantRole mlir::qopt::getRole(Operation *op) {
  auto quantizable = dyn_cast_or_null<QuantizableOpInterface>(op);
  // What makes no real values is quantized already, or no matter of it.
  if (!quantizable || op->getNumResults() == 0 ||
      !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
    return QuantRole::None;
  return quantizable.getQuantRole();
}

bool mlir::qopt::isMover(Operation *op) {
  return isInteger(op) && getRole(op) == QuantRole::SameScale;
}

bool mlir::qopt::isActivation(OpOperand &operand) {
  auto quantizable = dyn_cast<QuantizableOpInterface>(operand.getOwner());
  return quantizable &&
         quantizable.getOperandKind(operand) == OperandKind::Activation;
}

Value mlir::qopt::getObserved(Value value) {
  for (auto observe = value.getDefiningOp<ObserveOp>();
       observe && !observe.getFinal();
       observe = value.getDefiningOp<ObserveOp>())
    value = observe.getInput();
  return value;
}

SmallVector<ObserveOp> mlir::qopt::getCounting(Value value) {
  SmallVector<ObserveOp> observers;
  for (Operation *user : value.getUsers())
    if (auto observe = dyn_cast<ObserveOp>(user);
        observe && !observe.getFinal()) {
      observers.push_back(observe);
      llvm::append_range(observers, getCounting(observe.getResult()));
    }
  return observers;
}

ObserveOp mlir::qopt::getFinalObserver(Operation *op) {
  auto observe = dyn_cast_or_null<ObserveOp>(op);
  return observe && observe.getFinal() ? observe : ObserveOp();
}

SmallVector<OpOperand *> mlir::qopt::getUses(Value value) {
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : value.getUses()) {
    auto observe = dyn_cast<ObserveOp>(use.getOwner());
    if (observe && !observe.getFinal())
      llvm::append_range(uses, getUses(observe.getResult()));
    else
      uses.push_back(&use);
  }
  return uses;
}

bool mlir::qopt::isFusableUse(OpOperand &use) {
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  return generic && getRole(generic) == QuantRole::Elementwise &&
         generic.isDpsInput(&use) &&
         generic.getMatchingIndexingMap(&use).isIdentity() &&
         use.get().getType() == generic->getResult(0).getType();
}
