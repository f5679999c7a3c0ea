//===- QuantizeWeights.cpp - Constant weights in fewer bits ---------------===//

#include "BiasCorrection.h"
#include "ChannelState.h"
#include "Selection.h"
#include "StoredWeights.h"
#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/QuantArrays.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/FormatVariadic.h"
#include <cfloat>
#include <cmath>
#include <limits>

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
  options.biasCorrection = config.weights.biasCorrection;
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

/// How weights are stored: symmetric, in [min, max] of `width` bits.
struct StoredForm {
  SmallVector<double> scales;
  std::optional<int64_t> axis;
  int64_t min, max;
  unsigned width;
};

/// In units of the accumulator: what a bias should take at most, and can.
constexpr double kQuarter = double(1 << 29);
constexpr double kWhole = double(std::numeric_limits<int32_t>::max());

struct QuantizeWeights : qopt::impl::QuantizeWeightsBase<QuantizeWeights> {
  using QuantizeWeightsBase::QuantizeWeightsBase;

  /// The largest magnitude that is stored in 8 bits. With 7 bits it is 64: two
  /// products with unsigned bytes then fit in 16 bits.
  int64_t byteLimit() const { return bits == 7 ? 64 : 127; }

  static bool hasNibbles(Operation *op) {
    return isWeightOnly(op) && getBits(getWeightOnly(op).getFormat()) == 4;
  }

  /// The largest magnitude of weights that are stored in 16 bits.
  ///
  /// An i32 accumulator has room for sum |w| times the largest activation. With
  /// sums of at most r times the largest weight, weights of w steps leave
  /// (2^31 - 1) / (r w) to the activation (qopt-fit-accumulators). Activations
  /// use their range less evenly than weights do, so they get kShare times as
  /// many steps: both then round about as coarsely.
  /// Where the activation, of type `wide`, reaches further on one side of zero
  /// than on the other, weights of the two signs do not add up.
  static int64_t chooseWideLimit(const Channels &channels,
                                 quant::QuantizedType wide) {
    SmallVector<double> positive(channels.count, 0.0), negative = positive,
                                                       largest = positive;
    const float *value = channels.values.data();
    for (int64_t outer = 0; outer < channels.outer; ++outer)
      for (int64_t channel = 0; channel < channels.count; ++channel)
        for (int64_t i = 0; i < channels.inner; ++i, ++value) {
          (*value > 0.0f ? positive : negative)[channel] += std::fabs(*value);
          largest[channel] =
              std::max(largest[channel], double(std::fabs(*value)));
        }
    constexpr double kShare = 2.5;
    double ratio = 1.0;
    const double low = std::fabs(double(wide.getStorageTypeMin())),
                 high = std::fabs(double(wide.getStorageTypeMax()));
    for (auto [up, down, most] : llvm::zip_equal(positive, negative, largest)) {
      double sum = std::max(up * high + down * low, down * high + up * low) /
                   std::max(low, high);
      if (most > 0.0 && std::isfinite(sum))
        ratio = std::max(ratio, sum / most);
    }
    return std::min<int64_t>(std::numeric_limits<int16_t>::max(),
                             std::floor(std::sqrt(kWhole / (kShare * ratio))));
  }

  /// The type of the activation of `op` that has 16 bits, or null.
  static quant::QuantizedType getWideActivation(QuantizableOpInterface op) {
    for (OpOperand &operand : op->getOpOperands())
      if (op.getOperandKind(operand) == OperandKind::Activation)
        if (auto observe = operand.get().getDefiningOp<ObserveOp>();
            observe && observe.getType() &&
            observe.getType()->getStorageTypeIntegralWidth() == 16)
          return *observe.getType();
    return {};
  }

  bool byMse() const { return method == "mse"; }

  /// The scale of `values`, or 0 where all are zero or next to it. Infinite on
  /// bad values.
  double chooseScale(ArrayRef<float> values, int64_t limit,
                     ChannelState &state) const {
    // Beyond 8 bits no clipping pays.
    double scale =
        chooseSymmetricScale(values, limit, byMse() && limit <= byteLimit());
    if (scale == 0.0)
      state = quantopt::largestMagnitude(values.data(), values.size()) == 0.0f
                  ? ChannelState::Dead
                  : ChannelState::Tiny;
    return scale;
  }

