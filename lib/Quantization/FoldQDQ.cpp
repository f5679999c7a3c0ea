//===- FoldQDQ.cpp - Fold quantize and dequantize into the integer form ---===//

#include "FoldElementwise.h"
#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDQDQ
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether every element of `stored` was rounded to `type`, moved since or not:
/// it lies within the range of `type`, even where that is part of the storage.
static bool isRoundedTo(Value stored, quant::QuantizedType type,
                        const llvm::DenseSet<Operation *> &movers) {
  if (auto quantize = stored.getDefiningOp<QuantizeOp>())
    return quantize.getType() == type;
  Operation *mover = stored.getDefiningOp();
  if (!mover || !movers.contains(mover))
    return false;
  bool moves = false;
  for (Value operand : mover->getOperands()) {
    // What it is written over counts for nothing.
    if (operand.getType() == stored.getType() &&
        operand.getDefiningOp<tensor::EmptyOp>())
      continue;
    auto tensor = dyn_cast<RankedTensorType>(operand.getType());
    if (!tensor || tensor.getElementType() != type.getStorageType())
      continue;
    if (!isRoundedTo(operand, type, movers))
      return false;
    moves = true;
  }
  return moves;
}

/// Replaces `op`, a contraction, sum or same-scale operation, by its integer
/// form behind a dequantize; or marks it as float, with the reason.
static void foldIntoStorage(QuantizableOpInterface op,
                            llvm::DenseSet<Operation *> &movers) {
  SmallVector<Value> operands(op->getOperands());
  SmallVector<quant::QuantizedType> types(op->getNumOperands());
  for (OpOperand &operand : op->getOpOperands()) {
    OperandKind kind = op.getOperandKind(operand);
    if (kind != OperandKind::Activation && kind != OperandKind::Weight)
      continue;
    auto dequantize = operand.get().getDefiningOp<DequantizeOp>();
    if (!dequantize)
      return markFloat(op, "operand " + Twine(operand.getOperandNumber()) +
                               " of it is not quantized");
    operands[operand.getOperandNumber()] = dequantize.getInput();
    types[operand.getOperandNumber()] = dequantize.getType();
  }
  if (op.getQuantRole() == QuantRole::SameScale) {
    quant::QuantizedType common;
    for (quant::QuantizedType type : types) {
      if (!type)
        continue;
      if (common && type != common)
        return markFloat(op, "its operands have different parameters");
      common = type;
    }
  }
  OpBuilder builder(op);
  std::string reason;
  FailureOr<IntegerForm> form =
      op.buildIntegerForm(builder, operands, types, reason);
  if (failed(form))
    return markFloat(op, reason);
  StringRef nameAttr = QOptDialect::getNameAttrName();
  if (Attribute name = op->getAttr(nameAttr))
    form->value.getDefiningOp()->setAttr(nameAttr, name);
  form->value.getDefiningOp()->removeAttr(kIntegerAttr);
  Value real =
      DequantizeOp::create(builder, op->getLoc(), op->getResult(0).getType(),
                           form->value, TypeAttr::get(form->type));
  op->getResult(0).replaceAllUsesWith(real);
  const bool moves = op.getQuantRole() == QuantRole::SameScale;
  op->erase();
  if (!moves)
    return;
  movers.insert(form->value.getDefiningOp());
  // Rounding once more what is rounded so changes nothing.
  for (Operation *user : llvm::make_early_inc_range(real.getUsers()))
    if (auto quantize = dyn_cast<QuantizeOp>(user);
        quantize && quantize.getType() == form->type &&
        isRoundedTo(form->value, form->type, movers)) {
      quantize.replaceAllUsesWith(form->value);
      quantize.erase();
    }
}

namespace {
/// quantize(dequantize(accumulator)) rescales the accumulator in one step.
struct FoldRequantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<DequantizeOp>();
    if (!dequantize ||
        dequantize.getType().getStorageTypeIntegralWidth() != 32 ||
        op.getType().getStorageTypeIntegralWidth() > 16)
      return failure();
    auto requantize = RequantizeOp::create(
        rewriter, op.getLoc(), op.getResult().getType(), dequantize.getInput(),
        dequantize.getTypeAttr(), op.getTypeAttr(), op.getNumericsAttr());
    if (Attribute name = op->getAttr(QOptDialect::getNameAttrName()))
      requantize->setAttr(QOptDialect::getNameAttrName(), name);
    rewriter.replaceOp(op, requantize.getResult());
    return success();
  }
};

/// A constant that is moved is stored quantized.
struct FoldQuantizedConstant : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    ElementsAttr real;
    auto type = dyn_cast<quant::UniformQuantizedType>(op.getType());
    auto result = dyn_cast<RankedTensorType>(op.getResult().getType());
    if (!type || !result || !type.isSigned() ||
        !matchPattern(op.getInput(), m_Constant(&real)) ||
        result.getNumElements() == 0)
      return failure();
    const unsigned width = type.getStorageTypeIntegralWidth();
    FailureOr<ConstantValues<float>> values = readFloats(real);
    if (failed(values) || (width != 8 && width != 16))
      return failure();
    const quantopt::QuantParams params{type.getScale(), type.getZeroPoint(),
                                       type.getStorageTypeMin(),
                                       type.getStorageTypeMax()};
    const quantopt::RoundingMode rounding = getRounding(getNumerics(op));
    ConstantBuilder stored(result);
    auto store = [&](auto data) {
      for (auto [to, x] : llvm::zip_equal(data, *values))
        to = quantopt::quantize(x, params, rounding);
    };
    if (width == 8)
      store(stored.getMutableData<int8_t>());
    else
      store(stored.getMutableData<int16_t>());
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, std::move(stored).finish(name ? name.getValue() : "constant"));
    return success();
  }
};

struct FoldQDQ : qopt::impl::FoldQDQBase<FoldQDQ> {
  void runOnOperation() override {
    // In program order: an operation's operands are folded before it.
    SmallVector<QuantizableOpInterface> selected;
    getOperation().walk([&](QuantizableOpInterface op) {
      QuantRole role = op.getQuantRole();
      if (isInteger(op) &&
          (role == QuantRole::Contraction || role == QuantRole::Sum ||
           role == QuantRole::SameScale))
        selected.push_back(op);
    });
    llvm::DenseSet<Operation *> movers;
    for (QuantizableOpInterface op : selected)
      foldIntoStorage(op, movers);

    // Clamps first: they vanish, where a body would keep them.
    RewritePatternSet clamps(&getContext());
    populateFoldClampPatterns(clamps);
    RewritePatternSet patterns(&getContext());
    populateFoldElementwisePatterns(patterns);
    patterns.add<FoldRequantize, FoldQuantizedConstant>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(clamps))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError(getArgument())
          << ": the rewriting did not come to an end; please report the model";
      signalPassFailure();
    }
  }
};
} // namespace
