//===- QuantizeDynamically.cpp - Parameters that are computed at run time -===//
//
// The interface builds the integer form for activations of scale 1 and zero
// point 0, so the type of the accumulator holds the weights' scales alone. What
// the activations' own parameters add stands behind the accumulator, in float.
//
//===----------------------------------------------------------------------===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

namespace mlir::qopt {
#define GEN_PASS_DEF_QUANTIZEDYNAMICALLY
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// A tensor that an element of the result finds its parameter in: `dims` are
/// the dimensions of the result that index it.
struct Parameter {
  Value tensor;
  SmallVector<int64_t> dims;
};

/// What stands behind the accumulator.
struct Epilogue {
  /// Factors, multiplied in this order before they scale the accumulator.
  SmallVector<Parameter> scales;
  /// Zero points of the activation and the sums of weights they multiply.
  std::optional<Parameter> zeroPoint, sums;
  /// What the original accumulated on, and how the result indexes it.
  Value init;
  AffineMap initMap;
};

class DynamicQuantizer {
public:
  DynamicQuantizer(QuantizableOpInterface op)
      : op(op), settings(getDynamic(op)), builder(op), loc(op->getLoc()),
        resultType(cast<RankedTensorType>(op->getResult(0).getType())) {}

  /// Replaces the operation, or says in `reason` why not.
  LogicalResult run(std::string &reason);

private:
  bool isSymmetric() const {
    return settings.getSymmetric() || numActivations > 1;
  }
  quant::QuantizedType getUnitType();
  void quantizeActivation(OpOperand &operand);
  LogicalResult takeWeight(OpOperand &operand, std::string &reason);
  LogicalResult takeInit(OpOperand &operand, std::string &reason);
  LogicalResult sumWeights(OpOperand &operand, DequantizeOp weight,
                           std::string &reason);
  Value emitEpilogue(const IntegerForm &form);

  QuantizableOpInterface op;
  DynamicAttr settings;
  OpBuilder builder;
  Location loc;
  RankedTensorType resultType;
  unsigned numActivations = 0;
  SmallVector<Value> operands;
  SmallVector<quant::QuantizedType> types;
  Epilogue epilogue;
};
} // namespace

/// Stored values as they are: scale 1, zero point 0.
quant::QuantizedType DynamicQuantizer::getUnitType() {
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, builder.getI8Type(),
      builder.getF32Type(), /*scale=*/1.0, /*zeroPoint=*/0,
      isSymmetric() ? -127 : -128, 127);
}

void DynamicQuantizer::quantizeActivation(OpOperand &operand) {
  SmallVector<int64_t> kept, dims, sizes;
  auto type = cast<RankedTensorType>(operand.get().getType());
  if (settings.getGranularity() == Granularity::Row)
    for (auto [own, result] : op.getSharedDims(operand)) {
      kept.push_back(own);
      dims.push_back(result);
      sizes.push_back(type.getDimSize(own));
    }
  SmallVector<Type> results = {
      type.clone(builder.getI8Type()),
      RankedTensorType::get(sizes, builder.getF32Type())};
  if (!isSymmetric())
    results.push_back(RankedTensorType::get(sizes, builder.getI32Type()));
  auto quantize = QuantizeDynamicOp::create(
      builder, operand.get().getLoc(), results, operand.get(),
      builder.getDenseI64ArrayAttr(kept), NumericsAttr());
  operands[operand.getOperandNumber()] = quantize.getResult();
  types[operand.getOperandNumber()] = getUnitType();
  epilogue.scales.push_back({quantize.getScales(), dims});
  if (Value zeroPoints = quantize.getZeroPoints())
    epilogue.zeroPoint = Parameter{zeroPoints, dims};
}

LogicalResult DynamicQuantizer::takeWeight(OpOperand &operand,
                                           std::string &reason) {
  auto weight = operand.get().getDefiningOp<DequantizeOp>();
  if (!weight) {
    reason = "its weights are not quantized";
    return failure();
  }
  operands[operand.getOperandNumber()] = weight.getInput();
  types[operand.getOperandNumber()] = weight.getType();
  return isSymmetric() ? success() : sumWeights(operand, weight, reason);
}

