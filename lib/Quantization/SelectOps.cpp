//===- SelectOps.cpp - Decide which operations compute on integers --------===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_SELECTOPS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether the operation may compute on integers where its surroundings do.
static bool followsSurroundings(QuantRole role) {
  return role == QuantRole::Sum || role == QuantRole::Elementwise ||
         role == QuantRole::Unary || role == QuantRole::SameScale;
}

namespace {
struct SelectOps : qopt::impl::SelectOpsBase<SelectOps> {
  /// Values that some operation on integers needs on storage.
  llvm::DenseSet<Value> needed;
  /// Those of them that only move on their way into a contraction: they are
  /// quantized where they are made, even in float.
  llvm::DenseSet<Value> moved;

  bool isKeptFloat(Operation *op) { return op->hasAttr(kFloatAttr); }

  /// All operands that contractions multiply have parameters.
  bool hasParams(Operation *op) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isActivation(operand))
        continue;
      Value value = operand.get();
      auto observe = value.getDefiningOp<ObserveOp>();
      if ((!observe || !observe.getType()) &&
          getRole(value.getDefiningOp()) != QuantRole::SameScale)
        return false;
    }
    return true;
  }

  /// Backward: what contractions need, and what leads there.
  void findNeeded(func::FuncOp func) {
    SmallVector<Operation *> ops;
    func.walk([&](Operation *op) {
      if (getRole(op) != QuantRole::None && !isKeptFloat(op))
        ops.push_back(op);
    });
    for (Operation *op : llvm::reverse(ops)) {
      QuantRole role = getRole(op);
      if (isDynamic(op) || isWeightOnly(op))
        continue;
      bool needsOperands = role == QuantRole::Contraction ||
                           (followsSurroundings(role) &&
                            llvm::any_of(op->getResults(), [&](Value result) {
                              return needed.contains(result);
                            }));
      if (!needsOperands)
        continue;
      bool onlyMoves =
          role == QuantRole::Contraction ||
          (role == QuantRole::SameScale && moved.contains(op->getResult(0)));
      for (OpOperand &operand : op->getOpOperands()) {
        if (!isActivation(operand))
          continue;
        Value source = getObserved(operand.get());
        needed.insert(source);
        if (!onlyMoves)
          continue;
        moved.insert(source);
        while (ObserveOp final = getFinalObserver(source.getDefiningOp())) {
          source = getObserved(final.getInput());
          moved.insert(source);
        }
      }
    }
  }

  /// What the model rounds itself is stored, whatever reads it.
  void findFinal(func::FuncOp func) {
    func.walk([&](ObserveOp op) {
      if (op.getFinal())
        needed.insert(getObserved(op.getInput()));
    });
  }

  /// Forward: an operation with a quantized operand whose result is needed.
  void mark(Operation *op) {
    QuantRole role = getRole(op);
    if (role == QuantRole::None || isKeptFloat(op))
      return;
    // What reads an embedding table computes with indices.
    if (role != QuantRole::Contraction && isWeightOnly(op))
      return;
    auto quantizable = cast<QuantizableOpInterface>(op);
    if (std::string reason = quantizable.getFloatReason(); !reason.empty())
      return markFloat(op, reason);
    if (isDynamic(op) || isWeightOnly(op))
      return;
    if (role == QuantRole::Contraction) {
      if (!hasParams(op))
        return markFloat(op, "an operand of it was not calibrated");
      return markInteger(op);
    }
    if (!followsSurroundings(role))
      return markFloat(op, "its role is to compute in float");
    if (!needed.contains(op->getResult(0)))
      return markFloat(op, "its result is used in float only");
    if (role == QuantRole::SameScale && moved.contains(op->getResult(0)))
      return markInteger(op);
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isActivation(operand))
        continue;
      Value source = getObserved(operand.get());
      if (isa<BlockArgument>(source) || isInteger(source.getDefiningOp()) ||
          getFinalObserver(source.getDefiningOp()))
        return markInteger(op);
    }
    markFloat(op, "all of its operands are computed in float");
  }

  void runOnOperation() override {
    needed.clear();
    moved.clear();
    findFinal(getOperation());
    findNeeded(getOperation());
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) { mark(op); });
  }
};
} // namespace
