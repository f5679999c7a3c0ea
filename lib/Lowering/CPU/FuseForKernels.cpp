//===- FuseForKernels.cpp - Chains of elementwise operations as one -------===//

#include "SplitReductions.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FUSEFORKERNELS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

static bool isElementwise(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.getNumParallelLoops() == linalgOp.getNumLoops();
}

static int64_t countPoints(linalg::LinalgOp op) {
  int64_t points = 1;
  for (int64_t range : op.getStaticLoopRanges())
    points *= range;
  return points;
}

/// Whether `producer` reads its operands in the order of its loops, so that a
/// row of its result comes from rows.
static bool keepsOrder(linalg::LinalgOp producer) {
  return llvm::all_of(producer.getIndexingMapsArray(), [](AffineMap map) {
    int64_t last = -1;
    for (AffineExpr expr : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || static_cast<int64_t>(dim.getPosition()) <= last)
        return false;
      last = dim.getPosition();
    }
    return true;
  });
}

/// Whether `producer` may be computed where the reduction `op` reads it: each
/// element once, in blocks along rows.
static bool mayFuseIntoReduction(linalg::LinalgOp producer,
                                 linalg::GenericOp op, OpOperand *operand) {
  auto type = cast<RankedTensorType>(operand->get().getType());
  return isBlockwise(op) && keepsOrder(producer) &&
         countPoints(op) <= type.getNumElements();
}

/// Whether `op` evaluates a function as a polynomial, with registers for its
/// steps.
static bool isPolynomial(Operation &op) {
  return isa<math::MathDialect>(op.getDialect()) &&
         !isa<math::AbsFOp, math::CeilOp, math::FloorOp, math::RoundOp,
              math::RoundEvenOp, math::TruncOp, math::SqrtOp, math::RsqrtOp,
              math::FmaOp, math::CopySignOp>(op);
}

static bool hasPolynomials(linalg::GenericOp op) {
  return llvm::any_of(*op.getBody(), isPolynomial);
}

/// Whether `consumer` reads an element of `producer` at several points, and
/// computing one takes longer than loading it: a reciprocal or a square root of
/// a row, say.
static bool repeatsMuch(linalg::LinalgOp producer, linalg::GenericOp consumer) {
  return countPoints(consumer) > countPoints(producer) &&
         llvm::any_of(*producer.getBlock(), [](Operation &op) {
           return isa<arith::DivFOp, math::SqrtOp, math::RsqrtOp>(op) ||
                  isPolynomial(op);
         });
}

/// Whether `op` is to run on accumulators that a tile of a product holds in
/// registers.
static bool readsProduct(linalg::LinalgOp op) {
  return llvm::any_of(op.getDpsInputs(), [](Value input) {
    auto producer = input.getDefiningOp<linalg::LinalgOp>();
    return producer && producer.getNumReductionLoops() > 0 &&
           producer.getNumDpsInputs() == 2;
  });
}

/// A producer moves into its one consumer, but not where it would be computed
/// again for each term of a reduction, or for many points that share it.
/// Combinations of partial results stay as they are: kernels know them.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!consumer || !producer || !isElementwise(producer.getOperation()) ||
      !producer->hasOneUse())
    return false;
  auto generic = dyn_cast<linalg::GenericOp>(producer.getOperation());
  if (generic && isCombination(generic))
    return false;
  if (repeatsMuch(producer, consumer))
    return false;
  // The registers of a tile are full of accumulators: spilling them costs more
  // than another pass over the result.
  if (hasPolynomials(consumer) && readsProduct(producer))
    return false;
  return isElementwise(consumer.getOperation()) ||
         mayFuseIntoReduction(producer, consumer, operand);
}

struct FuseForKernels : qopt::impl::FuseForKernelsBase<FuseForKernels> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> named;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isElementwise(op) && !isa<linalg::FillOp, linalg::CopyOp>(op))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
