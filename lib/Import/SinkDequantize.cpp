//===- SinkDequantize.cpp - Move stored weights, not their values ---------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_SINKDEQUANTIZE
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// `type` for a tensor whose dimension `i` is dimension `permutation[i]` of
/// before.
static quant::QuantizedType permute(quant::QuantizedType type,
                                    ArrayRef<int64_t> permutation) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return isa<quant::UniformQuantizedType>(type) ? type
                                                  : quant::QuantizedType();
  const auto *place =
      llvm::find(permutation, int64_t(perAxis.getQuantizedDimension()));
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(),
      int32_t(place - permutation.begin()), perAxis.getStorageTypeMin(),
      perAxis.getStorageTypeMax());
}

namespace {
struct SinkDequantize : qopt::impl::SinkDequantizeBase<SinkDequantize> {
  void runOnOperation() override {
    // In the order of the program: chains move to their end.
    SmallVector<linalg::TransposeOp> transposes;
    getOperation()->walk(
        [&](linalg::TransposeOp op) { transposes.push_back(op); });
    for (linalg::TransposeOp op : transposes)
      sink(op);
  }

  void sink(linalg::TransposeOp op) {
    auto dequantize = op.getInput().getDefiningOp<DequantizeOp>();
    if (!op.hasPureTensorSemantics() || !dequantize ||
        !isConstantDerived(dequantize.getInput()))
      return;
    quant::QuantizedType type =
        permute(dequantize.getType(), op.getPermutation());
    if (!type)
      return;
    OpBuilder builder(op);
    auto shape = cast<RankedTensorType>(op->getResult(0).getType());
    Value empty = tensor::EmptyOp::create(
        builder, op.getLoc(), shape.getShape(),
        getElementTypeOrSelf(dequantize.getInput().getType()));
    auto moved =
        linalg::TransposeOp::create(builder, op.getLoc(), dequantize.getInput(),
                                    empty, op.getPermutation());
    Value sunk = DequantizeOp::create(builder, op.getLoc(), shape,
                                      moved->getResult(0), TypeAttr::get(type));
    op->getResult(0).replaceAllUsesWith(sunk);
    op.erase();
  }
};
} // namespace
