//===- InterpreterOps.cpp - Conversions and movements of tensors ----------===//
//
// The operations of qopt, quant and tensor for Interpreter.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::qopt;
using quantopt::QuantParams;

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

namespace {
/// The parameters of each element of a tensor.
class ElementParams {
public:
  static FailureOr<ElementParams> get(Type type, ArrayRef<int64_t> shape) {
    FailureOr<UniformParams> params = UniformParams::get(type);
    if (failed(params))
      return failure();
    ElementParams result(*params);
    if (params->axis) {
      if (*params->axis >= int64_t(shape.size()))
        return failure();
      for (int64_t size : shape.drop_front(*params->axis + 1))
        result.inner *= size;
    }
    return result;
  }

  QuantParams operator[](size_t element) const {
    size_t channel = (element / inner) % params.scales.size();
    return {params.scales[channel], params.zeroPoints[channel],
            params.storageMin, params.storageMax};
  }
  /// The number that the pattern `stored` means.
  int64_t load(int64_t stored) const {
    unsigned width = params.storageWidth;
    return params.isSigned || width >= 64
               ? stored
               : stored & int64_t((uint64_t(1) << width) - 1);
  }
  /// The pattern of `value`, sign extended.
  int64_t store(int64_t value) const {
    return params.storageWidth >= 64
               ? value
               : llvm::SignExtend64(uint64_t(value), params.storageWidth);
  }

private:
  ElementParams(UniformParams params) : params(std::move(params)) {}
  UniformParams params;
  size_t inner = 1;
};
} // namespace

/// Applies `function(value, element)` to each element.
template <typename Function>
static std::shared_ptr<Tensor> mapElements(const Tensor &input,
                                           Function function) {
  auto result = std::make_shared<Tensor>(input);
  for (auto [index, element] : llvm::enumerate(result->elements))
    element = function(element, index);
  return result;
}

static ScalarValue makeReal(double value) {
  ScalarValue result;
  result.real = value;
  return result;
}

static ScalarValue makeInteger(int64_t value) {
  ScalarValue result;
  result.integer = value;
  return result;
}

static FailureOr<TensorRef> quantizeElements(const Tensor &input, Type type,
                                             quantopt::RoundingMode rounding) {
  FailureOr<ElementParams> params = ElementParams::get(type, input.shape);
  if (failed(params))
    return failure();
  return TensorRef(mapElements(input, [&](ScalarValue x, size_t i) {
    return makeInteger(params->store(
        quantopt::quantize(float(x.real), (*params)[i], rounding)));
  }));
}

static FailureOr<TensorRef> dequantizeElements(const Tensor &input, Type type) {
  FailureOr<ElementParams> params = ElementParams::get(type, input.shape);
  if (failed(params))
    return failure();
  return TensorRef(mapElements(input, [&](ScalarValue q, size_t i) {
    return makeReal(
        quantopt::dequantize(params->load(q.integer), (*params)[i]));
  }));
}

static FailureOr<TensorRef> requantizeElements(const Tensor &input, Type from,
                                               Type to, NumericsAttr numerics) {
  FailureOr<ElementParams> source = ElementParams::get(from, input.shape);
  FailureOr<ElementParams> target = ElementParams::get(to, input.shape);
  if (failed(source) || failed(target))
    return failure();
  Multiplier kind = numerics.getMultiplier();
  quantopt::RoundingMode rounding = getRounding(numerics);
  quantopt::FixedPointRounding fixedPoint =
      kind == Multiplier::Q31Single ? quantopt::FixedPointRounding::Single
                                    : quantopt::FixedPointRounding::Double;
  return TensorRef(mapElements(input, [&](ScalarValue q, size_t i) {
    QuantParams in = (*source)[i], out = (*target)[i];
    auto acc = int32_t(source->load(q.integer) - in.zeroPoint);
    int64_t result =
        kind == Multiplier::F32
            ? quantopt::requantizeF32(
                  acc, quantopt::requantMultiplier(in.scale, out.scale),
                  out.zeroPoint, out.qmin, out.qmax, rounding)
            : quantopt::requantizeQ31(
                  acc, quantopt::decompose(in.scale / out.scale, fixedPoint),
                  fixedPoint, out.zeroPoint, out.qmin, out.qmax);
    return makeInteger(target->store(result));
  }));
}

