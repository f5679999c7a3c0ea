//===- FuseElementwise.cpp - Fuse chains of exact elementwise operations --===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct FuseChain : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isInteger(op) || getRole(op) != QuantRole::Elementwise)
      return failure();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
      if (!isInteger(producer) || getRole(producer) != QuantRole::Elementwise ||
          !operand->get().hasOneUse() || !isFusableUse(*operand) ||
          !linalg::areElementwiseOpsFusable(operand))
        continue;
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, operand);
      if (failed(fused))
        continue;
      // The chain's result keeps its name.
      fused->fusedOp->setDiscardableAttrs(op->getDiscardableAttrDictionary());
      rewriter.replaceOp(op, fused->fusedOp->getResults().take_back(1));
      return success();
    }
    return failure();
  }
};

struct FuseElementwise : qopt::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseChain>(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError(getArgument())
          << ": the rewriting did not come to an end; please report the model";
      signalPassFailure();
    }
  }
};
} // namespace
