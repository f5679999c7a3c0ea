//===- NormalizeLinalg.cpp - One spelling of elementwise operations -------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_NORMALIZELINALG
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

/// Whether `op` is a named operation on floats that quantization knows only as
/// a generic, such as linalg.contract.
static bool isKnownAsGeneric(linalg::LinalgOp op) {
  return !isa<QuantizableOpInterface>(op.getOperation()) &&
         op->getNumResults() == 1 && isFloatTensor(op->getResultTypes()[0]);
}

/// Named elementwise operations, maps and reductions become generics, and so do
/// contractions that have no model of their own.
struct Generalize : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp, linalg::FillOp, linalg::TransposeOp,
            linalg::BroadcastOp>(op) ||
        !op.hasPureTensorSemantics())
      return failure();
    bool isElementwise = op.getNumReductionLoops() == 0 &&
                         op->getNumResults() == 1 && isElementwiseMapped(op);
    if (!isElementwise && !isa<linalg::MapOp, linalg::ReduceOp>(op) &&
        !isKnownAsGeneric(op))
      return failure();
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

/// An input that is one number moves into the body.
struct InlineSplat : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op->getNumResults() == 0)
      return failure();
    std::optional<unsigned> found;
    std::optional<double> splat;
    for (OpOperand *input : op.getDpsInputOperands()) {
      // A scalar, too, such as the value of a fill that is spelled as a
      // generic.
      Type type = input->get().getType();
      if (!isa<FloatType>(type) && !isFloatTensor(type))
        continue;
      // Loops must not lose their only source of a range.
      if ((splat = getSplatConstant(input->get())) &&
          op.getNumLoops() == op.getMatchingIndexingMap(op.getDpsInitOperand(0))
                                  .getNumResults()) {
        found = input->getOperandNumber();
        break;
      }
      splat.reset();
    }
    if (!found)
      return failure();
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands())
      if (input->getOperandNumber() != *found) {
        inputs.push_back(input->get());
        maps.push_back(op.getMatchingIndexingMap(input));
      }
    for (OpOperand &init : op.getDpsInitsMutable())
      maps.push_back(op.getMatchingIndexingMap(&init));
    auto replacement = linalg::GenericOp::create(
        rewriter, op.getLoc(), op->getResultTypes(), inputs, op.getDpsInits(),
        maps, op.getIteratorTypesArray());
    replacement->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    Block *body = op.getBody();
    Region &region = replacement.getRegion();
    Block *newBody = rewriter.createBlock(&region, region.begin());
    rewriter.setInsertionPointToStart(newBody);
    SmallVector<Value> arguments;
    for (BlockArgument argument : body->getArguments()) {
      if (argument.getArgNumber() == *found) {
        arguments.push_back(arith::ConstantOp::create(
            rewriter, op.getLoc(),
            cast<TypedAttr>(
                Attribute(rewriter.getFloatAttr(argument.getType(), *splat)))));
        continue;
      }
      arguments.push_back(
          newBody->addArgument(argument.getType(), argument.getLoc()));
    }
    rewriter.inlineBlockBefore(body, newBody, newBody->end(), arguments);
    rewriter.replaceOp(op, replacement.getResults());
    return success();
  }
};

/// What yields one number everywhere, such as the broadcast of a bias of zeros,
/// is a fill.
struct RaiseFill : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 0 ||
        op->getNumResults() != 1 || op.getNumReductionLoops() != 0 ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation())
      return failure();
    Value yielded = op.getBody()->getTerminator()->getOperand(0);
    Attribute constant;
    if (!matchPattern(yielded, m_Constant(&constant)))
      return failure();
    // The constant may stand in the body.
    Value scalar = arith::ConstantOp::create(
        rewriter, op.getLoc(), yielded.getType(), cast<TypedAttr>(constant));
    auto fill = linalg::FillOp::create(rewriter, op.getLoc(), scalar,
                                       op.getDpsInits()[0]);
    fill->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.replaceOp(op, fill->getResults());
    return success();
  }
};

/// An elementwise generic reads the source of a broadcast directly: a statistic
/// or a gate is recognised by how its user reads it, and is never spread out.
struct InlineBroadcast : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !isElementwiseMapped(op))
      return failure();
    bool changed = false;
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    for (OpOperand *input : op.getDpsInputOperands()) {
      std::optional<BroadcastSource> source = matchBroadcast(input->get());
      if (!source || source->map.isIdentity())
        continue;
      unsigned number = input->getOperandNumber();
      if (!changed)
        rewriter.startOpModification(op);
      changed = true;
      maps[number] = source->map.compose(maps[number]);
      input->set(source->value);
    }
    if (!changed)
      return failure();
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    rewriter.finalizeOpModification(op);
    return success();
  }
};

/// A square is a product, and exact; functions of the library are not.
template <typename OpTy>
struct ExpandSquare : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Attribute exponent;
    if (!matchPattern(op.getRhs(), m_Constant(&exponent)))
      return failure();
    auto real = dyn_cast<FloatAttr>(exponent);
    auto integer = dyn_cast<IntegerAttr>(exponent);
    if (!(real && real.getValueAsDouble() == 2.0) &&
        !(integer && integer.getValue() == 2))
      return failure();
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, op.getLhs(), op.getLhs());
    return success();
  }
};

struct NormalizeLinalg : qopt::impl::NormalizeLinalgBase<NormalizeLinalg> {
  /// Arithmetic on whole tensors becomes generics. Operations of this dialect
  /// stay as they are.
  LogicalResult convertArithmetic() {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseToLinalgConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *op) {
      return !isa_and_present<arith::ArithDialect, math::MathDialect>(
                 op->getDialect()) ||
             !OpTrait::hasElementwiseMappableTraits(op) ||
             op->getNumOperands() == 0 ||
             !llvm::all_of(op->getOperandTypes(),
                           llvm::IsaPred<RankedTensorType>);
    });
    return applyPartialConversion(getOperation(), target, std::move(patterns));
  }

  void runOnOperation() override {
    if (failed(convertArithmetic()))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    patterns.add<Generalize, InlineSplat, RaiseFill, InlineBroadcast,
                 ExpandSquare<math::FPowIOp>, ExpandSquare<math::PowFOp>>(
        &getContext());
    math::populateExpansionPatterns(patterns, {"clampf"});
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError(getArgument())
          << ": the rewriting did not come to an end; please report the model";
      signalPassFailure();
    }
  }
};
} // namespace
