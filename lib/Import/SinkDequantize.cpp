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

/// `type` with its axis, if it has one, where `place` says that it went; null
/// where it went nowhere.
static quant::QuantizedType
moveAxis(quant::QuantizedType type,
         function_ref<std::optional<int64_t>(int64_t)> place) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return isa<quant::UniformQuantizedType>(type) ? type
                                                  : quant::QuantizedType();
  std::optional<int64_t> axis = place(perAxis.getQuantizedDimension());
  if (!axis)
    return {};
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(), int32_t(*axis),
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

namespace {
/// How an operation that moves a tensor moves the dimensions of a type, and the
/// same operation on stored integers.
struct Movement {
  quant::QuantizedType type;
  std::function<Value(OpBuilder &, Value stored, RankedTensorType result)>
      create;
};
} // namespace

/// The one of `dims` whose size is not 1, if there is one at most; the first
/// where there is none.
static std::optional<int64_t> onlyLarge(ArrayRef<int64_t> dims,
                                        ArrayRef<int64_t> shape) {
  std::optional<int64_t> found;
  for (int64_t dim : dims) {
    if (shape[dim] == 1)
      continue;
    if (found)
      return std::nullopt;
    found = dim;
  }
  return found ? found : dims.front();
}

static Movement matchMovement(Operation *op, quant::QuantizedType type) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    if (!transpose.hasPureTensorSemantics())
      return {};
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    auto place = [=](int64_t axis) -> std::optional<int64_t> {
      return llvm::find(permutation, axis) - permutation.begin();
    };
    return {moveAxis(type, place),
            [=](OpBuilder &b, Value stored, RankedTensorType result) -> Value {
              Value empty = tensor::EmptyOp::create(
                  b, op->getLoc(), result.getShape(), result.getElementType());
              return linalg::TransposeOp::create(b, op->getLoc(), stored, empty,
                                                 permutation)
                  ->getResult(0);
            }};
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
    auto place = [&](int64_t axis) -> std::optional<int64_t> {
      for (auto [index, group] : llvm::enumerate(groups))
        if (llvm::is_contained(group, axis) && onlyLarge(group, shape) == axis)
          return index;
      return std::nullopt;
    };
    return {moveAxis(type, place),
            [=](OpBuilder &b, Value stored, RankedTensorType result) -> Value {
              return tensor::CollapseShapeOp::create(b, op->getLoc(), result,
                                                     stored, groups);
            }};
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    auto result = cast<RankedTensorType>(expand.getResult().getType());
    if (!result.hasStaticShape())
      return {};
    auto place = [&](int64_t axis) {
      return onlyLarge(groups[axis], result.getShape());
    };
    return {moveAxis(type, place),
            [=](OpBuilder &b, Value stored, RankedTensorType result) -> Value {
              return tensor::ExpandShapeOp::create(b, op->getLoc(), result,
                                                   stored, groups);
            }};
  }
  return {};
}

namespace {
struct SinkDequantize : qopt::impl::SinkDequantizeBase<SinkDequantize> {
  void runOnOperation() override {
    // In the order of the program: chains move to their end.
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<linalg::TransposeOp, tensor::CollapseShapeOp,
              tensor::ExpandShapeOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      sink(op);
  }

  void sink(Operation *op) {
    auto dequantize = op->getOperand(0).getDefiningOp<DequantizeOp>();
    if (!dequantize || !isConstantDerived(dequantize.getInput()))
      return;
    Movement movement = matchMovement(op, dequantize.getType());
    if (!movement.type)
      return;
    OpBuilder builder(op);
    auto shape = cast<RankedTensorType>(op->getResult(0).getType());
    Value moved = movement.create(
        builder, dequantize.getInput(),
        shape.clone(getElementTypeOrSelf(dequantize.getInput().getType())));
    Value sunk = DequantizeOp::create(builder, op->getLoc(), shape, moved,
                                      TypeAttr::get(movement.type));
    op->getResult(0).replaceAllUsesWith(sunk);
    op->erase();
  }
};
} // namespace
