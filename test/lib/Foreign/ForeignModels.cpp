//===- ForeignModels.cpp - What foreign operations want -------------------===//

#include "Foreign.h"

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::qopt;

/// The type that dequantizes an i32 accumulator with a scale a column.
static quant::QuantizedType getAccumulatorType(OpBuilder &builder,
                                               ArrayRef<double> scales) {
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed, builder.getI32Type(),
      builder.getF32Type(), scales, zeroPoints, /*quantizedDimension=*/1,
      std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
}

namespace {

/// input[m, k] * weights[n, k]: weights have a scale for each n, results for
/// each column.
struct DenseModel
    : QuantizableOpInterface::ExternalModel<DenseModel, foreign::DenseOp> {
  QuantRole getQuantRole(Operation *) const { return QuantRole::Contraction; }

  OperandKind getOperandKind(Operation *, OpOperand &operand) const {
    constexpr OperandKind kinds[] = {
        OperandKind::Activation, OperandKind::Weight, OperandKind::Accumulator};
    return kinds[operand.getOperandNumber()];
  }

  std::optional<int64_t> getResultChannelDim(Operation *) const { return 1; }

  std::optional<int64_t> getWeightChannelDim(Operation *, OpOperand &) const {
    return 0;
  }

  FailureOr<IntegerForm> buildIntegerForm(Operation *op, OpBuilder &builder,
                                          ArrayRef<Value> operands,
                                          ArrayRef<quant::QuantizedType> types,
                                          std::string &reason) const {
    std::optional<ConstantTensor> weights = getConstantTensor(operands[1]);
    std::optional<ConstantTensor> bias = getConstantTensor(operands[2]);
    FailureOr<UniformParams> input = UniformParams::get(types[0]);
    FailureOr<UniformParams> weight = UniformParams::get(types[1]);
    if (!weights || !bias || failed(input) || failed(weight)) {
      reason = "its weights or its bias are not constants";
      return failure();
    }
    FailureOr<SmallVector<int64_t>> stored = readIntegers(weights->values);
    FailureOr<ConstantValues<float>> real = readFloats(bias->values);
    if (failed(stored) || failed(real) || bias->values.isSplat() ||
        weights->values.isSplat()) {
      reason = "its weights or its bias cannot be read";
      return failure();
    }

    // sum((q - z) * w) = sum(q * w) - z * sum(w): the second term and the bias
    // are the accumulator's initial value.
    SmallVector<double> scales;
    SmallVector<int32_t> init;
    int64_t columns = real->size(), depth = stored->size() / columns;
    for (int64_t n = 0; n < columns; ++n) {
      scales.push_back(input->scales[0] *
                       weight->scales[weight->isPerAxis() ? n : 0]);
      int64_t sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum += (*stored)[n * depth + k];
      init.push_back(quantopt::quantizeBias((*real)[n], scales.back()) -
                     static_cast<int32_t>(input->zeroPoints[0] * sum));
    }
    auto initType = RankedTensorType::get({columns}, builder.getI32Type());
    Value start = arith::ConstantOp::create(
        builder, op->getLoc(),
        DenseElementsAttr::get(initType, ArrayRef<int32_t>(init)));
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    Value result = foreign::DenseOp::create(
        builder, op->getLoc(), resultType.clone(builder.getI32Type()),
        operands[0], operands[1], start);
    return IntegerForm{result, getAccumulatorType(builder, scales)};
  }
};

/// Moves values: the same operation on storage.
struct MirrorModel
    : QuantizableOpInterface::ExternalModel<MirrorModel, foreign::MirrorOp> {
  QuantRole getQuantRole(Operation *) const { return QuantRole::SameScale; }

  OperandKind getOperandKind(Operation *, OpOperand &) const {
    return OperandKind::Activation;
  }

  FailureOr<IntegerForm> buildIntegerForm(Operation *op, OpBuilder &builder,
                                          ArrayRef<Value> operands,
                                          ArrayRef<quant::QuantizedType> types,
                                          std::string &) const {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Value result = foreign::MirrorOp::create(
        builder, op->getLoc(), type.clone(types[0].getStorageType()),
        operands[0]);
    return IntegerForm{result, types[0]};
  }
};

/// Stays in float, and its range is known without calibration.
struct SquashModel
    : QuantizableOpInterface::ExternalModel<SquashModel, foreign::SquashOp> {
  QuantRole getQuantRole(Operation *) const { return QuantRole::Float; }

  OperandKind getOperandKind(Operation *, OpOperand &) const {
    return OperandKind::Activation;
  }

  std::optional<RealRange> getFixedOutputRange(Operation *) const {
    return RealRange{0.0, 1.0};
  }

  std::string getFloatReason(Operation *) const {
    return "squash has no integer form";
  }
};

} // namespace

void foreign::registerQuantizableModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, ForeignDialect *) {
    DenseOp::attachInterface<DenseModel>(*context);
    MirrorOp::attachInterface<MirrorModel>(*context);
    SquashOp::attachInterface<SquashModel>(*context);
    // What buildIntegerForm creates.
    context->loadDialect<arith::ArithDialect>();
  });
}