/// The sums of weights that a zero point multiplies, by the dimensions of the
/// weights that the result has too.
LogicalResult DynamicQuantizer::sumWeights(OpOperand &operand,
                                           DequantizeOp weight,
                                           std::string &reason) {
  std::optional<ConstantTensor> constant = getConstantTensor(weight.getInput());
  FailureOr<SmallVector<int64_t>> values = failure();
  if (constant && constant->map.isIdentity())
    values = readIntegers(constant->values);
  if (failed(values)) {
    reason = "its weights cannot be summed at compile time";
    return failure();
  }
  auto type = cast<RankedTensorType>(weight.getInput().getType());
  bool isSplat = constant->values.isSplat();
  SmallVector<int64_t> strides(type.getRank(), 0), dims, sizes;
  int64_t count = 1;
  SmallVector<std::pair<int64_t, int64_t>> shared = op.getSharedDims(operand);
  for (auto [own, result] : shared) {
    dims.push_back(result);
    sizes.push_back(type.getDimSize(own));
  }
  for (auto [own, result] : llvm::reverse(shared)) {
    strides[own] = count;
    count *= type.getDimSize(own);
  }
  SmallVector<int64_t> sums(count, 0), magnitudes(count, 0);
  SmallVector<int64_t> shape(type.getShape()), index(type.getRank(), 0);
  int64_t position = 0;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    int64_t value = (*values)[isSplat ? 0 : i];
    sums[position] += value;
    magnitudes[position] += std::abs(value);
    for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
      position += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      position -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  // Stored values less their zero point span 255 either way.
  if (*llvm::max_element(magnitudes) >
      std::numeric_limits<int32_t>::max() / 255) {
    reason = "its i32 accumulator could overflow with these weights";
    return failure();
  }
  SmallVector<int32_t> narrow(sums.begin(), sums.end());
  auto sumsType = RankedTensorType::get(sizes, builder.getI32Type());
  Value tensor = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(sumsType, ArrayRef<int32_t>(narrow)));
  epilogue.sums = Parameter{tensor, dims};
  return success();
}

/// The accumulator starts at 0; what it started at is added in float.
LogicalResult DynamicQuantizer::takeInit(OpOperand &operand,
                                         std::string &reason) {
  Value init = operand.get();
  std::optional<double> splat = getSplatConstant(init);
  if (splat && *splat == 0.0)
    return success();
  if (init.getType() != resultType) {
    reason = "its initial value has another shape than its result";
    return failure();
  }
  operands[operand.getOperandNumber()] = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(resultType,
                             builder.getZeroAttr(resultType.getElementType())));
  epilogue.init = init;
  epilogue.initMap = builder.getMultiDimIdentityMap(resultType.getRank());
  // A bias is read where it is, not from a copy a row.
  if (std::optional<ConstantTensor> constant = getConstantTensor(init)) {
    epilogue.init = arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(constant->values));
    epilogue.initMap = constant->map;
  }
  return success();
}

