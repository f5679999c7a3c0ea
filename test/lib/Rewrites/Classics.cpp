//===- Classics.cpp - Wrong rewrites that everybody writes once -----------===//

#include "Rewrites.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;
using namespace rewrites;

namespace {

/// dequantize(quantize(x)) is not x. quantize(dequantize(q)) is q.
struct FoldPair : Twin<DequantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto quantize = op.getInput().getDefiningOp<QuantizeOp>();
    if (!quantize)
      return failure();
    if (!isSound) {
      rewriter.replaceOp(op, quantize.getInput());
      return success();
    }
    auto inner = quantize.getInput().getDefiningOp<DequantizeOp>();
    if (!inner || inner.getType() != quantize.getType())
      return failure();
    rewriter.replaceOp(op, inner.getResult());
    return success();
  }
};

/// quantize(dequantize(q)) of two scales: by a table it is exact.
struct FoldOtherScale : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<DequantizeOp>();
    if (!inner || inner.getType() == op.getType())
      return failure();
    if (!isSound) {
      rewriter.replaceOp(op, inner.getInput());
      return success();
    }
    auto from = getUniform(inner.getType()), to = getUniform(op.getType());
    quantopt::QuantParams in{from.getScale(), from.getZeroPoint()};
    quantopt::QuantParams out{to.getScale(), to.getZeroPoint()};
    SmallVector<int8_t> table;
    for (unsigned index = 0; index < 256; ++index)
      table.push_back(
          quantopt::quantize(quantopt::dequantize(int8_t(index), in), out));
    rewriter.replaceOpWithNewOp<LookupOp>(
        op, op.getResult().getType(), inner.getInput(),
        DenseElementsAttr::get(
            RankedTensorType::get({256}, rewriter.getI8Type()),
            ArrayRef<int8_t>(table)));
    return success();
  }
};

/// Conversion to integers rounds towards zero.
struct Truncate : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    Location loc = op.getLoc();
    auto type = getUniform(op.getType());
    Value x = op.getInput();
    auto number = [&](double value) {
      return splat(b, loc, x.getType(), b.getF32Type(), value);
    };
    Value scaled =
        arith::DivFOp::create(b, loc, x, number(float(type.getScale())));
    if (isSound) {
      b.replaceOp(
          op, roundToStorage(b, loc, scaled, type, op.getResult().getType()));
      return success();
    }
    Value moved =
        arith::AddFOp::create(b, loc, scaled, number(type.getZeroPoint()));
    Value low = arith::MaximumFOp::create(b, loc, moved, number(-128));
    Value both = arith::MinimumFOp::create(b, loc, low, number(127));
    b.replaceOpWithNewOp<arith::FPToSIOp>(op, op.getResult().getType(), both);
    return success();
  }
};

/// A clamp of what is converted already comes too late.
struct ClampLate : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    Location loc = op.getLoc();
    auto type = getUniform(op.getType());
    Value x = op.getInput();
    Value scaled = arith::DivFOp::create(
        b, loc, x,
        splat(b, loc, x.getType(), b.getF32Type(), float(type.getScale())));
    if (isSound) {
      b.replaceOp(
          op, roundToStorage(b, loc, scaled, type, op.getResult().getType()));
      return success();
    }
    Value rounded = math::RoundEvenOp::create(b, loc, scaled);
    Type i32 = b.getI32Type();
    Value wide =
        arith::FPToSIOp::create(b, loc, withElement(x.getType(), i32), rounded);
    Value moved = arith::AddIOp::create(
        b, loc, wide, splat(b, loc, x.getType(), i32, type.getZeroPoint()));
    Value low = arith::MaxSIOp::create(b, loc, moved,
                                       splat(b, loc, x.getType(), i32, -128));
    Value both = arith::MinSIOp::create(b, loc, low,
                                        splat(b, loc, x.getType(), i32, 127));
    b.replaceOpWithNewOp<arith::TruncIOp>(op, op.getResult().getType(), both);
    return success();
  }
};

