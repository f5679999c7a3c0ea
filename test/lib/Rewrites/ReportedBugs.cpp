//===- ReportedBugs.cpp - Rewrites of ONNX Runtime that changed numbers ---===//
//
// The names are numbers of issues of microsoft/onnxruntime; each pattern is
// what the issue describes, on our operations.
//
//===----------------------------------------------------------------------===//

#include "Rewrites.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;
using namespace rewrites;

namespace {

/// 32132: quantize(dequantize(a) + dequantize(b)) computed with the ratios of
/// scales, which differs at ties.
struct AddByRatios : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    auto sum = op.getInput().getDefiningOp<arith::AddFOp>();
    auto left = sum ? sum.getLhs().getDefiningOp<DequantizeOp>() : nullptr;
    auto right = sum ? sum.getRhs().getDefiningOp<DequantizeOp>() : nullptr;
    auto to = getUniform(op.getType());
    if (!left || !right || !to)
      return failure();
    Location loc = op.getLoc();
    auto part = [&](DequantizeOp part) -> Value {
      auto from = getUniform(part.getType());
      Value q = part.getInput();
      Value wide = arith::ExtSIOp::create(
          b, loc, withElement(q.getType(), b.getI32Type()), q);
      Value moved = arith::SubIOp::create(
          b, loc, wide,
          splat(b, loc, q.getType(), b.getI32Type(), from.getZeroPoint()));
      Value real = arith::SIToFPOp::create(
          b, loc, withElement(q.getType(), b.getF32Type()), moved);
      double factor = isSound ? float(from.getScale())
                              : float(from.getScale() / to.getScale());
      return arith::MulFOp::create(
          b, loc, real, splat(b, loc, q.getType(), b.getF32Type(), factor));
    };
    Value total = arith::AddFOp::create(b, loc, part(left), part(right));
    if (isSound)
      total = arith::DivFOp::create(
          b, loc, total,
          splat(b, loc, total.getType(), b.getF32Type(), float(to.getScale())));
    b.replaceOp(op,
                roundToStorage(b, loc, total, to, op.getResult().getType()));
    return success();
  }
};

/// 25259: of two pairs behind each other, the first is taken away.
struct RemoveDoublePair : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<DequantizeOp>();
    auto quantize = dequantize
                        ? dequantize.getInput().getDefiningOp<QuantizeOp>()
                        : nullptr;
    if (!quantize || (isSound && (quantize.getType() != op.getType() ||
                                  dequantize.getType() != op.getType())))
      return failure();
    rewriter.modifyOpInPlace(
        op, [&] { op.getInputMutable().assign(quantize.getInput()); });
    return success();
  }
};

/// 28130: alpha * (A B) + C with C in the accumulator, where alpha scales it.
struct BiasUnderAlpha : Twin<arith::AddFOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(arith::AddFOp op,
                                PatternRewriter &b) const override {
    auto product = op.getLhs().getDefiningOp<arith::MulFOp>();
    auto bias = op.getRhs().getDefiningOp<DequantizeOp>();
    auto acc =
        product ? product.getLhs().getDefiningOp<DequantizeOp>() : nullptr;
    auto matmul =
        acc ? acc.getInput().getDefiningOp<linalg::MatmulOp>() : nullptr;
    DenseElementsAttr alpha;
    if (!matmul || !bias || bias.getType() != acc.getType() ||
        !matchPattern(product.getRhs(), m_Constant(&alpha)) || !alpha.isSplat())
      return failure();
    Location loc = op.getLoc();
    if (isSound) {
      // A power of two goes into the scale without a rounding.
      auto type = getUniform(acc.getType());
      auto scaled = quant::UniformQuantizedType::get(
          type.getFlags(), type.getStorageType(), type.getExpressedType(),
          type.getScale() * alpha.getSplatValue<APFloat>().convertToDouble(),
          type.getZeroPoint(), type.getStorageTypeMin(),
          type.getStorageTypeMax());
      Value real = dequantizeAs(b, loc, acc.getInput(), scaled);
      b.replaceOpWithNewOp<arith::AddFOp>(op, real, op.getRhs());
      return success();
    }
    Value sum =
        linalg::MatmulOp::create(b, loc, matmul.getInputs(), bias.getInput())
            .getResult(0);
    Value real = dequantizeAs(b, loc, sum, acc.getType());
    b.replaceOpWithNewOp<arith::MulFOp>(op, real, product.getRhs());
    return success();
  }
};

