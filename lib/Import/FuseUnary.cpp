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

/// Adds the inputs of `op` that are not constants, but `except`.
static void collectActivations(linalg::GenericOp op, Value except,
                               llvm::SmallSetVector<Value, 4> &activations) {
  for (Value input : op.getDpsInputs())
    if (input != except && !isConstantDerived(input))
      activations.insert(input);
}

static bool isSimple(linalg::GenericOp op) {
  return op && op.hasPureTensorSemantics() && isElementwiseMapped(op) &&
         !op.hasIndexSemantics() &&
         classifyBody(*op.getBody()) != BodyKind::Unknown;
}

/// Whether fusing along `operand` leaves one activation, read as the identity.
static bool staysUnary(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  if (!isSimple(consumer) || !isSimple(producer) || !operand->get().hasOneUse())
    return false;
  if (operand->get().getType() != consumer->getResult(0).getType() ||
      !consumer.getMatchingIndexingMap(operand).isIdentity())
    return false;
  for (linalg::GenericOp op : {consumer, producer})
    for (OpOperand *input : op.getDpsInputOperands())
      if (!isConstantDerived(input->get()) &&
          !op.getMatchingIndexingMap(input).isIdentity())
        return false;
  llvm::SmallSetVector<Value, 4> activations;
  collectActivations(consumer, operand->get(), activations);
  collectActivations(producer, Value(), activations);
  return activations.size() == 1;
}

namespace {
struct Fuse : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (!staysUnary(operand) || !linalg::areElementwiseOpsFusable(operand))
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
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
