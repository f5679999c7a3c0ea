//===- FoldBroadcasts.cpp - Weights that are repeated for a batch ---------===//
//
// A dense layer on more than two dimensions comes as a product of a batch of
// matrices, the weights repeated for each. Read once, they can be stored in few
// bits, and the batch becomes more rows of one product.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDBROADCASTS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// `constant` without the dimensions that it reads at index 0 alone.
static std::optional<ConstantTensor>
dropUnitDims(const ConstantTensor &constant) {
  SmallVector<int64_t> sizes;
  SmallVector<AffineExpr> results;
  for (auto [size, result] :
       llvm::zip_equal(constant.values.getShapedType().getShape(),
                       constant.map.getResults())) {
    if (isa<AffineConstantExpr>(result))
      continue;
    sizes.push_back(size);
    results.push_back(result);
  }
  ElementsAttr values = reshapeElements(constant.values, sizes);
  if (!values)
    return std::nullopt;
  return ConstantTensor{values,
                        AffineMap::get(constant.map.getNumDims(), 0, results,
                                       constant.map.getContext())};
}

/// The constant that `operand` of `op` repeats along loops of its own, or
/// nothing.
static std::optional<ConstantTensor> getRepeated(linalg::LinalgOp op,
                                                 OpOperand &operand) {
  auto type = dyn_cast<RankedTensorType>(operand.get().getType());
  std::optional<ConstantTensor> constant = getConstantTensor(operand.get());
  if (!type || !constant || constant->values.isSplat() ||
      constant->values.getNumElements() >= type.getNumElements() ||
      !op.getMatchingIndexingMap(&operand).isProjectedPermutation())
    return std::nullopt;
  return dropUnitDims(*constant);
}

namespace {
struct ReadRepeatedOnce : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
        op.hasDynamicShape() || classifyReduction(op) != ReductionKind::MulAdd)
      return failure();
    for (OpOperand *input : op.getDpsInputOperands()) {
      std::optional<ConstantTensor> constant = getRepeated(op, *input);
      if (!constant)
        continue;
      const unsigned number = input->getOperandNumber();
      const Location loc = input->get().getLoc();
      auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
      if (!generic) {
        FailureOr<linalg::GenericOp> made =
            linalg::generalizeNamedOp(rewriter, op);
        if (failed(made))
          return failure();
        generic = *made;
      }
      rewriter.setInsertionPoint(generic);
      Value once = arith::ConstantOp::create(rewriter, loc,
                                             cast<TypedAttr>(constant->values));
      rewriter.modifyOpInPlace(generic, [&] {
        SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
        maps[number] = constant->map.compose(maps[number]);
        generic.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
        generic->setOperand(number, once);
      });
      return success();
    }
    return failure();
  }
};

/// Whether a reshape between `operand` and its producer may become part of a
/// product with weights: dimensions that are summed over stay whole, so that
/// the weights keep their shape.
bool takesReshape(OpOperand *operand) {
  Operation *consumer = operand->getOwner();
  if (isa<tensor::ExpandShapeOp>(consumer)) {
    auto product = operand->get().getDefiningOp<linalg::GenericOp>();
    return product && product->hasOneUse() &&
           classifyReduction(product) == ReductionKind::MulAdd &&
           llvm::any_of(product.getDpsInputs(), isConstantDerived);
  }
  auto product = dyn_cast<linalg::GenericOp>(consumer);
  auto reshape = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
  if (!product || !reshape || isConstantDerived(operand->get()) ||
      classifyReduction(product) != ReductionKind::MulAdd ||
      llvm::none_of(product.getDpsInputs(), isConstantDerived))
    return false;
  AffineMap map = product.getMatchingIndexingMap(operand);
  SmallVector<utils::IteratorType> loops = product.getIteratorTypesArray();
  for (auto [group, result] :
       llvm::zip_equal(reshape.getReassociationIndices(), map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(result);
    const int64_t wide = llvm::count_if(group, [&](int64_t dim) {
      return reshape.getSrcType().getDimSize(dim) != 1;
    });
    if (!loop || (wide > 1 &&
                  loops[loop.getPosition()] != utils::IteratorType::parallel))
      return false;
  }
  return true;
}

struct FoldBroadcasts : qopt::impl::FoldBroadcastsBase<FoldBroadcasts> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ReadRepeatedOnce>(&getContext());
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, takesReshape);
    tensor::populateFoldTensorEmptyPatterns(patterns);
    // What does not converge is as right as it is.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