Value DynamicQuantizer::emitEpilogue(const IntegerForm &form) {
  int64_t rank = resultType.getRank();
  MLIRContext *context = builder.getContext();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  auto addInput = [&](Value value, AffineMap map) {
    inputs.push_back(value);
    maps.push_back(map);
    return unsigned(inputs.size() - 1);
  };
  auto addParameter = [&](const Parameter &parameter) {
    SmallVector<AffineExpr> exprs;
    for (int64_t dim : parameter.dims)
      exprs.push_back(builder.getAffineDimExpr(dim));
    return addInput(parameter.tensor, AffineMap::get(rank, 0, exprs, context));
  };
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  addInput(form.value, identity);

  // The weights' scales, which are 1 for a product of activations.
  UniformParams weights = *UniformParams::get(form.type);
  if (weights.isPerAxis() ||
      llvm::any_of(weights.scales, [](double scale) { return scale != 1.0; })) {
    SmallVector<float> scales(weights.scales.begin(), weights.scales.end());
    SmallVector<int64_t> sizes, dims;
    if (weights.isPerAxis()) {
      sizes = {int64_t(scales.size())};
      dims = {*weights.axis};
    }
    Value tensor = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            RankedTensorType::get(sizes, builder.getF32Type()),
            ArrayRef<float>(scales)));
    epilogue.scales.push_back({tensor, dims});
  }
  SmallVector<unsigned> scales;
  for (const Parameter &scale : epilogue.scales)
    scales.push_back(addParameter(scale));
  std::optional<unsigned> zeroPoint, sums, init;
  if (epilogue.zeroPoint && epilogue.sums) {
    zeroPoint = addParameter(*epilogue.zeroPoint);
    sums = addParameter(*epilogue.sums);
  }
  if (epilogue.init)
    init = addInput(epilogue.init, epilogue.initMap);

  Value empty = tensor::EmptyOp::create(builder, loc, resultType.getShape(),
                                        resultType.getElementType());
  maps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, resultType, inputs, empty, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value sum = arguments[0];
        if (zeroPoint) {
          Value term = arith::MulIOp::create(b, loc, arguments[*zeroPoint],
                                             arguments[*sums]);
          sum = arith::SubIOp::create(b, loc, sum, term);
        }
        Value real = arith::SIToFPOp::create(b, loc, b.getF32Type(), sum);
        Value factor = arguments[scales.front()];
        for (unsigned scale : ArrayRef(scales).drop_front())
          factor = arith::MulFOp::create(b, loc, factor, arguments[scale]);
        real = arith::MulFOp::create(b, loc, real, factor);
        if (init)
          real = arith::AddFOp::create(b, loc, real, arguments[*init]);
        linalg::YieldOp::create(b, loc, real);
      });
  return generic.getResult(0);
}

LogicalResult DynamicQuantizer::run(std::string &reason) {
  if (!resultType.getElementType().isF32()) {
    reason = "its values are not f32, which dynamic quantization takes";
    return failure();
  }
  operands.assign(op->getOperands().begin(), op->getOperands().end());
  types.assign(op->getNumOperands(), {});
  numActivations = llvm::count_if(op->getOpOperands(), isActivation);
  for (OpOperand &operand : op->getOpOperands()) {
    switch (op.getOperandKind(operand)) {
    case OperandKind::Activation:
      quantizeActivation(operand);
      break;
    case OperandKind::Weight:
      if (failed(takeWeight(operand, reason)))
        return failure();
      break;
    case OperandKind::Accumulator:
      if (failed(takeInit(operand, reason)))
        return failure();
      break;
    case OperandKind::Ignored:
      break;
    }
  }
  FailureOr<IntegerForm> form =
      op.buildIntegerForm(builder, operands, types, reason);
  if (failed(form))
    return failure();
  Value real = emitEpilogue(*form);
  StringRef nameAttr = QOptDialect::getNameAttrName();
  if (Attribute name = op->getAttr(nameAttr)) {
    form->value.getDefiningOp()->setAttr(nameAttr, name);
    real.getDefiningOp()->setAttr(nameAttr, name);
  }
  form->value.getDefiningOp()->removeAttr(QOptDialect::getDynamicAttrName());
  op->getResult(0).replaceAllUsesWith(real);
  op->erase();
  return success();
}

namespace {
struct QuantizeDynamically
    : qopt::impl::QuantizeDynamicallyBase<QuantizeDynamically> {
  void runOnOperation() override {
    SmallVector<QuantizableOpInterface> selected;
    getOperation().walk([&](QuantizableOpInterface op) {
      if (isDynamic(op))
        selected.push_back(op);
    });
    for (QuantizableOpInterface op : selected) {
      std::string reason;
      if (failed(DynamicQuantizer(op).run(reason)))
        markFloat(op, reason);
    }
  }
};
} // namespace
