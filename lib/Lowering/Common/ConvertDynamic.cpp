//===- ConvertDynamic.cpp - Parameters from values, as linalg -------------===//
//
// One reduction for each end of the range, a generic over the rows for scale
// and zero point, and one over all elements that quantizes.
//
//===----------------------------------------------------------------------===//

#include "ConvertDynamic.h"
#include "Elementwise.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/Common/QuantArith.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Emits the parts of one conversion.
class Emitter {
public:
  Emitter(PatternRewriter &rewriter, QuantizeDynamicOp op, bool hasFMA)
      : b(rewriter), op(op), loc(op.getLoc()), hasFMA(hasFMA),
        inputType(op.getInput().getType()), rowsType(op.getScales().getType()) {
    int64_t rank = inputType.getRank();
    identity = b.getMultiDimIdentityMap(rank);
    SmallVector<AffineExpr> kept;
    for (int64_t dim : op.getKept())
      kept.push_back(b.getAffineDimExpr(dim));
    rows = AffineMap::get(rank, 0, kept, b.getContext());
  }

  Value reduce(ElementBody combine);
  Value quantize(Value scales, Value zeroPoints, StorageRange range);
  Value emitScale(OpBuilder &builder, Location loc, Value width, double steps);

private:
  Value empty(ArrayRef<int64_t> shape, Type element) {
    return tensor::EmptyOp::create(b, loc, shape, element);
  }
  Value generic(ArrayRef<Value> inputs, Value init, ArrayRef<AffineMap> maps,
                ArrayRef<utils::IteratorType> iterators, ElementBody body) {
    return linalg::GenericOp::create(
               b, loc, init.getType(), inputs, init, maps, iterators,
               [&](OpBuilder &builder, Location bodyLoc, ValueRange args) {
                 linalg::YieldOp::create(builder, bodyLoc,
                                         body(builder, bodyLoc, args));
               })
        .getResult(0);
  }

  PatternRewriter &b;
  QuantizeDynamicOp op;
  Location loc;
  bool hasFMA;
  RankedTensorType inputType, rowsType;
  AffineMap identity, rows;
};

/// `combine(element, so far)` over all that is not kept. It starts at a NaN,
/// which the combinations here leave out.
Value Emitter::reduce(ElementBody combine) {
  SmallVector<utils::IteratorType> iterators(inputType.getRank(),
                                             utils::IteratorType::reduction);
  for (int64_t dim : op.getKept())
    iterators[dim] = utils::IteratorType::parallel;
  Value nothing = emitConstant(b, loc, b.getF32Type(),
                               std::numeric_limits<double>::quiet_NaN());
  Value init = linalg::FillOp::create(
                   b, loc, nothing, empty(rowsType.getShape(), b.getF32Type()))
                   .getResult(0);
  return generic({op.getInput()}, init, {identity, rows}, iterators, combine);
}

/// `width / steps`, or 1 where that is too small: for zeros, and for NaN where
/// there was nothing else.
Value Emitter::emitScale(OpBuilder &builder, Location loc, Value width,
                         double steps) {
  Type f32 = builder.getF32Type();
  Value divisor = emitConstant(builder, loc, f32, steps);
  Value scale = arith::DivFOp::create(builder, loc, width, divisor);
  Value least =
      emitConstant(builder, loc, f32, double(quantopt::kLeastDynamicScale));
  Value one = emitConstant(builder, loc, f32, 1.0);
  Value isLarge = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGE,
                                        scale, least);
  return arith::SelectOp::create(builder, loc, isLarge, scale, one);
}

