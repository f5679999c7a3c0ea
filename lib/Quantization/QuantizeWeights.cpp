//===- QuantizeWeights.cpp - Constant weights in 8 bits -------------------===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/QuantArrays.h"
#include "quantopt/Support/RangeEstimator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Threading.h"
#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

QuantizeWeightsOptions
mlir::qopt::getWeightOptions(const quantopt::Config &config) {
  QuantizeWeightsOptions options;
  options.bits = config.weights.bits;
  options.granularity =
      config.weights.granularity == quantopt::WeightGranularity::PerChannel
          ? "per-channel"
          : "per-tensor";
  options.method =
      config.weights.method == quantopt::WeightMethod::Mse ? "mse" : "min-max";
  return options;
}

namespace {

/// Weights as outer x count x inner, the channels in the middle.
struct Channels {
  ArrayRef<float> values;
  int64_t outer, count, inner;
};

struct QuantizeWeights : qopt::impl::QuantizeWeightsBase<QuantizeWeights> {
  using QuantizeWeightsBase::QuantizeWeightsBase;

  /// The largest magnitude that is stored. With 7 bits it is 64: two products
  /// with unsigned bytes then fit in 16 bits.
  int64_t limit() const { return bits == 7 ? 64 : 127; }

  /// The scale of `values`, or 0 where all are zero. Infinite on bad values.
  double chooseScale(ArrayRef<float> values) const {
    float largest = quantopt::largestMagnitude(values.data(), values.size());
    if (largest == 0.0f || std::isinf(largest))
      return largest;
    std::optional<quantopt::QuantParams> params;
    if (method == "mse")
      params = quantopt::chooseSymmetricByMse(values.data(), values.size(), 1,
                                              -limit(), limit());
    else
      params = quantopt::chooseSymmetricInRange(largest, -limit(), limit());
    return params ? params->scale : INFINITY;
  }

  /// The scale of each channel, as chooseScale has it.
  SmallVector<double> chooseScales(const Channels &channels) {
    SmallVector<double> scales(channels.count);
    // Some channels at once: where they are the innermost dimension, they lie
    // in a few cache lines of the weights.
    constexpr int64_t kChannels = 64, kRows = 16;
    mlir::parallelFor(
        &getContext(), 0, llvm::divideCeil(channels.count, kChannels),
        [&](size_t block) {
          int64_t first = block * kChannels;
          int64_t number = std::min(kChannels, channels.count - first);
          if (channels.outer == 1) {
            for (int64_t channel = first; channel < first + number; ++channel)
              scales[channel] = chooseScale(channels.values.slice(
                  channel * channels.inner, channels.inner));
            return;
          }
          int64_t size = channels.outer * channels.inner;
          std::vector<float> gathered(number * size);
          // Some rows at once, so that both sides are walked along their cache
          // lines. Runs are short, often of one element: no calls to copy them.
          const int64_t inner = channels.inner;
          for (int64_t row = 0; row < channels.outer; row += kRows)
            for (int64_t channel = 0; channel < number; ++channel)
              for (int64_t outer = row,
                           end = std::min(channels.outer, row + kRows);
                   outer < end; ++outer) {
                const float *from =
                    channels.values.data() +
                    (outer * channels.count + first + channel) * inner;
                float *to = gathered.data() + channel * size + outer * inner;
                for (int64_t i = 0; i < inner; ++i)
                  to[i] = from[i];
              }
          for (int64_t channel = 0; channel < number; ++channel)
            scales[first + channel] = chooseScale(
                ArrayRef<float>(gathered).slice(channel * size, size));
        });
    return scales;
  }

  /// Writes the stored form of all weights.
  void quantizeAll(const Channels &channels, ArrayRef<double> scales,
                   MutableArrayRef<int8_t> stored) {
    std::vector<float> narrow(scales.begin(), scales.end());
    mlir::parallelFor(&getContext(), 0, channels.outer, [&](size_t outer) {
      int64_t at = outer * channels.count * channels.inner;
      if (channels.inner == 1)
        return quantopt::quantizeSymmetric(
            channels.values.data() + at, channels.count, narrow.data(),
            /*perElement=*/true, -limit(), limit(), stored.data() + at);
      for (int64_t channel = 0; channel < channels.count; ++channel) {
        quantopt::quantizeSymmetric(channels.values.data() + at, channels.inner,
                                    &narrow[channel], /*perElement=*/false,
                                    -limit(), limit(), stored.data() + at);
        at += channels.inner;
      }
    });
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
    FailureOr<ConstantValues<float>> values = readFloats(bias->values);
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
      // Scales are f32 numbers, which a program in float can hold.
      double scale = float(std::fabs(value) / (*activation * kQuarter));
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
    FailureOr<ConstantValues<float>> values = readFloats(constant->values);
    if (failed(values)) {
      markFloat(op, "its weights cannot be read at compile time");
      return success();
    }
    auto type = cast<RankedTensorType>(weight.getType());
    std::optional<int64_t> axis = op.getWeightChannelDim(operand);
    if (granularity == "per-tensor")
      axis = std::nullopt;
    Channels channels{*values, 1, 1, type.getNumElements()};
    if (axis) {
      channels.count = type.getDimSize(*axis);
      channels.inner = 1;
      for (int64_t size : type.getShape().drop_front(*axis + 1))
        channels.inner *= size;
      channels.outer =
          type.getNumElements() / (channels.count * channels.inner);
    }
    SmallVector<double> scales = chooseScales(channels);
    double smallest = 0.0;
    for (double scale : scales) {
      if (std::isinf(scale))
        return op->emitOpError("has weights that are NaN or infinite; mend the "
                               "model before quantizing it");
      if (scale > 0.0 && (smallest == 0.0 || scale < smallest))
        smallest = scale;
    }
    // A channel of zeros stores zeros at any scale; a small one keeps its bias.
    for (double &scale : scales)
      if (scale == 0.0)
        scale = smallest > 0.0 ? smallest : 1.0;
    for (auto [scale, least] :
         llvm::zip_equal(scales, getLeastScales(op, channels.count)))
      scale = std::max(scale, least);

    ConstantBuilder stored(RankedTensorType::get(
        type.getShape(), IntegerType::get(op->getContext(), 8)));
    quantizeAll(channels, scales, stored.getMutableData<int8_t>());
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    ElementsAttr constantWeights = std::move(stored).finish(
        (name ? name.getValue() + ".weights" : Twine("weights")).str());
    store(op, operand, type, constantWeights, scales, axis);
    return success();
  }

  void store(QuantizableOpInterface op, OpOperand &operand,
             RankedTensorType type, ElementsAttr stored,
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
          -limit(), limit());
    else
      quantized = quant::UniformQuantizedType::get(
          flags, i8, type.getElementType(), scales[0], 0, -limit(), limit());
    Value constant =
        arith::ConstantOp::create(builder, loc, cast<TypedAttr>(stored));
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