/// 28448: an interpolation, (3 a + b) / 4 here, on stored integers: the
/// division of integers truncates.
struct InterpolateStored : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    auto sum = op.getInput().getDefiningOp<arith::AddFOp>();
    auto near = sum ? sum.getLhs().getDefiningOp<arith::MulFOp>() : nullptr;
    auto far = sum ? sum.getRhs().getDefiningOp<arith::MulFOp>() : nullptr;
    auto left = near ? near.getLhs().getDefiningOp<DequantizeOp>() : nullptr;
    auto right = far ? far.getLhs().getDefiningOp<DequantizeOp>() : nullptr;
    if (!left || !right || left.getType() != right.getType() ||
        left.getType() != op.getType() ||
        getUniform(op.getType()).getZeroPoint())
      return failure();
    Location loc = op.getLoc();
    Type type = left.getInput().getType(), i32 = b.getI32Type();
    Type wide = withElement(type, i32);
    Value l = arith::ExtSIOp::create(b, loc, wide, left.getInput());
    Value r = arith::ExtSIOp::create(b, loc, wide, right.getInput());
    Value three = arith::MulIOp::create(b, loc, l, splat(b, loc, type, i32, 3));
    Value total = arith::AddIOp::create(b, loc, three, r);
    if (!isSound) {
      Value quarter =
          arith::DivSIOp::create(b, loc, total, splat(b, loc, type, i32, 4));
      b.replaceOpWithNewOp<arith::TruncIOp>(op, type, quarter);
      return success();
    }
    Value real = arith::SIToFPOp::create(
        b, loc, withElement(type, b.getF32Type()), total);
    Value quarter = arith::MulFOp::create(
        b, loc, real, splat(b, loc, type, b.getF32Type(), 0.25));
    b.replaceOp(
        op, roundToStorage(b, loc, quarter, getUniform(op.getType()), type));
    return success();
  }
};

/// 27845: a pair put behind a reshape of dequantized i8 is of u8.
struct PairBehindReshape : Twin<tensor::CollapseShapeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(tensor::CollapseShapeOp op,
                                PatternRewriter &b) const override {
    auto dequantize = op.getSrc().getDefiningOp<DequantizeOp>();
    if (!dequantize)
      return failure();
    auto type = getUniform(dequantize.getType());
    if (!isSound)
      type = withStorage(type, /*isSigned=*/false, type.getZeroPoint());
    Location loc = op.getLoc();
    Value moved = tensor::CollapseShapeOp::create(
        b, loc, op.getType(), op.getSrc(), op.getReassociationIndices());
    Value stored = quantizeAs(b, loc, moved, type);
    b.replaceOp(op, dequantizeAs(b, loc, stored, type));
    return success();
  }
};

/// 28491: constant weights of i8 become u8 with their dequantize, but not the
/// pair that follows.
struct WeightsToUnsigned : Twin<DequantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &b) const override {
    auto quantize = op.getInput().getDefiningOp<QuantizeOp>();
    auto weights =
        quantize ? quantize.getInput().getDefiningOp<DequantizeOp>() : nullptr;
    DenseElementsAttr values;
    if (!weights || !matchPattern(weights.getInput(), m_Constant(&values)) ||
        !getUniform(weights.getType()).isSigned())
      return failure();
    Location loc = op.getLoc();
    auto from = getUniform(weights.getType());
    auto shifted = withStorage(from, false, from.getZeroPoint() + 128);
    auto pair = isSound ? shifted : withStorage(from, false, 0);
    Value stored = arith::ConstantOp::create(
        b, loc, values.mapValues(b.getI8Type(), [](const APInt &q) {
          return q + 128;
        }));
    Value real = dequantizeAs(b, loc, stored, shifted);
    Value again = quantizeAs(b, loc, real, pair);
    b.replaceOp(op, dequantizeAs(b, loc, again, pair));
    return success();
  }
};

/// 24711: a stored bias goes into the accumulator whatever its scale is.
struct BiasIntoAccumulator : Twin<arith::AddFOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(arith::AddFOp op,
                                PatternRewriter &b) const override {
    auto acc = op.getLhs().getDefiningOp<DequantizeOp>();
    auto bias = op.getRhs().getDefiningOp<DequantizeOp>();
    auto matmul =
        acc ? acc.getInput().getDefiningOp<linalg::MatmulOp>() : nullptr;
    if (!matmul || !bias || (isSound && bias.getType() != acc.getType()))
      return failure();
    Value sum = linalg::MatmulOp::create(b, op.getLoc(), matmul.getInputs(),
                                         bias.getInput())
                    .getResult(0);
    b.replaceOp(op, dequantizeAs(b, op.getLoc(), sum, acc.getType()));
    return success();
  }
};

} // namespace

ArrayRef<std::pair<StringLiteral, AddPattern>> rewrites::getReportedBugs() {
  static const std::pair<StringLiteral, AddPattern> all[] = {
      {"ort-32132", add<AddByRatios>},
      {"ort-25259", add<RemoveDoublePair>},
      {"ort-28130", add<BiasUnderAlpha>},
      {"ort-28448", add<InterpolateStored>},
      {"ort-27845", add<PairBehindReshape>},
      {"ort-28491", add<WeightsToUnsigned>},
      {"ort-24711", add<BiasIntoAccumulator>},
  };
  return all;
}
