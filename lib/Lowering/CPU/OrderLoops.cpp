//===- OrderLoops.cpp - Put the contiguous dimension innermost ------------===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_ORDERLOOPS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Whether `map`'s last result moves by one when `dim` does, and no other
/// result moves.
static bool walksContiguously(AffineMap map, unsigned dim) {
  if (map.getNumResults() == 0)
    return false;
  AffineExpr expr = getAffineDimExpr(dim, map.getContext());
  for (AffineExpr result : map.getResults().drop_back())
    if (result.isFunctionOfDim(dim))
      return false;
  AffineExpr last = map.getResults().back();
  if (!last.isFunctionOfDim(dim))
    return false;
  // last = dim + (something without dim)
  AffineExpr rest = simplifyAffineExpr(last - expr, map.getNumDims(), 0);
  return !rest.isFunctionOfDim(dim);
}

/// The parallel dimension that should be innermost. The output counts most: a
/// store with a stride cannot be a vector's.
static std::optional<unsigned> chooseInnermost(linalg::GenericOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  std::optional<unsigned> best;
  int64_t bestScore = 0;
  for (unsigned dim = 0, e = op.getNumLoops(); dim < e; ++dim) {
    if (op.getIteratorTypesArray()[dim] != utils::IteratorType::parallel ||
        ranges[dim] == 1)
      continue;
    int64_t score = 0;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      bool isInit = op.isDpsInit(&operand);
      if (walksContiguously(map, dim))
        score += isInit ? 4 : 2;
      else if (!map.isFunctionOfDim(dim))
        score += 1;
      else
        score -= isInit ? 4 : 1;
    }
    if (score > bestScore) {
      bestScore = score;
      best = dim;
    }
  }
  return best;
}

static void orderLoops(IRRewriter &rewriter, linalg::GenericOp op) {
  if (op.hasIndexSemantics() && op.getNumReductionLoops() == 0)
    return;
  std::optional<unsigned> innermost = chooseInnermost(op);
  if (!innermost || *innermost + 1 == op.getNumLoops())
    return;
  SmallVector<unsigned> order;
  for (unsigned dim = 0, e = op.getNumLoops(); dim < e; ++dim)
    if (dim != *innermost)
      order.push_back(dim);
  order.push_back(*innermost);
  rewriter.setInsertionPoint(op);
  (void)linalg::interchangeGenericOp(rewriter, op, order);
}

struct OrderLoops : qopt::impl::OrderLoopsBase<OrderLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::GenericOp> generic =
          linalg::generalizeNamedOp(rewriter, op);
      if (succeeded(generic))
        orderLoops(rewriter, *generic);
      else if (auto already = dyn_cast<linalg::GenericOp>(op.getOperation()))
        orderLoops(rewriter, already);
    }
  }
};

} // namespace
