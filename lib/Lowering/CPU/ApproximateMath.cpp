//===- ApproximateMath.cpp - Transcendental functions as polynomials ------===//

#include "ShortFloats.h"
#include "SingleMath.h"
#include "WideMath.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Scalar maxima and minima that leave NaN out, as comparisons and selections:
/// the loop vectorizer of LLVM 22 drops the iterations behind the last whole
/// vector of reductions by `llvm.maxnum` and `llvm.minnum`.
template <typename OpTy, arith::CmpFPredicate isFirst>
struct SelectExtremum : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!isa<FloatType>(op.getType()))
      return failure();
    Location loc = op.getLoc();
    Value lhs = op.getLhs(), rhs = op.getRhs();
    // True where `rhs` is NaN, too.
    Value first = arith::CmpFOp::create(rewriter, loc, isFirst, lhs, rhs);
    Value chosen = arith::SelectOp::create(rewriter, loc, first, lhs, rhs);
    Value isNaN = arith::CmpFOp::create(rewriter, loc,
                                        arith::CmpFPredicate::UNO, lhs, lhs);
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, isNaN, rhs, chosen);
    return success();
  }
};

/// arith-emulate-unsupported-floats lets pairs of its conversions fold, so that
/// values between operations would not be rounded; bf16 is rounded after each.
static void keepRoundings(Operation *root) {
  root->walk([](Operation *op) {
    if (isa<arith::ExtFOp, arith::TruncFOp>(op))
      op->removeAttr("fastmath");
  });
}

struct ApproximateMath : qopt::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    keepRoundings(getOperation());
    RewritePatternSet patterns(&getContext());
    populateSingleMathPatterns(patterns);
    populateWideMathPatterns(patterns);
    patterns.add<SelectExtremum<arith::MaxNumFOp, arith::CmpFPredicate::UGT>,
                 SelectExtremum<arith::MinNumFOp, arith::CmpFPredicate::ULT>>(
        &getContext());
    populateShortFloatPatterns(patterns);
    // Has no form in the LLVM dialect.
    math::populateExpansionPatterns(patterns, {"clampf"});
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
