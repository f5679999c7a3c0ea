//===- FoldElementwise.cpp - Elementwise operations on storage ------------===//

#include "FoldElementwise.h"
#include "Selection.h"
#include "quantopt/Analysis/Clamp.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ScalarProgram.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qopt;

/// The quantize that is the only use of `op`, per tensor; null if there is
/// none.
static QuantizeOp getOnlyQuantize(Operation *op) {
  if (!op->getResult(0).hasOneUse())
    return {};
  auto quantize = dyn_cast<QuantizeOp>(*op->getResult(0).user_begin());
  return quantize && isa<quant::UniformQuantizedType>(quantize.getType())
             ? quantize
             : QuantizeOp();
}

/// The name of the value that `quantize` makes of the result of `op`, or else
/// of that result, goes to what computes both at once.
static void takeName(Operation *folded, Operation *op, QuantizeOp quantize) {
  StringRef nameAttr = QOptDialect::getNameAttrName();
  Attribute name = quantize ? quantize->getAttr(nameAttr) : Attribute();
  if (!name)
    name = op->getAttr(nameAttr);
  if (name)
    folded->setAttr(nameAttr, name);
}

static quantopt::QuantParams getScalarParams(const UniformParams &params) {
  return {params.scales[0], params.zeroPoints[0], params.storageMin,
          params.storageMax};
}

//===----------------------------------------------------------------------===//
// Clamps
//===----------------------------------------------------------------------===//

namespace {
/// Quantization is monotone, so Q(clamp(x, lo, hi)) = clamp(Q(x), Q(lo),
/// Q(hi)), and a clamp of stored values is a narrower storage range.
struct FoldClamp : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto generic = op.getInput().getDefiningOp<linalg::GenericOp>();
    auto type = dyn_cast<quant::UniformQuantizedType>(op.getType());
    if (!isInteger(generic) || !type || !generic->getResult(0).hasOneUse())
      return failure();
    std::optional<Clamp> clamp = matchClamp(generic);
    if (!clamp)
      return failure();
    OpOperand *input = generic.getDpsInputOperand(clamp->input.getArgNumber());
    if (!isFusableUse(*input))
      return failure();
    FailureOr<UniformParams> params = UniformParams::get(type);
    quantopt::QuantParams scalar = getScalarParams(*params);
    quantopt::RoundingMode rounding = getRounding(getNumerics(op));
    auto bound = [&](double real) {
      return quantopt::quantize(float(real), scalar, rounding);
    };
    auto narrowed = quant::UniformQuantizedType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        type.getScale(), type.getZeroPoint(), bound(clamp->range.min),
        bound(clamp->range.max));
    // The zero point must stay inside of the range of the type; a clamp that
    // excludes zero keeps its body.
    if (!narrowed || narrowed.getZeroPoint() < narrowed.getStorageTypeMin() ||
        narrowed.getZeroPoint() > narrowed.getStorageTypeMax() ||
        narrowed.getStorageTypeMin() >= narrowed.getStorageTypeMax())
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(input->get());
      op.setTypeAttr(TypeAttr::get(narrowed));
    });
    rewriter.eraseOp(generic);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// The only operand of `op` that is not a constant, if it dequantizes 8 bits
/// per tensor in place and the constants are single numbers.
OpOperand *getOnlyStoredInput(linalg::GenericOp op) {
  OpOperand *found = nullptr;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (isConstantDerived(input->get())) {
      if (!getSplatConstant(input->get()))
        return nullptr;
      continue;
    }
    auto dequantize = input->get().getDefiningOp<DequantizeOp>();
    if (found || !dequantize ||
        !isa<quant::UniformQuantizedType>(dequantize.getType()) ||
        dequantize.getType().getStorageTypeIntegralWidth() != 8 ||
        !op.getMatchingIndexingMap(input).isIdentity())
      return nullptr;
    found = input;
  }
  return found;
}

