//===- RaiseDequantize.cpp - Constants that a frontend dequantizes --------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISEDEQUANTIZE
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// Numbers that do not vary, or vary along one dimension.
struct AxisNumbers {
  SmallVector<double> values;
  std::optional<int64_t> axis;
};
} // namespace

/// The numbers of `value`, a scalar constant or an argument that reads a
/// constant along at most one dimension.
static std::optional<AxisNumbers> readNumbers(linalg::GenericOp op,
                                              Value value) {
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

/// The quantized type of `op` if its body is `(float(q) - zero) * scale`.
static quant::QuantizedType matchDequantize(linalg::GenericOp op,
                                            Value &stored) {
  auto resultType = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (op->getNumResults() != 1 || !resultType ||
      !resultType.getElementType().isF32() ||
      op.getNumLoops() != op.getNumParallelLoops())
    return {};
  auto product = op.getBody()
                     ->getTerminator()
                     ->getOperand(0)
                     .getDefiningOp<arith::MulFOp>();
  if (!product)
    return {};
  Value inner = product.getLhs();
  std::optional<AxisNumbers> scale = readNumbers(op, product.getRhs());
  if (!scale)
    return {};
  AxisNumbers zero{{0.0}, std::nullopt};
  if (auto difference = inner.getDefiningOp<arith::SubFOp>()) {
    std::optional<AxisNumbers> numbers = readNumbers(op, difference.getRhs());
    if (!numbers)
      return {};
    zero = *numbers;
    inner = difference.getLhs();
  }
  Operation *conversion = inner.getDefiningOp();
  if (!isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp>(conversion))
    return {};
  bool isSigned = isa<arith::SIToFPOp>(conversion);
  Value integer = conversion->getOperand(0);
  if (auto difference = integer.getDefiningOp<arith::SubIOp>()) {
    // A difference of 8-bit numbers takes 10 bits and a sign.
    std::optional<AxisNumbers> numbers = readNumbers(op, difference.getRhs());
    if (!numbers || zero.values.size() != 1 || zero.values[0] != 0.0 ||
        !isSigned || integer.getType().getIntOrFloatBitWidth() < 16)
      return {};
    zero = *numbers;
    integer = difference.getLhs();
  }
  if (auto ext = integer.getDefiningOp<arith::ExtSIOp>()) {
    // Read as unsigned, an extended sign is a large number.
    if (!isSigned)
      return {};
    integer = ext.getIn();
  } else if (auto ext = integer.getDefiningOp<arith::ExtUIOp>()) {
    integer = ext.getIn();
    isSigned = false;
  }
  auto argument = dyn_cast<BlockArgument>(integer);
  if (!argument || argument.getOwner() != op.getBody() ||
      argument.getArgNumber() >= op.getNumDpsInputs() ||
      !argument.getType().isInteger(8))
    return {};
  OpOperand *operand = op.getDpsInputOperand(argument.getArgNumber());
  if (!op.getMatchingIndexingMap(operand).isIdentity() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      !isConstantDerived(operand->get()))
    return {};
  stored = operand->get();

  // One axis for scales and zero points.
  std::optional<int64_t> axis = scale->axis ? scale->axis : zero.axis;
  if (zero.axis && zero.axis != axis)
    return {};
  MLIRContext *context = op.getContext();
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(context, 8), f32 = Float32Type::get(context);
  int64_t min = isSigned ? -128 : 0, max = isSigned ? 127 : 255;
  for (double value : scale->values)
    if (!(value > 0.0))
      return {};
  for (double value : zero.values)
    if (!(value >= min && value <= max) || value != double(int64_t(value)))
      return {};
  if (!axis)
    return quant::UniformQuantizedType::get(flags, storage, f32,
                                            scale->values[0],
                                            int64_t(zero.values[0]), min, max);
  int64_t size = resultType.getDimSize(*axis);
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t index = 0; index < size; ++index) {
    scales.push_back(scale->values[scale->axis ? index : 0]);
    zeroPoints.push_back(int64_t(zero.values[zero.axis ? index : 0]));
  }
  return quant::UniformQuantizedPerAxisType::get(
      flags, storage, f32, scales, zeroPoints, int32_t(*axis), min, max);
}

namespace {
struct RaiseDequantize : qopt::impl::RaiseDequantizeBase<RaiseDequantize> {
  void runOnOperation() override {
    getOperation()->walk([&](linalg::GenericOp op) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
        return;
      Value stored;
      quant::QuantizedType type = matchDequantize(op, stored);
      if (!type)
        return;
      OpBuilder builder(op);
      Value raised =
          DequantizeOp::create(builder, op.getLoc(), op->getResult(0).getType(),
                               stored, TypeAttr::get(type));
      op->getResult(0).replaceAllUsesWith(raised);
      op->erase();
    });
  }
};
} // namespace
