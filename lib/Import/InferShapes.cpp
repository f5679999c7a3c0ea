//===- InferShapes.cpp - Shapes that casts hide ---------------------------===//
//
// Frontends decompose operations before they know all shapes, and put a cast
// where a part of them was found out. What upstream's canonicalization does not
// look through is done here: joined values, reshapes to a computed shape, and
// results of functions.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
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

/// A reshape of a known shape to a constant one.
struct ReshapeToKnownShape : OpRewritePattern<tensor::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Value source = beforeCasts(op.getSource());
    auto from = dyn_cast<RankedTensorType>(source.getType());
    DenseIntElementsAttr sizes;
    if (!from || !from.hasStaticShape() ||
        !matchPattern(op.getShape(), m_Constant(&sizes)))
      return failure();
    SmallVector<int64_t> shape;
    for (const APInt &size : sizes)
      shape.push_back(size.getSExtValue());
    if (llvm::any_of(shape, [](int64_t size) { return size < 0; }) ||
        ShapedType::getNumElements(shape) != from.getNumElements())
      return failure();
    RankedTensorType to = from.clone(shape);
    Value result = source;
    if (from != to)
      result = reshape(rewriter, op.getLoc(), source, from, to);
    rewriter.replaceOpWithNewOp<tensor::CastOp>(op, op.getType(), result);
    return success();
  }

  /// By one operation where sizes only join or only split, else by way of the
  /// elements in a row.
  static Value reshape(PatternRewriter &rewriter, Location loc, Value source,
                       RankedTensorType from, RankedTensorType to) {
    if (auto groups = getReassociationIndicesForReshape(from, to)) {
      if (from.getRank() > to.getRank())
        return tensor::CollapseShapeOp::create(rewriter, loc, to, source,
                                               *groups);
      if (from.getRank() < to.getRank())
        return tensor::ExpandShapeOp::create(rewriter, loc, to, source,
                                             *groups);
    }
    // A row of its own, or a scalar, is one operation away from any shape.
    auto all = [](RankedTensorType type) {
      return SmallVector<ReassociationIndices>{
          llvm::to_vector<2>(llvm::seq<int64_t>(0, type.getRank()))};
    };
    RankedTensorType row = from.clone({from.getNumElements()});
    source =
        tensor::CollapseShapeOp::create(rewriter, loc, row, source, all(from));
    return tensor::ExpandShapeOp::create(rewriter, loc, to, source, all(to));
  }
};

/// Whether `value`, which a step makes of `carried`, has the shape of `type`
/// where `carried` has.
static bool keepsShape(Value value, BlockArgument carried, Type type) {
  value = beforeCasts(value);
  if (value == carried || value.getType() == type)
    return true;
  if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>())
    return keepsShape(insert.getDest(), carried, type);
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  return op && keepsShape(op.getTiedOpOperand(cast<OpResult>(value))->get(),
                          carried, type);
}

/// A loop carries values of the shapes that they have before the casts in
/// front of it, if each step keeps these.
struct CarryKnownShapes : OpRewritePattern<scf::ForOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(scf::ForOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inits;
    bool isNew = false;
    for (auto [init, carried, yielded] : llvm::zip_equal(
             op.getInitArgs(), op.getRegionIterArgs(), op.getYieldedValues())) {
      Value known = beforeCasts(init);
      auto type = dyn_cast<RankedTensorType>(known.getType());
      const bool isKnown = known != init && type && type.hasStaticShape() &&
                           keepsShape(yielded, carried, type);
      inits.push_back(isKnown ? known : init);
      isNew |= isKnown;
    }
    if (!isNew)
      return failure();
    Location loc = op.getLoc();
    auto castTo = [&](Value value, Type type) {
      return value.getType() == type
                 ? value
                 : tensor::CastOp::create(rewriter, loc, type, value)
                       .getResult();
    };
    auto loop = scf::ForOp::create(rewriter, loc, op.getLowerBound(),
                                   op.getUpperBound(), op.getStep(), inits);
    loop->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    Block *body = loop.getBody();
    if (!body->empty())
      rewriter.eraseOp(body->getTerminator());
    rewriter.setInsertionPointToStart(body);
    SmallVector<Value> arguments = {loop.getInductionVar()};
    for (auto [now, before] :
         llvm::zip_equal(loop.getRegionIterArgs(), op.getRegionIterArgs()))
      arguments.push_back(castTo(now, before.getType()));
    rewriter.mergeBlocks(op.getBody(), body, arguments);
    auto yield = cast<scf::YieldOp>(body->getTerminator());
    rewriter.setInsertionPoint(yield);
    SmallVector<Value> yielded;
    for (auto [value, init] : llvm::zip_equal(yield.getOperands(), inits))
      yielded.push_back(castTo(value, init.getType()));
    rewriter.modifyOpInPlace(yield, [&] { yield->setOperands(yielded); });
    rewriter.setInsertionPointAfter(loop);
    SmallVector<Value> results;
    for (auto [now, before] :
         llvm::zip_equal(loop.getResults(), op.getResults()))
      results.push_back(castTo(now, before.getType()));
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct InferShapes : qopt::impl::InferShapesBase<InferShapes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinKnownShapes, ReshapeToKnownShape, CarryKnownShapes>(
        &getContext());
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
