//===- InferShapes.cpp - Shapes that casts hide ---------------------------===//
//
// Frontends decompose operations before they know all shapes, and put a cast
// where a part of them was found out. What upstream's canonicalization does not
// look through is done here: joined values and results of functions.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_INFERSHAPES
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// `value` before casts that forget a part of its shape.
static Value beforeCasts(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>()) {
    if (!tensor::preservesStaticInformation(cast.getType(),
                                            cast.getSource().getType()))
      break;
    value = cast.getSource();
  }
  return value;
}

namespace {
struct JoinKnownShapes : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    SmallVector<Type> types;
    bool isNew = false;
    for (Value input : op.getInputs()) {
      inputs.push_back(beforeCasts(input));
      types.push_back(inputs.back().getType());
      isNew |= inputs.back() != input;
    }
    if (!isNew)
      return failure();
    RankedTensorType type =
        tensor::ConcatOp::inferResultType(op.getDim(), types);
    auto joined = tensor::ConcatOp::create(rewriter, op.getLoc(), type,
                                           op.getDim(), inputs);
    joined->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    if (type == op.getType())
      rewriter.replaceOp(op, joined);
    else
      rewriter.replaceOpWithNewOp<tensor::CastOp>(op, op.getType(), joined);
    return success();
  }
};

struct InferShapes : qopt::impl::InferShapesBase<InferShapes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinKnownShapes>(&getContext());
    auto *tensor = getContext().getLoadedDialect<tensor::TensorDialect>();
    auto *linalg = getContext().getLoadedDialect<linalg::LinalgDialect>();
    for (RegisteredOperationName name : getContext().getRegisteredOperations())
      if (&name.getDialect() == tensor || &name.getDialect() == linalg)
        name.getCanonicalizationPatterns(patterns, &getContext());
    // Shapes go on from operation to operation by patterns of the dialects.
    tensor->getCanonicalizationPatterns(patterns);
    linalg->getCanonicalizationPatterns(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      // What does not converge is as right as it is.
      (void)applyPatternsGreedily(func, frozen);
      if (!func.isExternal() && func.getBody().hasOneBlock() &&
          SymbolTable::symbolKnownUseEmpty(func, getOperation()))
        refineResults(func);
    }
  }

  /// Gives the results of `func` the shapes of what it returns.
  static void refineResults(func::FuncOp func) {
    auto exit = cast<func::ReturnOp>(func.front().getTerminator());
    SmallVector<Type> types;
    for (OpOperand &operand : exit->getOpOperands()) {
      Operation *producer = operand.get().getDefiningOp();
      operand.set(beforeCasts(operand.get()));
      types.push_back(operand.get().getType());
      while (producer && isa<tensor::CastOp>(producer) &&
             producer->use_empty()) {
        Operation *dead = producer;
        producer = dead->getOperand(0).getDefiningOp();
        dead->erase();
      }
    }
    func.setType(FunctionType::get(func.getContext(),
                                   func.getFunctionType().getInputs(), types));
  }
};
} // namespace