Value Emitter::quantize(Value scales, Value zeroPoints, StorageRange range) {
  SmallVector<Value> inputs = {op.getInput(), scales};
  SmallVector<AffineMap> maps = {identity, rows};
  if (hasFMA) {
    inputs.push_back(emitReciprocals(b, loc, scales));
    maps.push_back(rows);
  }
  if (zeroPoints) {
    inputs.push_back(zeroPoints);
    maps.push_back(rows);
  }
  maps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(inputType.getRank(),
                                             utils::IteratorType::parallel);
  Rounding rounding = getNumerics(op).getRounding();
  return generic(
      inputs, empty(inputType.getShape(), b.getI8Type()), maps, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value zeroPoint;
        if (zeroPoints)
          zeroPoint = arith::SIToFPOp::create(
              builder, loc, builder.getF32Type(), args[hasFMA ? 3 : 2]);
        if (!hasFMA)
          return emitQuantize(builder, loc, args[0], args[1], zeroPoint, range,
                              builder.getI8Type(), rounding);
        // For an infinite scale the product is zero, and so is the correction.
        Value largest = emitConstant(builder, loc, builder.getF32Type(),
                                     double(std::numeric_limits<float>::max()));
        Value divisor =
            arith::MinimumFOp::create(builder, loc, args[1], largest);
        Value quotient = emitQuotient(builder, loc, args[0], divisor, args[2]);
        return emitStored(builder, loc, quotient, zeroPoint, range,
                          builder.getI8Type(), rounding);
      });
}

struct ConvertQuantizeDynamic : OpRewritePattern<QuantizeDynamicOp> {
  ConvertQuantizeDynamic(MLIRContext *context, bool hasFMA)
      : OpRewritePattern(context), hasFMA(hasFMA) {}
  LogicalResult matchAndRewrite(QuantizeDynamicOp op,
                                PatternRewriter &rewriter) const override {
    Emitter emitter(rewriter, op, hasFMA);
    Type f32 = rewriter.getF32Type();
    if (!op.getZeroPoints()) {
      Value largest = emitter.reduce([](OpBuilder &b, Location loc,
                                        ValueRange args) {
        Value magnitude = math::AbsFOp::create(b, loc, args[0]);
        return arith::MaxNumFOp::create(b, loc, magnitude, args[1]).getResult();
      });
      Value scales =
          emitElementwise(rewriter, op.getLoc(), {largest}, f32,
                          [&](OpBuilder &b, Location loc, ValueRange args) {
                            return emitter.emitScale(b, loc, args[0], 127.0);
                          });
      rewriter.replaceOp(
          op, {emitter.quantize(scales, Value(), {-127, 127, true}), scales});
      return success();
    }
    Value low = emitter.reduce([](OpBuilder &b, Location loc, ValueRange args) {
      return arith::MinNumFOp::create(b, loc, args[0], args[1]).getResult();
    });
    Value high =
        emitter.reduce([](OpBuilder &b, Location loc, ValueRange args) {
          return arith::MaxNumFOp::create(b, loc, args[0], args[1]).getResult();
        });
    // The range holds zero.
    Value scales = emitElementwise(
        rewriter, op.getLoc(), {low, high}, f32,
        [&](OpBuilder &b, Location loc, ValueRange args) {
          Value zero = emitConstant(b, loc, f32, 0.0);
          Value least = arith::MinNumFOp::create(b, loc, args[0], zero);
          Value largest = arith::MaxNumFOp::create(b, loc, args[1], zero);
          Value width = arith::SubFOp::create(b, loc, largest, least);
          return emitter.emitScale(b, loc, width, 255.0);
        });
    // Rule Q0 of the range's lower end, whose sign is turned, on [0, 255].
    Value zeroPoints = emitElementwise(
        rewriter, op.getLoc(), {low, scales}, rewriter.getI32Type(),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          Value zero = emitConstant(b, loc, f32, 0.0);
          Value least = arith::MinNumFOp::create(b, loc, args[0], zero);
          Value negated = arith::NegFOp::create(b, loc, least);
          Value unsignedPoint =
              emitQuantize(b, loc, negated, args[1], Value(), {0, 255, false},
                           b.getI32Type(), Rounding::HalfEven);
          Value offset = emitConstant(b, loc, b.getI32Type(), int64_t(128));
          return arith::SubIOp::create(b, loc, unsignedPoint, offset)
              .getResult();
        });
    rewriter.replaceOp(op,
                       {emitter.quantize(scales, zeroPoints, {-128, 127, true}),
                        scales, zeroPoints});
    return success();
  }

private:
  bool hasFMA;
};

} // namespace

void mlir::qopt::populateConvertDynamicPatterns(RewritePatternSet &patterns,
                                                bool hasFMA) {
  patterns.add<ConvertQuantizeDynamic>(patterns.getContext(), hasFMA);
}