  /// The scale of each channel, as chooseScale has it.
  SmallVector<double> chooseScales(const Channels &channels, int64_t limit,
                                   MutableArrayRef<ChannelState> states) {
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
              scales[channel] =
                  chooseScale(channels.values.slice(channel * channels.inner,
                                                    channels.inner),
                              limit, states[channel]);
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
                ArrayRef<float>(gathered).slice(channel * size, size), limit,
                states[first + channel]);
        });
    return scales;
  }

  /// Writes the stored form of all weights.
  void quantizeAll(const Channels &channels, const StoredForm &form,
                   MutableArrayRef<int8_t> stored) {
    std::vector<float> narrow(form.scales.begin(), form.scales.end());
    mlir::parallelFor(&getContext(), 0, channels.outer, [&](size_t outer) {
      int64_t at = outer * channels.count * channels.inner;
      if (channels.inner == 1)
        return quantopt::quantizeSymmetric(
            channels.values.data() + at, channels.count, narrow.data(),
            /*perElement=*/true, form.min, form.max, stored.data() + at);
      for (int64_t channel = 0; channel < channels.count; ++channel) {
        quantopt::quantizeSymmetric(channels.values.data() + at, channels.inner,
                                    &narrow[channel], /*perElement=*/false,
                                    form.min, form.max, stored.data() + at);
        at += channels.inner;
      }
    });
  }

  /// The same in 16 bits.
  void quantizeAll(const Channels &channels, const StoredForm &form,
                   MutableArrayRef<int16_t> stored) {
    mlir::parallelFor(&getContext(), 0, channels.outer, [&](size_t outer) {
      int64_t at = outer * channels.count * channels.inner;
      for (int64_t channel = 0; channel < channels.count; ++channel) {
        const quantopt::QuantParams params{form.scales[channel], 0, form.min,
                                           form.max};
        for (int64_t end = at + channels.inner; at < end; ++at)
          stored[at] = static_cast<int16_t>(
              quantopt::quantize(channels.values[at], params));
      }
    });
  }

  /// How much larger the scale of an activation of `type` becomes where
  /// qopt-fit-accumulators cuts it to the steps that weights of `limit` leave.
  double getGrowth(quant::UniformQuantizedType type, int64_t limit) const {
    if (type.getStorageTypeIntegralWidth() != 16 || limit <= byteLimit())
      return 1.0;
    return std::max(1.0, double(type.getStorageTypeMax()) / double(limit));
  }

  /// The least scale of each of `channels`, so that the bias of `op` is at most
  /// `room` in units of the accumulator, and the unit no subnormal f32, with
  /// weights of up to `limit`.
  /// Channels that training has switched off have weights of next to nothing,
  /// and a bias.
  SmallVector<double> getLeastScales(QuantizableOpInterface op,
                                     int64_t channels, int64_t limit,
                                     double room) const {
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
            activation = type.getScale() * getGrowth(type, limit);
    }
    // Where the accumulator is no integer, there is no activation's scale.
    if (!activation || isWeightOnly(op))
      return least;
    least.assign(channels, double(FLT_MIN) / *activation);
    if (!bias)
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
    for (auto [index, value] : llvm::enumerate(*values)) {
      double scale = std::fabs(value) / (*activation * room);
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

  static Channels getChannels(ArrayRef<float> values, RankedTensorType type,
                              std::optional<int64_t> axis) {
    Channels channels{values, 1, 1, type.getNumElements()};
    if (axis) {
      channels.count = type.getDimSize(*axis);
      channels.inner = 1;
      for (int64_t size : type.getShape().drop_front(*axis + 1))
        channels.inner *= size;
      channels.outer =
          type.getNumElements() / (channels.count * channels.inner);
    }
    return channels;
  }

  /// What a quantization map gives for `operand`, and where; or null.
  static DictionaryAttr getGiven(QuantizableOpInterface op,
                                 OpOperand &operand) {
    if (auto all = op->getAttrOfType<ArrayAttr>(
            QOptDialect::getGivenWeightsAttrName()))
      for (auto entry : all.getAsRange<DictionaryAttr>())
        if (entry.getAs<IntegerAttr>("operand").getInt() ==
            operand.getOperandNumber())
          return entry;
    return {};
  }

  /// Takes the parameters that are given, unless the bias overflows with them.
  LogicalResult takeGiven(QuantizableOpInterface op, DictionaryAttr given,
                          RankedTensorType type, StoredForm &form) {
    FailureOr<UniformParams> params =
        UniformParams::get(given.getAs<TypeAttr>("type").getValue());
    StringRef place = given.getAs<StringAttr>("place").getValue();
    if (failed(params) ||
        (params->storageWidth != 8 &&
         !(params->storageWidth == 16 && getWideActivation(op))) ||
        !params->isSigned ||
        params->scales.size() !=
            size_t(params->axis ? type.getDimSize(*params->axis) : 1))
      return op->emitOpError("cannot store its weights as given at ") << place;
    form = {params->scales, params->axis, params->storageMin,
            params->storageMax, params->storageWidth};
    SmallVector<double> fitting =
        getLeastScales(op, form.scales.size(), form.max, kQuarter);
    for (auto [channel, least] : llvm::enumerate(
             getLeastScales(op, form.scales.size(), form.max, kWhole)))
      if (form.scales[channel] < least)
        return op->emitOpError("has a bias that does not fit in an i32 at the "
                               "weights' scale of channel ")
               << channel << ", "
               << llvm::formatv("{0:e}", form.scales[channel])
               << ", which is given at " << place << "; give at least "
               << llvm::formatv("{0:e}", fitting[channel]);
    explainWeights(op, "given at " + place);
    return success();
  }

  /// Whether all elements of `type` take more bytes on storage than `constant`,
  /// which they repeat, has in float.
  static bool isLargerStored(Operation *op, const ConstantTensor &constant,
                             RankedTensorType type) {
    if (constant.values.isSplat())
      return false;
    const unsigned stored =
        isWeightOnly(op) ? getBits(getWeightOnly(op).getFormat()) : 8;
    const unsigned width = constant.values.getShapedType()
                               .getElementType()
                               .getIntOrFloatBitWidth();
    return type.getNumElements() * stored >
           constant.values.getNumElements() * int64_t(width);
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
    if (!constant) {
      markFloat(op, "its weights are not one constant");
      return success();
    }
    auto type = cast<RankedTensorType>(weight.getType());
    if (type.getNumElements() == 0) {
      markFloat(op, "its weights have no elements");
      return success();
    }
    if (isLargerStored(op, *constant, type)) {
      markFloat(op,
                "its weights, a constant that is broadcast, are larger when "
                "stored than the constant is");
      return success();
    }
    ElementsAttr whole = materialize(*constant, type);
    FailureOr<ConstantValues<float>> values =
        whole ? readFloats(whole) : FailureOr<ConstantValues<float>>();
    if (failed(values)) {
      markFloat(op, "its weights cannot be read at compile time");
      return success();
    }
    if (isWeightOnly(op)) {
      WeightOnlyAttr settings = getWeightOnly(op);
      if (!isInteger(settings.getFormat())) {
        if (std::isinf(
                quantopt::largestMagnitude(values->begin(), values->size())))
          return emitBadWeights(op);
        operand.set(downcastWeights(op, operand, *values, settings.getFormat(),
                                    getBlobName(op)));
        return success();
      }
      if (settings.getGroup() > 0)
        return quantizeGroups(op, operand, *values, settings.getGroup());
    }
    std::optional<int64_t> axis = op.getWeightChannelDim(operand);
    if (granularity == "per-tensor")
      axis = std::nullopt;
    Channels channels = getChannels(*values, type, axis);
    const quant::QuantizedType wide =
        bits == 16 ? getWideActivation(op) : quant::QuantizedType();
    const bool isWide = bool(wide);
    const int64_t limit = isWide           ? chooseWideLimit(channels, wide)
                          : hasNibbles(op) ? 7
                                           : byteLimit();
    StoredForm form{{}, axis, -limit, limit, isWide ? 16u : 8u};
    if (DictionaryAttr given = getGiven(op, operand)) {
      if (failed(takeGiven(op, given, type, form)))
        return failure();
      channels = getChannels(*values, type, form.axis);
    } else if (failed(choose(op, channels, form))) {
      return failure();
    }

    ConstantBuilder stored(RankedTensorType::get(
        type.getShape(), IntegerType::get(op->getContext(), form.width)));
    if (form.width == 16)
      quantizeAll(channels, form, stored.getMutableData<int16_t>());
    else
      quantizeAll(channels, form, stored.getMutableData<int8_t>());
    ElementsAttr elements = std::move(stored).finish(getBlobName(op));
    correctBias(op, operand, {*values, elements, form.scales, form.axis});
    store(operand, type, elements, form);
    return success();
  }

  /// Adds what the map gives, or else what the means of the input say.
  void correctBias(QuantizableOpInterface op, OpOperand &operand,
                   const RoundedWeights &weights) {
    std::optional<BiasCorrection> correction;
    if (DictionaryAttr given = getGiven(op, operand)) {
      if (auto numbers = given.getAs<DenseF32ArrayAttr>("bias_correction")) {
        correction.emplace();
        setDims(*correction, op, operand);
        correction->values = numbers.asArrayRef();
      }
    } else if (biasCorrection && isInteger(op)) {
      correction = computeBiasCorrection(op, operand, weights);
    }
    if (!correction || correction->getLargest() == 0.0f ||
        !addToBias(op, *correction))
      return;
    auto module = op->getParentOfType<ModuleOp>();
    if (!module || !module->hasAttr(QOptDialect::getExplainAttrName()))
      return;
    ConstantBuilder kept(
        RankedTensorType::get({int64_t(correction->values.size())},
                              Float32Type::get(op->getContext())));
    llvm::copy(correction->values, kept.getMutableData<float>().begin());
    op->setAttr(QOptDialect::getBiasCorrectionAttrName(),
                std::move(kept).finish("correction"));
    explainWeights(op, llvm::formatv("the bias takes back what rounding them "
                                     "shifts, up to {0:g}",
                                     correction->getLargest()));
  }

  /// Groups along the largest dimension that `op` sums over: the first of them.
  LogicalResult quantizeGroups(QuantizableOpInterface op, OpOperand &operand,
                               ArrayRef<float> values, int64_t size) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    SmallVector<bool> isKept(type.getRank(), false);
    for (auto [own, result] : op.getSharedDims(operand))
      isKept[own] = true;
    std::optional<int64_t> axis;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!isKept[dim] &&
          (!axis || type.getDimSize(dim) > type.getDimSize(*axis)))
        axis = dim;
    if (!axis) {
      markFloat(op, "no dimension of its weights is summed over, so they have "
                    "no groups");
      return success();
    }
    GroupedWeights grouped(type, *axis, size);
    const bool isNibble = hasNibbles(op);
    const int64_t limit = isNibble ? 7 : byteLimit();
    auto scaleOf = [&](ArrayRef<float> group) {
      return isNibble ? chooseNibbleScale(group, byMse())
                      : chooseSymmetricScale(group, limit, byMse());
    };
    if (!grouped.quantize(values, isNibble ? -8 : -limit, limit, scaleOf))
      return emitBadWeights(op);
    operand.set(std::move(grouped).finish(operand, getBlobName(op)));
    return success();
  }

  static LogicalResult emitBadWeights(Operation *op) {
    return op->emitOpError("has weights that are NaN or infinite; mend the "
                           "model before quantizing it");
  }

  static std::string getBlobName(Operation *op) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    return (name ? name.getValue() + ".weights" : Twine("weights")).str();
  }

  /// Chooses the scales of `form`.
  LogicalResult choose(QuantizableOpInterface op, const Channels &channels,
                       StoredForm &form) {
    SmallVector<ChannelState> states(channels.count, ChannelState::Ordinary);
    form.scales = chooseScales(channels, form.max, states);
    double smallest = 0.0;
    for (double scale : form.scales) {
      if (std::isinf(scale))
        return emitBadWeights(op);
      if (scale > 0.0 && (smallest == 0.0 || scale < smallest))
        smallest = scale;
    }
    // A channel of zeros stores zeros at any scale; a small one keeps its bias.
    for (double &scale : form.scales)
      if (scale == 0.0)
        scale = smallest > 0.0 ? smallest : 1.0;
    for (auto [scale, state, least] : llvm::zip_equal(
             form.scales, states,
             getLeastScales(op, channels.count, form.max, kQuarter))) {
      if (scale >= least)
        continue;
      // Rounded up: the type holds the f32, which must not be smaller.
      float wide = float(least);
      scale = double(wide) < least ? std::nextafter(wide, INFINITY) : wide;
      if (state == ChannelState::Ordinary)
        state = ChannelState::Widened;
    }
    report(op, states);
    return success();
  }

  /// Tells of channels whose scale does not come from their weights.
  static void report(QuantizableOpInterface op, ArrayRef<ChannelState> states) {
    // The others lose nothing that the model computes.
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (std::string text = describe(states, ChannelState::Widened);
        !text.empty())
      emitRemark(op->getLoc(), "'")
          << op->getName() << "'"
          << (name ? " '" + name.str() + "'" : std::string())
          << " has weights with " << text;
    if (std::string all = describe(states); !all.empty())
      explainWeights(op, all);
  }

  /// Where the module is explained, keeps `text` for it.
  static void explainWeights(Operation *op, const Twine &text) {
    auto module = op->getParentOfType<ModuleOp>();
    if (!module || !module->hasAttr(QOptDialect::getExplainAttrName()))
      return;
    auto before = op->getAttrOfType<StringAttr>(QOptDialect::getWhyAttrName());
    op->setAttr(
        QOptDialect::getWhyAttrName(),
        StringAttr::get(op->getContext(),
                        before ? before.getValue() + "; " + text : text));
  }

  static void store(OpOperand &operand, RankedTensorType type,
                    ElementsAttr stored, const StoredForm &form) {
    OpBuilder builder(operand.getOwner());
    Location loc = operand.get().getLoc();
    Type storage = builder.getIntegerType(form.width);
    unsigned flags = quant::QuantizationFlags::Signed;
    SmallVector<int64_t> zeroPoints(form.scales.size(), 0);
    quant::QuantizedType quantized;
    if (form.axis)
      quantized = quant::UniformQuantizedPerAxisType::get(
          flags, storage, type.getElementType(), form.scales, zeroPoints,
          int32_t(*form.axis), form.min, form.max);
    else
      quantized = quant::UniformQuantizedType::get(
          flags, storage, type.getElementType(), form.scales[0], 0, form.min,
          form.max);
    Value constant =
        arith::ConstantOp::create(builder, loc, cast<TypedAttr>(stored));
    operand.set(DequantizeOp::create(builder, loc, type, constant,
                                     TypeAttr::get(quantized)));
  }

  void runOnOperation() override {
    if ((granularity != "per-channel" && granularity != "per-tensor") ||
        (method != "min-max" && method != "mse") ||
        (bits != 7 && bits != 8 && bits != 16)) {
      getOperation().emitError("qopt-quantize-weights takes granularity="
                               "per-channel|per-tensor, method=min-max|mse and "
                               "bits=8|7|16");
      return signalPassFailure();
    }
    WalkResult result =
        getOperation().walk([&](QuantizableOpInterface op) -> WalkResult {
          if (!isInteger(op) && !isDynamic(op) && !isWeightOnly(op))
            return WalkResult::advance();
          for (OpOperand &operand : op->getOpOperands())
            if (op.getOperandKind(operand) == OperandKind::Weight &&
                failed(quantize(op, operand)))
              return WalkResult::interrupt();
          return WalkResult::advance();
        });
    getOperation().walk([](Operation *op) {
      op->removeAttr(QOptDialect::getInputMeansAttrName());
      op->removeAttr(QOptDialect::getGivenWeightsAttrName());
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