/// Storage clamps at zero where its lowest value is the zero point.
struct DropRelu : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto relu = op.getInput().getDefiningOp<arith::MaximumFOp>();
    auto type = getUniform(op.getType());
    if (!relu || !matchPattern(relu.getRhs(), m_AnyZeroFloat()) ||
        (isSound && type.getZeroPoint() != type.getStorageTypeMin()))
      return failure();
    rewriter.modifyOpInPlace(
        op, [&] { op.getInputMutable().assign(relu.getLhs()); });
    return success();
  }
};

/// Zero is stored as the zero point.
struct PadStored : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    auto pad = op.getInput().getDefiningOp<tensor::PadOp>();
    auto inner = pad ? pad.getSource().getDefiningOp<DequantizeOp>() : nullptr;
    if (!inner || inner.getType() != op.getType())
      return failure();
    Location loc = op.getLoc();
    Value zero = arith::ConstantOp::create(
        b, loc,
        b.getI8IntegerAttr(isSound ? getUniform(op.getType()).getZeroPoint()
                                   : 0));
    b.replaceOpWithNewOp<tensor::PadOp>(op, op.getResult().getType(),
                                        inner.getInput(), pad.getMixedLowPad(),
                                        pad.getMixedHighPad(), zero);
    return success();
  }
};

/// An average of four stored integers by a shift rounds down.
struct AverageStored : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    auto mean = op.getInput().getDefiningOp<arith::MulFOp>();
    auto pool = mean ? mean.getLhs().getDefiningOp<linalg::PoolingNhwcSumOp>()
                     : nullptr;
    auto inner =
        pool ? pool.getInputs()[0].getDefiningOp<DequantizeOp>() : nullptr;
    if (!inner || inner.getType() != op.getType() ||
        getUniform(op.getType()).getZeroPoint())
      return failure();
    Location loc = op.getLoc();
    Type i32 = b.getI32Type(), result = op.getResult().getType();
    Type wide = withElement(result, i32);
    Value init = splat(b, loc, result, i32, 0);
    Value sum =
        linalg::PoolingNhwcSumOp::create(
            b, loc, TypeRange(wide),
            ValueRange{inner.getInput(), pool.getInputs()[1]}, ValueRange{init},
            pool.getStridesAttr(), pool.getDilationsAttr())
            .getResult(0);
    if (!isSound) {
      Value mean4 =
          arith::ShRSIOp::create(b, loc, sum, splat(b, loc, result, i32, 2));
      b.replaceOpWithNewOp<arith::TruncIOp>(op, result, mean4);
      return success();
    }
    Value real = arith::SIToFPOp::create(
        b, loc, withElement(result, b.getF32Type()), sum);
    Value quarter = arith::MulFOp::create(
        b, loc, real, splat(b, loc, result, b.getF32Type(), 0.25));
    b.replaceOp(
        op, roundToStorage(b, loc, quarter, getUniform(op.getType()), result));
    return success();
  }
};

/// A product of 32 bits by a multiplier of 15 needs 47; of 8 bits, 23.
struct RescaleIn32 : Twin<arith::TruncIOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(arith::TruncIOp op,
                                PatternRewriter &b) const override {
    auto shift = op.getIn().getDefiningOp<arith::ShRSIOp>();
    auto product =
        shift ? shift.getLhs().getDefiningOp<arith::MulIOp>() : nullptr;
    auto wide =
        product ? product.getLhs().getDefiningOp<arith::ExtSIOp>() : nullptr;
    DenseElementsAttr factor, count;
    if (!wide || !matchPattern(product.getRhs(), m_Constant(&factor)) ||
        !matchPattern(shift.getRhs(), m_Constant(&count)))
      return failure();
    Value x = wide.getIn();
    unsigned bits = getElementTypeOrSelf(x).getIntOrFloatBitWidth();
    int64_t multiplier = factor.getSplatValue<APInt>().getSExtValue();
    if (isSound && bits + llvm::Log2_64_Ceil(multiplier) > 31)
      return failure();
    Location loc = op.getLoc();
    Type i32 = b.getI32Type(), type = withElement(x.getType(), i32);
    if (bits < 32)
      x = arith::ExtSIOp::create(b, loc, type, x);
    Value narrow =
        arith::MulIOp::create(b, loc, x, splat(b, loc, type, i32, multiplier));
    Value shifted = arith::ShRSIOp::create(
        b, loc, narrow,
        splat(b, loc, type, i32, count.getSplatValue<APInt>().getSExtValue()));
    if (op.getType() != type)
      shifted = arith::TruncIOp::create(b, loc, op.getType(), shifted);
    b.replaceOp(op, shifted);
    return success();
  }
};

