//===- AxisNumbers.cpp - Scales and zero points in bodies -----------------===//

#include "AxisNumbers.h"
#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;

std::optional<AxisNumbers> mlir::qopt::readNumbers(linalg::GenericOp op,
                                                   Value value) {
  // Zero points come as integers of their own width.
  if (Operation *convert = value.getDefiningOp();
      isa_and_nonnull<arith::ExtSIOp, arith::SIToFPOp>(convert))
    return readNumbers(op, convert->getOperand(0));
  if (Operation *convert = value.getDefiningOp();
      isa_and_nonnull<arith::ExtUIOp, arith::UIToFPOp>(convert)) {
    std::optional<AxisNumbers> numbers =
        readNumbers(op, convert->getOperand(0));
    if (!numbers)
      return std::nullopt;
    const double modulus = std::ldexp(
        1.0, convert->getOperand(0).getType().getIntOrFloatBitWidth());
    for (double &number : numbers->values)
      if (number < 0)
        number += modulus;
    return numbers;
  }
  Attribute scalar;
  if (matchPattern(value, m_Constant(&scalar))) {
    if (auto real = dyn_cast<FloatAttr>(scalar))
      return AxisNumbers{{real.getValueAsDouble()}, std::nullopt};
    if (auto integer = dyn_cast<IntegerAttr>(scalar))
      return AxisNumbers{{double(integer.getValue().getSExtValue())},
                         std::nullopt};
    return std::nullopt;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBody() ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return std::nullopt;
  OpOperand *operand = op.getDpsInputOperand(argument.getArgNumber());
  std::optional<ConstantTensor> constant = getConstantTensor(operand->get());
  if (!constant)
    return std::nullopt;
  AffineMap map = constant->map.compose(op.getMatchingIndexingMap(operand));
  AxisNumbers numbers;
  for (auto [dim, result] : llvm::enumerate(map.getResults())) {
    if (constant->values.getShapedType().getDimSize(dim) == 1)
      continue;
    auto loop = dyn_cast<AffineDimExpr>(result);
    if (!loop || numbers.axis)
      return std::nullopt;
    numbers.axis = loop.getPosition();
  }
  if (isa<FloatType>(constant->values.getElementType())) {
    FailureOr<ConstantValues<float>> values = readFloats(constant->values);
    if (failed(values))
      return std::nullopt;
    numbers.values.assign(values->begin(), values->end());
  } else {
    FailureOr<SmallVector<int64_t>> values = readIntegers(constant->values);
    if (failed(values))
      return std::nullopt;
    numbers.values.assign(values->begin(), values->end());
  }
  return numbers;
}

quant::QuantizedType mlir::qopt::makeQuantizedType(MLIRContext *context,
                                                   ArrayRef<int64_t> shape,
                                                   const AxisNumbers &scale,
                                                   const AxisNumbers &zero,
                                                   const StorageRange &range) {
  // One axis for scales and zero points.
  std::optional<int64_t> axis = scale.axis ? scale.axis : zero.axis;
  if (zero.axis && zero.axis != axis)
    return {};
  if (axis && ShapedType::isDynamic(shape[*axis]))
    return {};
  for (double value : scale.values)
    if (!(value > 0.0) || std::isinf(value))
      return {};
  for (double value : zero.values)
    if (!(value >= range.min && value <= range.max) ||
        value != double(int64_t(value)))
      return {};
  unsigned flags = range.isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(context, range.width);
  Type f32 = Float32Type::get(context);
  if (!axis)
    return quant::UniformQuantizedType::get(
        flags, storage, f32, scale.values[0], int64_t(zero.values[0]),
        range.min, range.max);
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t index = 0; index < shape[*axis]; ++index) {
    scales.push_back(scale.values[scale.axis ? index : 0]);
    zeroPoints.push_back(int64_t(zero.values[zero.axis ? index : 0]));
  }
  return quant::UniformQuantizedPerAxisType::get(flags, storage, f32, scales,
                                                 zeroPoints, int32_t(*axis),
                                                 range.min, range.max);
}