struct FoldTable : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    QuantRole role = getRole(op);
    if (!isInteger(op) ||
        (role != QuantRole::Unary && role != QuantRole::Elementwise))
      return failure();
    OpOperand *input = getOnlyStoredInput(op);
    QuantizeOp quantize = getOnlyQuantize(op);
    if (!input || !quantize ||
        quantize.getType().getStorageTypeIntegralWidth() != 8)
      return failure();
    auto dequantize = input->get().getDefiningOp<DequantizeOp>();
    FailureOr<UniformParams> from = UniformParams::get(dequantize.getType());
    FailureOr<UniformParams> to = UniformParams::get(quantize.getType());
    FailureOr<ScalarProgram> program = ScalarProgram::compile(*op.getBody());
    if (failed(from) || failed(to) || failed(program))
      return failure();
    SmallVector<ScalarValue> arguments(op.getBody()->getNumArguments(),
                                       ScalarValue{0.0});
    for (OpOperand *other : op.getDpsInputOperands())
      if (other != input)
        arguments[other->getOperandNumber()].real =
            *getSplatConstant(other->get());
    quantopt::QuantParams source = getScalarParams(*from);
    quantopt::QuantParams target = getScalarParams(*to);
    quantopt::RoundingMode rounding = getRounding(getNumerics(quantize));
    SmallVector<int8_t> table(256);
    for (int pattern = 0; pattern < 256; ++pattern) {
      int64_t stored = from->isSigned ? int64_t(int8_t(pattern)) : pattern;
      arguments[input->getOperandNumber()].real =
          quantopt::dequantize(stored, source);
      ScalarValue result;
      program->run(arguments, result);
      table[pattern] =
          int8_t(quantopt::quantize(float(result.real), target, rounding));
    }
    auto tableType = RankedTensorType::get(256, rewriter.getI8Type());
    rewriter.setInsertionPoint(quantize);
    auto lookup = LookupOp::create(
        rewriter, op.getLoc(), quantize.getResult().getType(),
        dequantize.getInput(),
        DenseElementsAttr::get(tableType, ArrayRef<int8_t>(table)));
    takeName(lookup, op, quantize);
    rewriter.replaceOp(quantize, lookup.getResult());
    rewriter.eraseOp(op);
    return success();
  }
};

/// quantize(dequantize(q)) of 8 bits with other parameters: a table too, so
/// that the double rounding of the pair stays what it is.
struct FoldRescale : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<DequantizeOp>();
    if (!dequantize ||
        dequantize.getType().getStorageTypeIntegralWidth() != 8 ||
        op.getType().getStorageTypeIntegralWidth() != 8 ||
        dequantize.getType() == op.getType() ||
        isConstantDerived(dequantize.getInput()))
      return failure();
    FailureOr<UniformParams> from = UniformParams::get(dequantize.getType());
    FailureOr<UniformParams> to = UniformParams::get(op.getType());
    if (failed(from) || failed(to) || from->isPerAxis() || to->isPerAxis())
      return failure();
    quantopt::RoundingMode rounding = getRounding(getNumerics(op));
    SmallVector<int8_t> table(256);
    for (int pattern = 0; pattern < 256; ++pattern) {
      int64_t stored = from->isSigned ? int64_t(int8_t(pattern)) : pattern;
      table[pattern] = int8_t(quantopt::quantize(
          quantopt::dequantize(stored, getScalarParams(*from)),
          getScalarParams(*to), rounding));
    }
    auto tableType = RankedTensorType::get(256, rewriter.getI8Type());
    rewriter.replaceOpWithNewOp<LookupOp>(
        op, op.getResult().getType(), dequantize.getInput(),
        DenseElementsAttr::get(tableType, ArrayRef<int8_t>(table)));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// The inputs of a generic on storage while it is put together.
struct StorageInputs {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  /// For each input of the float generic: the position of its storage, and of
  /// the scales that go with it where they vary along an axis.
  SmallVector<unsigned> position;
  SmallVector<std::optional<unsigned>> scales;
  SmallVector<DequantizeOp> conversions;
};

