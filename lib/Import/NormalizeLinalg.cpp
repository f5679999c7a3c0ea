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
#include "mlir/IR/Matchers.h"
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

/// What the body of a contraction adds to its accumulator: a product of both
/// inputs, negated or not.
struct Product {
  Operation *combine;
  Value factors[2];
  bool isNegated = false;
  /// Whether the body negates or subtracts at all.
  bool hasSigns = false;

  /// `value` without the negations around it.
  Value stripSigns(Value value) {
    while (auto negation = value.getDefiningOp<arith::NegFOp>()) {
      isNegated = !isNegated;
      hasSigns = true;
      value = negation.getOperand();
    }
    return value;
  }

  /// Matches `acc + a * b`, `acc - a * b` and `fma(a, b, acc)` with negations
  /// anywhere but around the accumulator.
  static std::optional<Product> match(linalg::GenericOp op) {
    Block *body = op.getBody();
    Value accumulator = body->getArguments().back();
    Product product;
    product.combine = body->getTerminator()->getOperand(0).getDefiningOp();
    if (auto fma = dyn_cast_or_null<math::FmaOp>(product.combine)) {
      if (fma.getC() != accumulator)
        return std::nullopt;
      product.factors[0] = product.stripSigns(fma.getA());
      product.factors[1] = product.stripSigns(fma.getB());
    } else {
      if (!isa_and_nonnull<arith::AddFOp, arith::SubFOp>(product.combine))
        return std::nullopt;
      Value left = product.combine->getOperand(0);
      Value right = product.combine->getOperand(1);
      const bool isSum = isa<arith::AddFOp>(product.combine);
      if (left != accumulator && !(isSum && right == accumulator))
        return std::nullopt;
      product.isNegated = product.hasSigns = !isSum;
      auto mul = product.stripSigns(left == accumulator ? right : left)
                     .getDefiningOp<arith::MulFOp>();
      if (!mul)
        return std::nullopt;
      product.factors[0] = product.stripSigns(mul.getLhs());
      product.factors[1] = product.stripSigns(mul.getRhs());
    }
    for (Value factor : product.factors) {
      auto argument = dyn_cast<BlockArgument>(factor);
      if (!argument || argument.getOwner() != body || factor == accumulator)
        return std::nullopt;
    }
    if (product.factors[0] == product.factors[1])
      return std::nullopt;
    return product;
  }
};

/// The constant -`value`, or null where that is no constant of f32.
static ElementsAttr negateConstant(Value value) {
  ElementsAttr elements;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || !type.hasStaticShape() ||
      !matchPattern(value, m_Constant(&elements)))
    return nullptr;
  if (elements.isSplat())
    return DenseElementsAttr::get(type, -elements.getSplatValue<APFloat>());
  FailureOr<ConstantValues<float>> numbers = readFloats(elements);
  if (failed(numbers) || numbers->size() == 0)
    return nullptr;
  ConstantBuilder negated(type);
  llvm::transform(*numbers, negated.getMutableData<float>().begin(),
                  [](float number) { return -number; });
  return std::move(negated).finish("negated");
}

/// A contraction that subtracts products adds those of negated weights, which
/// is the same number: `acc - a * w` is `acc + a * -w`.
struct NegateWeights : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
        op.getNumDpsInputs() != 2 || op.getNumReductionLoops() == 0)
      return failure();
    std::optional<Product> product = Product::match(op);
    if (!product || !product->hasSigns)
      return failure();
    if (product->isNegated) {
      ElementsAttr weights;
      OpOperand *found = nullptr;
      for (OpOperand *input : op.getDpsInputOperands())
        if (!found && (weights = negateConstant(input->get())))
          found = input;
      if (!found)
        return failure();
      rewriter.setInsertionPoint(op);
      Value negated = arith::ConstantOp::create(rewriter, found->get().getLoc(),
                                                cast<TypedAttr>(weights));
      rewriter.modifyOpInPlace(op, [&] { found->set(negated); });
    }
    Operation *combine = product->combine;
    Value accumulator = op.getBody()->getArguments().back();
    rewriter.setInsertionPoint(combine);
    if (isa<math::FmaOp>(combine)) {
      rewriter.replaceOpWithNewOp<math::FmaOp>(
          combine, product->factors[0], product->factors[1], accumulator);
      return success();
    }
    Value term = arith::MulFOp::create(
        rewriter, combine->getLoc(), product->factors[0], product->factors[1]);
    rewriter.replaceOpWithNewOp<arith::AddFOp>(combine, accumulator, term);
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
    patterns
        .add<Generalize, InlineSplat, RaiseFill, InlineBroadcast, NegateWeights,
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