/// The rounding that the contract gives `op`; programs without our dialect have
/// none of their own.
static quantopt::RoundingMode getRoundingOf(Operation *op) {
  if (!op->getContext()->getLoadedDialect<QOptDialect>())
    return quantopt::RoundingMode::HalfEven;
  return getRounding(getNumerics(op));
}

/// Upstream's casts leave the rounding open: here it is that of the contract,
/// with the clamp that their text asks for.
static FailureOr<TensorRef> evaluateUpstream(Operation *op,
                                             const Tensor &input) {
  return llvm::TypeSwitch<Operation *, FailureOr<TensorRef>>(op)
      .Case([&](quant::QuantizeCastOp cast) {
        return quantizeElements(
            input, getElementTypeOrSelf(cast.getResult().getType()),
            getRoundingOf(op));
      })
      .Case([&](quant::DequantizeCastOp cast) {
        return dequantizeElements(
            input, getElementTypeOrSelf(cast.getInput().getType()));
      })
      .Case([&](quant::StorageCastOp) {
        return TensorRef(std::make_shared<Tensor>(input));
      })
      .Default([](Operation *) { return FailureOr<TensorRef>(failure()); });
}

/// Rules Y0 and Y1 of docs/NumericContract.md.
static FailureOr<SmallVector<TensorRef, 2>>
quantizeDynamically(QuantizeDynamicOp op, const Tensor &input) {
  ArrayRef<int64_t> kept = op.getKept();
  SmallVector<int64_t> strides(input.shape.size(), 1), sizes;
  for (int dim = int(input.shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * input.shape[dim + 1];
  size_t groups = 1;
  for (int64_t dim : kept) {
    sizes.push_back(input.shape[dim]);
    groups *= input.shape[dim];
  }
  auto groupOf = [&](size_t element) {
    size_t group = 0;
    for (int64_t dim : kept)
      group = group * input.shape[dim] +
              (element / strides[dim]) % input.shape[dim];
    return group;
  };
  std::vector<float> low(groups, 0), high(groups, 0);
  for (auto [i, x] : llvm::enumerate(input.elements)) {
    float &least = low[groupOf(i)], &most = high[groupOf(i)];
    least = float(x.real) < least ? float(x.real) : least;
    most = float(x.real) > most ? float(x.real) : most;
  }
  bool isSymmetric = !op.getZeroPoints();
  auto result = std::make_shared<Tensor>(input);
  auto scales = std::make_shared<Tensor>(), zeros = std::make_shared<Tensor>();
  scales->shape = zeros->shape = sizes;
  std::vector<QuantParams> params(groups);
  for (size_t g = 0; g < groups; ++g) {
    float scale = isSymmetric ? std::max(-low[g], high[g]) / 127.0f
                              : (high[g] - low[g]) / 255.0f;
    if (scale < quantopt::kLeastDynamicScale)
      scale = 1;
    int64_t zero = 0;
    if (!isSymmetric)
      zero = quantopt::quantize(-low[g], {scale, 0, 0, 255}) - 128;
    params[g] = {scale, zero, isSymmetric ? -127 : -128, 127};
    scales->elements.push_back(makeReal(scale));
    zeros->elements.push_back(makeInteger(zero));
  }
  quantopt::RoundingMode rounding = getRoundingOf(op);
  for (auto [i, element] : llvm::enumerate(result->elements))
    element = makeInteger(
        quantopt::quantize(float(element.real), params[groupOf(i)], rounding));
  SmallVector<TensorRef, 2> results = {result, scales};
  if (!isSymmetric)
    results.push_back(zeros);
  return results;
}

FailureOr<Interpreter::Results> Interpreter::evaluateConversion(Operation *op) {
  TensorRef input = get(op->getOperand(0));
  if (auto dynamic = dyn_cast<QuantizeDynamicOp>(op))
    return quantizeDynamically(dynamic, *input);
  FailureOr<TensorRef> result =
      llvm::TypeSwitch<Operation *, FailureOr<TensorRef>>(op)
          .Case([&](QuantizeOp quantize) {
            return quantizeElements(*input, quantize.getType(),
                                    getRoundingOf(op));
          })
          .Case([&](DequantizeOp dequantize) {
            return dequantizeElements(*input, dequantize.getType());
          })
          .Case([&](RequantizeOp requantize) {
            return requantizeElements(*input, requantize.getFrom(),
                                      requantize.getTo(), getNumerics(op));
          })
          .Case([&](FakeQuantOp fake) -> FailureOr<TensorRef> {
            FailureOr<TensorRef> stored =
                quantizeElements(*input, fake.getType(), getRoundingOf(op));
            if (failed(stored))
              return failure();
            return dequantizeElements(**stored, fake.getType());
          })
          .Case([&](LookupOp lookup) -> FailureOr<TensorRef> {
            auto table = lookup.getTable().tryGetValues<Attribute>();
            if (!table)
              return failure();
            SmallVector<ScalarValue> entries;
            for (Attribute entry : *table)
              if (std::optional<ScalarValue> value = getScalarValue(entry))
                entries.push_back(*value);
            if (entries.size() != 256)
              return failure();
            return TensorRef(mapElements(*input, [&](ScalarValue q, size_t) {
              return entries[uint8_t(q.integer)];
            }));
          })
          .Case([&](ObserveOp observe) -> FailureOr<TensorRef> {
            // A final one rounds, whatever reads it.
            if (!observe.getFinal() || !observe.getType())
              return input;
            FailureOr<TensorRef> stored =
                quantizeElements(*input, *observe.getType(), getRoundingOf(op));
            if (failed(stored))
              return failure();
            return dequantizeElements(**stored, *observe.getType());
          })
          .Default([&](Operation *) { return evaluateUpstream(op, *input); });
  if (failed(result))
    return failure();
  return Results{*result};
}

//===----------------------------------------------------------------------===//
// Movements
//===----------------------------------------------------------------------===//

/// The row-major position of each element of a box of `sizes` in a tensor of
/// `shape`, at `offsets` and with `strides`; -1 where it lies outside.
static std::vector<int64_t> getBox(ArrayRef<int64_t> shape,
                                   ArrayRef<int64_t> offsets,
                                   ArrayRef<int64_t> sizes,
                                   ArrayRef<int64_t> strides) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  std::vector<int64_t> positions;
  positions.reserve(count);
  SmallVector<int64_t> index(sizes.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = 0;
    bool isInside = true;
    for (auto [dim, size] : llvm::enumerate(shape)) {
      int64_t where = offsets[dim] + index[dim] * strides[dim];
      isInside &= where >= 0 && where < size;
      at = at * size + where;
    }
    positions.push_back(isInside ? at : -1);
    for (int dim = int(sizes.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < sizes[dim])
        break;
      index[dim] = 0;
    }
  }
  return positions;
}

FailureOr<Interpreter::Results> Interpreter::evaluateMovement(Operation *op) {
  for (Type type : op->getResultTypes())
    if (!isRepresentable(type))
      return failure();
  auto result = std::make_shared<Tensor>();
  if (auto shaped = dyn_cast<RankedTensorType>(op->getResult(0).getType()))
    result->shape = llvm::to_vector(shaped.getShape());
  int64_t size = 1;
  for (int64_t dim : result->shape)
    size *= dim;

  if (isa<tensor::EmptyOp>(op)) {
    result->elements.assign(size, makeInteger(0));
    return Results{result};
  }
  if (isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
          tensor::ReshapeOp>(op)) {
    result->elements = get(op->getOperand(0))->elements;
    return Results{result};
  }
  if (auto splat = dyn_cast<tensor::SplatOp>(op)) {
    result->elements.assign(size, get(splat.getInput())->elements[0]);
    return Results{result};
  }
  if (isa<tensor::FromElementsOp>(op)) {
    for (Value operand : op->getOperands())
      result->elements.push_back(get(operand)->elements[0]);
    return Results{result};
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    TensorRef source = get(extract.getTensor());
    int64_t at = 0;
    for (auto [index, dim] : llvm::zip(extract.getIndices(), source->shape)) {
      int64_t where = get(index)->elements[0].integer;
      if (where < 0 || where >= dim)
        return failure();
      at = at * dim + where;
    }
    result->elements = {source->elements[at]};
    return Results{result};
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    if (ShapedType::isDynamicShape(slice.getStaticOffsets()) ||
        ShapedType::isDynamicShape(slice.getStaticSizes()) ||
        ShapedType::isDynamicShape(slice.getStaticStrides()))
      return failure();
    TensorRef source = get(slice.getSource());
    for (int64_t at :
         getBox(source->shape, slice.getStaticOffsets(), slice.getStaticSizes(),
                slice.getStaticStrides())) {
      if (at < 0)
        return failure();
      result->elements.push_back(source->elements[at]);
    }
    return Results{result};
  }
  if (auto slice = dyn_cast<tensor::InsertSliceOp>(op)) {
    if (ShapedType::isDynamicShape(slice.getStaticOffsets()) ||
        ShapedType::isDynamicShape(slice.getStaticSizes()) ||
        ShapedType::isDynamicShape(slice.getStaticStrides()))
      return failure();
    *result = *get(slice.getDest());
    TensorRef source = get(slice.getSource());
    std::vector<int64_t> box =
        getBox(result->shape, slice.getStaticOffsets(), slice.getStaticSizes(),
               slice.getStaticStrides());
    for (auto [at, element] : llvm::zip_equal(box, source->elements)) {
      if (at < 0)
        return failure();
      result->elements[at] = element;
    }
    return Results{result};
  }
  if (auto take = dyn_cast<TakeOp>(op)) {
    TensorRef source = get(take.getInput());
    SmallVector<const Tensor *> positions(source->shape.size(), nullptr);
    for (auto [dim, list] :
         llvm::zip_equal(take.getDims(), take.getPositions()))
      positions[dim] = get(list).get();
    for (int64_t i = 0; i < size; ++i) {
      int64_t at = 0, rest = i, inner = size;
      for (auto [dim, extent] : llvm::enumerate(source->shape)) {
        inner /= result->shape[dim];
        int64_t where = rest / inner;
        rest %= inner;
        if (positions[dim])
          where = positions[dim]->elements[where].integer;
        if (where < 0 || where >= extent)
          return failure();
        at = at * extent + where;
      }
      result->elements.push_back(source->elements[at]);
    }
    return Results{result};
  }
  if (auto gather = dyn_cast<tensor::GatherOp>(op)) {
    TensorRef source = get(gather.getSource()), list = get(gather.getIndices());
    const ArrayRef<int64_t> dims = gather.getGatherDims();
    // Each list of coordinates takes a block, whole in the other dimensions.
    SmallVector<int64_t> sizes(source->shape), ones(sizes.size(), 1);
    for (int64_t dim : dims)
      sizes[dim] = 1;
    const int64_t lists = list->elements.size() / dims.size();
    for (int64_t i = 0; i < lists; ++i) {
      SmallVector<int64_t> offsets(sizes.size(), 0);
      for (auto [k, dim] : llvm::enumerate(dims))
        offsets[dim] = list->elements[i * dims.size() + k].integer;
      for (int64_t at : getBox(source->shape, offsets, sizes, ones)) {
        if (at < 0)
          return failure();
        result->elements.push_back(source->elements[at]);
      }
    }
    return Results{result};
  }
  if (auto concat = dyn_cast<tensor::ConcatOp>(op)) {
    result->elements.assign(size, makeInteger(0));
    SmallVector<int64_t> offsets(result->shape.size(), 0);
    SmallVector<int64_t> ones(result->shape.size(), 1);
    for (Value operand : concat.getInputs()) {
      TensorRef part = get(operand);
      std::vector<int64_t> box =
          getBox(result->shape, offsets, part->shape, ones);
      for (auto [at, element] : llvm::zip_equal(box, part->elements))
        result->elements[at] = element;
      offsets[concat.getDim()] += part->shape[concat.getDim()];
    }
    return Results{result};
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value padding = pad.getConstantPaddingValue();
    SmallVector<int64_t> low(pad.getStaticLow());
    if (!padding || ShapedType::isDynamicShape(low))
      return failure();
    TensorRef source = get(pad.getSource()), value = get(padding);
    if (!value) {
      // The constant may stand in the body.
      Interpreter inner(func, outOfRange);
      FailureOr<Results> constant =
          padding.getDefiningOp() ? inner.evaluate(padding.getDefiningOp())
                                  : FailureOr<Results>(failure());
      if (failed(constant))
        return failure();
      value = constant->front();
    }
    result->elements.assign(size, value->elements[0]);
    SmallVector<int64_t> ones(result->shape.size(), 1);
    std::vector<int64_t> box = getBox(result->shape, low, source->shape, ones);
    for (auto [at, element] : llvm::zip_equal(box, source->elements))
      if (at >= 0)
        result->elements[at] = element;
    return Results{result};
  }
  return failure();
}