StorageInputs gatherInputs(linalg::GenericOp op, PatternRewriter &rewriter) {
  StorageInputs inputs;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    auto dequantize = input->get().getDefiningOp<DequantizeOp>();
    FailureOr<UniformParams> params = failure();
    if (dequantize && !isConstantDerived(input->get()))
      params = UniformParams::get(dequantize.getType());
    bool converts =
        succeeded(params) &&
        (!params->isPerAxis() ||
         llvm::all_of(params->zeroPoints, [](int64_t z) { return z == 0; }));
    inputs.position.push_back(inputs.values.size());
    inputs.values.push_back(converts ? dequantize.getInput() : input->get());
    inputs.maps.push_back(map);
    inputs.conversions.push_back(converts ? dequantize : DequantizeOp());
    inputs.scales.push_back(std::nullopt);
    if (!converts || !params->isPerAxis())
      continue;
    SmallVector<float> scales(params->scales.begin(), params->scales.end());
    auto type =
        RankedTensorType::get(int64_t(scales.size()), rewriter.getF32Type());
    inputs.scales.back() = inputs.values.size();
    inputs.values.push_back(arith::ConstantOp::create(
        rewriter, op.getLoc(),
        DenseElementsAttr::get(type, ArrayRef<float>(scales))));
    inputs.maps.push_back(map.getSubMap(unsigned(*params->axis)));
  }
  return inputs;
}

struct FoldBody : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isInteger(op) || getRole(op) != QuantRole::Elementwise ||
        llvm::none_of(op.getDpsInputs(), [](Value input) {
          return input.getDefiningOp<DequantizeOp>() &&
                 !isConstantDerived(input);
        }))
      return failure();
    StorageInputs inputs = gatherInputs(op, rewriter);
    QuantizeOp quantize = getOnlyQuantize(op);
    auto resultType =
        quantize ? cast<RankedTensorType>(quantize.getResult().getType())
                 : cast<RankedTensorType>(op->getResult(0).getType());
    // Everything that the quantize needs dominates it.
    if (quantize)
      rewriter.setInsertionPoint(quantize);
    Location loc = op.getLoc();
    Value init = tensor::EmptyOp::create(rewriter, loc, resultType.getShape(),
                                         resultType.getElementType());
    SmallVector<AffineMap> maps = inputs.maps;
    maps.push_back(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
    auto folded = linalg::GenericOp::create(
        rewriter, loc, resultType, inputs.values, init, maps,
        op.getIteratorTypesArray(),
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          buildBody(op, inputs, quantize, b, loc, arguments);
        });
    takeName(folded, op, quantize);
    if (quantize)
      rewriter.replaceOp(quantize, folded.getResults());
    else
      rewriter.replaceAllUsesWith(op->getResult(0), folded.getResult(0));
    rewriter.eraseOp(op);
    return success();
  }

  /// Dequantizes the arguments, computes, quantizes.
  static void buildBody(linalg::GenericOp op, const StorageInputs &inputs,
                        QuantizeOp quantize, OpBuilder &builder, Location loc,
                        ValueRange arguments) {
    IRMapping mapping;
    for (auto [number, position] : llvm::enumerate(inputs.position)) {
      Value value = arguments[position];
      if (std::optional<unsigned> scales = inputs.scales[number]) {
        Value real =
            arith::SIToFPOp::create(builder, loc, builder.getF32Type(), value);
        value = arith::MulFOp::create(builder, loc, real, arguments[*scales]);
      } else if (DequantizeOp conversion = inputs.conversions[number]) {
        value = DequantizeOp::create(builder, loc, builder.getF32Type(), value,
                                     conversion.getTypeAttr());
      }
      mapping.map(op.getBody()->getArgument(number), value);
    }
    for (Operation &inner : op.getBody()->without_terminator())
      builder.clone(inner, mapping);
    Value result =
        mapping.lookupOrDefault(op.getBody()->getTerminator()->getOperand(0));
    if (quantize)
      result = QuantizeOp::create(
          builder, loc, quantize.getType().getStorageType(), result,
          quantize.getTypeAttr(), quantize.getNumericsAttr());
    linalg::YieldOp::create(builder, loc, result);
  }
};
} // namespace

void mlir::qopt::populateFoldClampPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldClamp>(patterns.getContext());
}

void mlir::qopt::populateFoldElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<FoldTable, FoldRescale>(patterns.getContext(), /*benefit=*/2);
  patterns.add<FoldBody>(patterns.getContext(), /*benefit=*/1);
}