/// A concat on storage needs one scale.
struct ConcatStored : Twin<QuantizeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &b) const override {
    auto concat = op.getInput().getDefiningOp<tensor::ConcatOp>();
    if (!concat)
      return failure();
    SmallVector<Value> parts;
    for (Value part : concat.getInputs()) {
      auto inner = part.getDefiningOp<DequantizeOp>();
      if (!inner)
        return failure();
      parts.push_back(inner.getInput());
      if (isSound && inner.getType() != op.getType())
        parts.back() = quantizeAs(b, op.getLoc(), part, op.getType());
    }
    b.replaceOpWithNewOp<tensor::ConcatOp>(op, concat.getDim(), parts);
    return success();
  }
};

/// A transpose moves the axis of the scales.
struct TransposeStored : Twin<linalg::TransposeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &b) const override {
    auto inner = op.getInput().getDefiningOp<DequantizeOp>();
    auto type =
        inner ? dyn_cast<quant::UniformQuantizedPerAxisType>(inner.getType())
              : nullptr;
    if (!type)
      return failure();
    int32_t axis = type.getQuantizedDimension();
    if (isSound)
      axis =
          llvm::find(op.getPermutation(), axis) - op.getPermutation().begin();
    auto moved = quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        type.getScales(), type.getZeroPoints(), axis, type.getStorageTypeMin(),
        type.getStorageTypeMax());
    Location loc = op.getLoc();
    Type result = op->getResult(0).getType();
    Value empty = tensor::EmptyOp::create(
        b, loc, cast<RankedTensorType>(result).getShape(), b.getI8Type());
    Value stored = linalg::TransposeOp::create(b, loc, inner.getInput(), empty,
                                               op.getPermutation())
                       ->getResult(0);
    b.replaceOp(op, dequantizeAs(b, loc, stored, moved));
    return success();
  }
};

/// Two neighbours change places, both in place: what each of them computes is
/// another value than before, the last one is the same.
struct SwapInPlace : Twin<tensor::CollapseShapeOp> {
  using Twin::Twin;
  LogicalResult matchAndRewrite(tensor::CollapseShapeOp op,
                                PatternRewriter &b) const override {
    auto relu = op.getSrc().getDefiningOp<arith::MaximumFOp>();
    if (!relu)
      return failure();
    Location loc = op.getLoc();
    double bound = isSound ? 0.0 : 0.5;
    Value moved = tensor::CollapseShapeOp::create(
        b, loc, op.getType(), relu.getLhs(), op.getReassociationIndices());
    b.replaceOpWithNewOp<arith::MaximumFOp>(
        op, moved, splat(b, loc, op.getType(), b.getF32Type(), bound));
    return success();
  }
};

} // namespace

ArrayRef<std::pair<StringLiteral, AddPattern>> rewrites::getClassics() {
  static const std::pair<StringLiteral, AddPattern> all[] = {
      {"fold-pair", add<FoldPair>},
      {"fold-other-scale", add<FoldOtherScale>},
      {"truncate", add<Truncate>},
      {"clamp-late", add<ClampLate>},
      {"drop-relu", add<DropRelu>},
      {"pad-stored", add<PadStored>},
      {"average-stored", add<AverageStored>},
      {"rescale-in-32", add<RescaleIn32>},
      {"concat-stored", add<ConcatStored>},
      {"transpose-stored", add<TransposeStored>},
      {"swap", add<SwapInPlace>},
  };
  return all;
}
