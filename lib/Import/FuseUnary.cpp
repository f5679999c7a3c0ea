//===- FuseUnary.cpp - Fuse elementwise operations of one value -----------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FUSEUNARY
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

static bool isSimple(linalg::GenericOp op) {
  return op && op.hasPureTensorSemantics() && isElementwiseMapped(op) &&
         !op.hasIndexSemantics() &&
         classifyBody(*op.getBody()) != BodyKind::Unknown;
}

/// The generic that makes `operand` for its owner alone, both of one shape, if
/// all that the two read is constant or read by the identity.
static linalg::GenericOp getFusableProducer(OpOperand &operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand.getOwner());
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  if (!isSimple(consumer) || !isSimple(producer) || !operand.get().hasOneUse())
    return {};
  // The elements may differ: a comparison makes i1 for a select.
  if (cast<ShapedType>(operand.get().getType()).getShape() !=
          cast<ShapedType>(consumer->getResult(0).getType()).getShape() ||
      !consumer.getMatchingIndexingMap(&operand).isIdentity())
    return {};
  for (linalg::GenericOp op : {consumer, producer})
    for (OpOperand *input : op.getDpsInputOperands())
      if (!isConstantDerived(input->get()) &&
          !op.getMatchingIndexingMap(input).isIdentity())
        return {};
  return producer;
}

/// Adds the activations from which `op` computes, looking through all that
/// could fuse into it: both branches of a select may come from one value.
static void collectActivations(linalg::GenericOp op,
                               llvm::SmallSetVector<Value, 4> &activations) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (isConstantDerived(input->get()))
      continue;
    if (linalg::GenericOp producer = getFusableProducer(*input))
      collectActivations(producer, activations);
    else
      activations.insert(input->get());
  }
}

namespace {
struct Fuse : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallSetVector<Value, 4> activations;
    if (isSimple(op))
      collectActivations(op, activations);
    if (activations.size() != 1)
      return failure();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (!getFusableProducer(*operand) ||
          !linalg::areElementwiseOpsFusable(operand))
        continue;
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, operand);
      if (failed(fused))
        continue;
      rewriter.replaceOp(op, fused->fusedOp->getResults().take_back(1));
      return success();
    }
    return failure();
  }
};

struct FuseUnary : qopt::impl::FuseUnaryBase<FuseUnary> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<Fuse>(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError(getArgument())
          << ": the rewriting did not come to an end; please report the model";
      signalPassFailure();
    }
  }
};
} // namespace
