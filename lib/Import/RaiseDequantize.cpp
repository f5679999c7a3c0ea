//===- RaiseDequantize.cpp - Constants that a frontend dequantizes --------===//

#include "AxisNumbers.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISEDEQUANTIZE
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

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

  int64_t min = isSigned ? -128 : 0, max = isSigned ? 127 : 255;
  return makeQuantizedType(op.getContext(), resultType.getShape(), *scale, zero,
                           {/*width=*/8, isSigned, min, max});
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
