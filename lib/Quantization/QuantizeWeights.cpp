//===- QuantizeWeights.cpp - Constant weights in 8 bits -------------------===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/RangeEstimator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
constexpr int64_t kMax = 127;

struct QuantizeWeights : qopt::impl::QuantizeWeightsBase<QuantizeWeights> {
  using QuantizeWeightsBase::QuantizeWeightsBase;

  /// The scale of `values`, or 0 where all are zero. Infinite on bad values.
  double chooseScale(ArrayRef<float> values) {
    float largest = 0.0f;
    for (float value : values) {
      if (!std::isfinite(value))
        return INFINITY;
      largest = std::max(largest, std::fabs(value));
    }
    if (largest == 0.0f)
      return 0.0;
    std::optional<quantopt::QuantParams> params;
    if (method == "mse")
      params = quantopt::chooseSymmetricByMse(values.data(), values.size(), 1,
                                              -kMax, kMax);
    else
      params = quantopt::chooseSymmetricInRange(largest, -kMax, kMax);
    return params ? params->scale : INFINITY;
  }

  /// The least scale of each of `channels`, so that the bias of `op` takes at
  /// most a quarter of the range of an i32 accumulator. Channels that training
  /// has switched off have weights of next to nothing, and a bias.
  static SmallVector<double> getLeastScales(QuantizableOpInterface op,
                                            int64_t channels) {
    SmallVector<double> least(channels, 0.0);
    std::optional<double> activation;
    std::optional<ConstantTensor> bias;
    for (OpOperand &operand : op->getOpOperands()) {
      OperandKind kind = op.getOperandKind(operand);
      if (kind == OperandKind::Accumulator)
        bias = getConstantTensor(operand.get());
      if (kind == OperandKind::Activation)
        if (auto observe = operand.get().getDefiningOp<ObserveOp>())
          if (auto type = dyn_cast_or_null<quant::UniformQuantizedType>(
                  observe.getType().value_or(quant::QuantizedType())))
            activation = type.getScale();
    }
    if (!bias || !activation)
      return least;
    FailureOr<SmallVector<float>> values = readFloats(bias->values);
    if (failed(values))
      return least;
    // The dimension of the bias that counts channels, where there is one.
    ArrayRef<int64_t> shape = bias->values.getShapedType().getShape();
    int64_t count = 1, inner = 1;
    if (std::optional<int64_t> dim = op.getResultChannelDim())
      for (auto [index, result] : llvm::enumerate(bias->map.getResults()))
        if (auto loop = dyn_cast<AffineDimExpr>(result))
          if (loop.getPosition() == *dim && shape[index] == channels &&
              !bias->values.isSplat()) {
            count = channels;
            for (int64_t size : shape.drop_front(index + 1))
              inner *= size;
          }
    constexpr double kQuarter = double(1 << 29);
    for (auto [index, value] : llvm::enumerate(*values)) {
      double scale = std::fabs(value) / (*activation * kQuarter);
      if (count == channels) {
        double &own = least[index / inner % channels];
        own = std::max(own, scale);
        continue;
      }
      for (double &each : least)
        each = std::max(each, scale);
    }
    return least;
  }

  LogicalResult quantize(QuantizableOpInterface op, OpOperand &operand) {
    Value weight = operand.get();
    if (auto given = weight.getDefiningOp<DequantizeOp>()) {
      FailureOr<UniformParams> params = UniformParams::get(given.getType());
      if (succeeded(params) && params->isSigned &&
          llvm::all_of(params->zeroPoints, [](int64_t z) { return z == 0; }))
        return success();
    }
    std::optional<ConstantTensor> constant = getConstantTensor(weight);
    if (!constant || !constant->map.isIdentity()) {
      markFloat(op, "its weights are not one constant");
      return success();
    }
    FailureOr<SmallVector<float>> values = readFloats(constant->values);
    if (failed(values)) {
      markFloat(op, "its weights cannot be read at compile time");
      return success();
    }
    auto type = cast<RankedTensorType>(weight.getType());
    if (constant->values.isSplat() &&
        int64_t(values->size()) != type.getNumElements())
      values->resize(type.getNumElements(), values->front());

    std::optional<int64_t> axis = op.getWeightChannelDim(operand);
    if (granularity == "per-tensor")
      axis = std::nullopt;
    int64_t channels = axis ? type.getDimSize(*axis) : 1;
    int64_t inner = 1;
    if (axis)
      for (int64_t size : type.getShape().drop_front(*axis + 1))
        inner *= size;
    auto channelOf = [&](int64_t index) {
      return axis ? index / inner % channels : 0;
    };
    SmallVector<SmallVector<float>> byChannel(channels);
    for (auto [index, value] : llvm::enumerate(*values))
      byChannel[channelOf(index)].push_back(value);
    SmallVector<double> scales;
    double smallest = 0.0;
    for (ArrayRef<float> channel : byChannel) {
      double scale = chooseScale(channel);
      if (std::isinf(scale))
        return op->emitOpError("has weights that are NaN or infinite; mend the "
                               "model before quantizing it");
      if (scale > 0.0 && (smallest == 0.0 || scale < smallest))
        smallest = scale;
      scales.push_back(scale);
    }
    // A channel of zeros stores zeros at any scale; a small one keeps its bias.
    for (double &scale : scales)
      if (scale == 0.0)
        scale = smallest > 0.0 ? smallest : 1.0;
    for (auto [scale, least] :
         llvm::zip_equal(scales, getLeastScales(op, channels)))
      scale = std::max(scale, least);

    std::vector<int8_t> stored;
    stored.reserve(values->size());
    for (auto [index, value] : llvm::enumerate(*values))
      stored.push_back(int8_t(quantopt::quantize(
          value, {scales[channelOf(index)], 0, -kMax, kMax})));
    store(op, operand, type, stored, scales, axis);
    return success();
  }

  void store(QuantizableOpInterface op, OpOperand &operand,
             RankedTensorType type, ArrayRef<int8_t> stored,
             ArrayRef<double> scales, std::optional<int64_t> axis) {
    OpBuilder builder(op);
    Location loc = operand.get().getLoc();
    Type i8 = builder.getI8Type();
    unsigned flags = quant::QuantizationFlags::Signed;
    SmallVector<int64_t> zeroPoints(scales.size(), 0);
    quant::QuantizedType quantized;
    if (axis)
      quantized = quant::UniformQuantizedPerAxisType::get(
          flags, i8, type.getElementType(), scales, zeroPoints, int32_t(*axis),
          -kMax, kMax);
    else
      quantized = quant::UniformQuantizedType::get(
          flags, i8, type.getElementType(), scales[0], 0, -kMax, kMax);
    Value constant = arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type.clone(i8), stored));
    operand.set(DequantizeOp::create(builder, loc, type, constant,
                                     TypeAttr::get(quantized)));
  }

  void runOnOperation() override {
    if ((granularity != "per-channel" && granularity != "per-tensor") ||
        (method != "min-max" && method != "mse")) {
      getOperation().emitError("qopt-quantize-weights takes granularity="
                               "per-channel|per-tensor and method=min-max|mse");
      return signalPassFailure();
    }
    WalkResult result =
        getOperation().walk([&](QuantizableOpInterface op) -> WalkResult {
          if (!isInteger(op) && !isDynamic(op))
            return WalkResult::advance();
          for (OpOperand &operand : op->getOpOperands())
            if (op.getOperandKind(operand) == OperandKind::Weight &&
                failed(quantize(op, operand)))
              return WalkResult::interrupt();
          return WalkResult::advance();
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
