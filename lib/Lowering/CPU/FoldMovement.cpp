//===- FoldMovement.cpp - Fewer operations that only move values ----------===//
//
// A reshape between two elementwise operations keeps them apart, and most
// reshapes that frontends write add or remove dimensions of size 1. A loop of
// one iteration needs no dimension, so the operation loses it and the reshape
// moves behind the operation, where the next one does the same.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDMOVEMENT
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Whether each group of `groups` has at most one dimension of `shape` that is
/// not of size 1.
static bool addsUnitDims(ArrayRef<ReassociationIndices> groups,
                         ArrayRef<int64_t> shape) {
  return llvm::all_of(groups, [&](const ReassociationIndices &group) {
    return llvm::count_if(group,
                          [&](int64_t dim) { return shape[dim] != 1; }) <= 1;
  });
}

/// The reshape that makes `value` by adding dimensions of size 1.
static tensor::ExpandShapeOp getUnitExpansion(Value value) {
  auto expand = value.getDefiningOp<tensor::ExpandShapeOp>();
  return expand && addsUnitDims(expand.getReassociationIndices(),
                                expand.getResultType().getShape())
             ? expand
             : tensor::ExpandShapeOp();
}

/// Whether the one use of `value` removes dimensions of size 1.
static bool losesUnitDims(Value value) {
  if (!value.hasOneUse())
    return false;
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(*value.user_begin());
  return collapse && addsUnitDims(collapse.getReassociationIndices(),
                                  collapse.getSrcType().getShape());
}

/// Elementwise, in the order of its result, of static shape.
static bool isPlainElementwise(linalg::GenericOp op) {
  return op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
         op.getNumLoops() == op.getNumParallelLoops() &&
         !op.hasIndexSemantics() && !op.hasDynamicShape() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() &&
         !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0));
}

/// An elementwise operation next to a reshape of unit dimensions loses its
/// loops of one iteration; its result is expanded behind it.
struct DropUnitLoops : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPlainElementwise(op))
      return failure();
    Value result = op->getResult(0);
    if (!losesUnitDims(result) &&
        llvm::none_of(op.getInputs(), getUnitExpansion))
      return failure();
    SmallVector<int64_t> ranges = op.getStaticLoopRanges(), shape;
    SmallVector<AffineExpr> dims;
    for (int64_t range : ranges) {
      if (range == 1) {
        dims.push_back(rewriter.getAffineConstantExpr(0));
        continue;
      }
      dims.push_back(rewriter.getAffineDimExpr(shape.size()));
      shape.push_back(range);
    }
    if (shape.empty() || shape.size() == ranges.size())
      return failure();
    auto type = cast<RankedTensorType>(result.getType());
    std::optional<SmallVector<ReassociationIndices>> groups =
        getReassociationIndicesForCollapse(type.getShape(), shape);
    if (!groups)
      return failure();

    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(input);
      inputs.push_back(input->get());
      maps.push_back(map.replaceDimsAndSymbols(dims, {}, shape.size(), 0));
    }
    maps.push_back(rewriter.getMultiDimIdentityMap(shape.size()));
    Value init = tensor::EmptyOp::create(rewriter, op.getLoc(), shape,
                                         type.getElementType());
    SmallVector<utils::IteratorType> iterators(shape.size(),
                                               utils::IteratorType::parallel);
    auto dropped = linalg::GenericOp::create(rewriter, op.getLoc(),
                                             TypeRange(init.getType()), inputs,
                                             init, maps, iterators);
    dropped->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.inlineRegionBefore(op.getRegion(), dropped.getRegion(),
                                dropped.getRegion().begin());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, dropped->getResult(0), *groups);
    return success();
  }
};

/// An operation that reads the dimensions of size 1 of a reshape at index 0
/// reads what was there before the reshape.
struct ReadUnexpanded : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPlainElementwise(op))
      return failure();
    for (OpOperand *input : op.getDpsInputOperands()) {
      tensor::ExpandShapeOp expand = getUnitExpansion(input->get());
      AffineMap map = op.getMatchingIndexingMap(input);
      SmallVector<AffineExpr> results;
      if (!expand || !getSourceResults(expand, map, results))
        continue;
      SmallVector<AffineMap> maps = op.getIndexingMapsArray();
      maps[input->getOperandNumber()] =
          AffineMap::get(map.getNumDims(), 0, results, op.getContext());
      rewriter.modifyOpInPlace(op, [&] {
        input->set(expand.getSrc());
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      return success();
    }
    return failure();
  }

  /// The results of `map`, which indexes what `expand` makes, for its source.
  /// Returns false where a dimension that was added is indexed by a loop.
  static bool getSourceResults(tensor::ExpandShapeOp expand, AffineMap map,
                               SmallVectorImpl<AffineExpr> &results) {
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      int64_t kept = group.front();
      for (int64_t dim : group)
        if (expand.getResultType().getDimSize(dim) != 1)
          kept = dim;
      for (int64_t dim : group)
        if (dim != kept && !isa<AffineConstantExpr>(map.getResult(dim)))
          return false;
      results.push_back(map.getResult(kept));
    }
    return true;
  }
};

/// The permuted input of a generic that only moves it.
static OpOperand *getMovedInput(linalg::GenericOp op) {
  if (!op || !isPlainElementwise(op) || op.getNumDpsInputs() != 1)
    return nullptr;
  OpOperand *input = op.getDpsInputOperand(0);
  auto yielded =
      dyn_cast<BlockArgument>(op.getBody()->getTerminator()->getOperand(0));
  return yielded && yielded.getOwner() == op.getBody() &&
                 yielded.getArgNumber() == 0 &&
                 op.getMatchingIndexingMap(input).isPermutation()
             ? input
             : nullptr;
}

/// A product reads a factor where it was before it was transposed. The first
/// factor is read in runs along its last dimension, so that must stay the last;
/// the second one is packed whatever its order.
struct ReadUntransposed : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() == 0 ||
        op.getNumDpsInputs() != 2 || op.hasIndexSemantics())
      return failure();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
      OpOperand *moved = getMovedInput(producer);
      if (!moved)
        continue;
      AffineMap movement = producer.getMatchingIndexingMap(moved);
      unsigned last = movement.getNumDims() - 1;
      if (operand->getOperandNumber() == 0 &&
          movement.getDimPosition(last) != last)
        continue;
      SmallVector<AffineMap> maps = op.getIndexingMapsArray();
      unsigned number = operand->getOperandNumber();
      maps[number] = movement.compose(maps[number]);
      rewriter.modifyOpInPlace(op, [&] {
        operand->set(moved->get());
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      return success();
    }
    return failure();
  }
};

struct FoldMovement : qopt::impl::FoldMovementBase<FoldMovement> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::TransposeOp> transposes;
    getOperation().walk(
        [&](linalg::TransposeOp op) { transposes.push_back(op); });
    for (linalg::TransposeOp op : transposes) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    RewritePatternSet patterns(&getContext());
    patterns.add<DropUnitLoops, ReadUnexpanded, ReadUntransposed>(
        &getContext());
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                         &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError(getArgument())
          << ": the rewriting did not come to an end; please report the model";
      signalPassFailure();
    }
  }
};

} // namespace
