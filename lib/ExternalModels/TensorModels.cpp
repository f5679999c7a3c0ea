//===- TensorModels.cpp - What tensor operations want ---------------------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/ExternalModels/ExternalModels.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::qopt;

static bool isFloatTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isa<FloatType>(type.getElementType());
}

namespace {
/// Operations that copy elements from their tensor operands to their result.
template <typename OpTy>
struct MovementModel
    : QuantizableOpInterface::ExternalModel<MovementModel<OpTy>, OpTy> {
  QuantRole getQuantRole(Operation *op) const {
    return isFloatTensor(op->getResult(0)) &&
                   !isConstantDerived(op->getResult(0))
               ? QuantRole::SameScale
               : QuantRole::None;
  }

  OperandKind getOperandKind(Operation *op, OpOperand &operand) const {
    // An empty destination has no values to quantize.
    return isFloatTensor(operand.get()) &&
                   !operand.get().getDefiningOp<tensor::EmptyOp>() &&
                   getQuantRole(op) == QuantRole::SameScale
               ? OperandKind::Activation
               : OperandKind::Ignored;
  }

  FailureOr<IntegerForm> buildIntegerForm(Operation *op, OpBuilder &builder,
                                          ArrayRef<Value> operands,
                                          ArrayRef<quant::QuantizedType> types,
                                          std::string &reason) const {
    quant::QuantizedType type;
    IRMapping mapping;
    for (OpOperand &operand : op->getOpOperands()) {
      unsigned number = operand.getOperandNumber();
      if (types[number])
        type = types[number];
      mapping.map(operand.get(), operands[number]);
    }
    if (!type) {
      reason = "it has no quantized operand";
      return failure();
    }
    for (OpOperand &operand : op->getOpOperands())
      if (auto empty = operand.get().getDefiningOp<tensor::EmptyOp>())
        mapping.map(operand.get(),
                    tensor::EmptyOp::create(builder, op->getLoc(),
                                            empty.getMixedSizes(),
                                            type.getStorageType()));
    Operation *moved = builder.clone(*op, mapping);
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    moved->getResult(0).setType(resultType.clone(type.getStorageType()));
    if (auto pad = dyn_cast<tensor::PadOp>(moved))
      if (failed(setPadding(pad, type, reason))) {
        moved->erase();
        return failure();
      }
    return IntegerForm{moved->getResult(0), type};
  }

private:
  /// Writes the stored padding value into the cloned body.
  static LogicalResult setPadding(tensor::PadOp pad, quant::QuantizedType type,
                                  std::string &reason) {
    Block &body = pad.getRegion().front();
    auto yield = cast<tensor::YieldOp>(body.getTerminator());
    FloatAttr real;
    FailureOr<UniformParams> params = UniformParams::get(type);
    if (!matchPattern(yield.getValue(), m_Constant(&real)) || failed(params) ||
        params->isPerAxis()) {
      reason = "its padding value is not a constant";
      return failure();
    }
    quantopt::QuantParams scalar{params->scales[0], params->zeroPoints[0],
                                 params->storageMin, params->storageMax};
    int64_t stored = quantopt::quantize(float(real.getValueAsDouble()), scalar);
    OpBuilder builder(yield);
    Value constant = arith::ConstantOp::create(
        builder, yield.getLoc(),
        builder.getIntegerAttr(type.getStorageType(),
                               APInt(type.getStorageTypeIntegralWidth(),
                                     uint64_t(stored), /*isSigned=*/true,
                                     /*implicitTrunc=*/true)
                                   .getSExtValue()));
    yield.getValueMutable().assign(constant);
    for (Operation &inner :
         llvm::make_early_inc_range(llvm::reverse(body.without_terminator())))
      if (inner.use_empty())
        inner.erase();
    return success();
  }
};
} // namespace

template <typename... Ops>
static void attachMovement(MLIRContext *context) {
  (Ops::template attachInterface<MovementModel<Ops>>(*context), ...);
}

void mlir::qopt::registerTensorQuantizableModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    attachMovement<tensor::PadOp, tensor::CollapseShapeOp,
                   tensor::ExpandShapeOp, tensor::ExtractSliceOp,
                   tensor::InsertSliceOp, tensor::ConcatOp, tensor::GatherOp,
                   tensor::CastOp, tensor::ReshapeOp>(context);
  });
  registry.addExtension(+[](MLIRContext *context, QOptDialect *) {
    attachMovement<TakeOp>(context);
  });
}
