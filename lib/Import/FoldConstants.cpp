//===- FoldConstants.cpp - Evaluate linalg operations on constants --------===//

#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include <cstring>

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The affine expression of loop indices that `value` is, or null.
static AffineExpr getAffineIndex(Value value) {
  MLIRContext *context = value.getContext();
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return getAffineConstantExpr(number.getSExtValue(), context);
  Operation *op = value.getDefiningOp();
  if (auto index = dyn_cast_or_null<linalg::IndexOp>(op))
    return getAffineDimExpr(index.getDim(), context);
  if (isa_and_nonnull<arith::IndexCastOp>(op))
    return getAffineIndex(op->getOperand(0));
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return {};
  AffineExpr left = getAffineIndex(op->getOperand(0));
  AffineExpr right = getAffineIndex(op->getOperand(1));
  if (!left || !right)
    return {};
  if (isa<arith::AddIOp>(op))
    return left + right;
  if (isa<arith::SubIOp>(op))
    return left - right;
  return left.isSymbolicOrConstant() || right.isSymbolicOrConstant()
             ? left * right
             : AffineExpr();
}

/// The result of `op` where it copies elements of a constant, each from indices
/// that are affine in its own: the weights of a transposed convolution, which
/// frontends turn around so.
static ElementsAttr copyByIndices(linalg::GenericOp op) {
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  auto extract = op.getBody()
                     ->getTerminator()
                     ->getOperand(0)
                     .getDefiningOp<tensor::ExtractOp>();
  ElementsAttr from;
  if (!type || !type.hasStaticShape() || type.getNumElements() == 0 ||
      !type.getElementType().isIntOrFloat() ||
      type.getElementTypeBitWidth() % 8 != 0 || op.getNumDpsInputs() != 0 ||
      op.getNumLoops() != op.getNumParallelLoops() || !extract ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      !matchPattern(extract.getTensor(), m_Constant(&from)))
    return {};
  SmallVector<AffineExpr> indices;
  for (Value index : extract.getIndices()) {
    indices.push_back(getAffineIndex(index));
    if (!indices.back())
      return {};
  }
  if (from.isSplat())
    return DenseElementsAttr::get(type, from.getSplatValue<Attribute>());
  ArrayRef<char> bytes;
  if (auto dense = dyn_cast<DenseElementsAttr>(from))
    bytes = dense.getRawData();
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(from))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  const size_t size = type.getElementTypeBitWidth() / 8;
  if (bytes.size() != size * from.getNumElements())
    return {};

  ArrayRef<int64_t> shape = from.getShapedType().getShape();
  AffineMap map = AffineMap::get(type.getRank(), 0, indices, op.getContext());
  ConstantBuilder result(type);
  char *to = result.getMutableData<char>().data();
  SmallVector<int64_t> index(type.getRank(), 0);
  for (int64_t element = 0; element < type.getNumElements(); ++element) {
    int64_t position = 0;
    for (auto [at, extent] : llvm::zip_equal(map.compose(index), shape)) {
      if (at < 0 || at >= extent)
        return {};
      position = position * extent + at;
    }
    std::memcpy(to + element * size, bytes.data() + position * size, size);
    for (int64_t dim = type.getRank(); dim-- > 0;) {
      if (++index[dim] < type.getDimSize(dim))
        break;
      index[dim] = 0;
    }
  }
  return std::move(result).finish("folded");
}

/// The constant that `op` computes, or null.
static ElementsAttr evaluate(linalg::LinalgOp op) {
  // Broadcasts stay broadcasts.
  FailureOr<ElementsAttr> folded = evaluateOnConstants(op, /*mayGrow=*/false);
  if (succeeded(folded))
    return *folded;
  if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
    return copyByIndices(generic);
  return {};
}

namespace {
struct FoldConstants : qopt::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    // In program order, so that chains fold in one walk.
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
        return;
      ElementsAttr folded = evaluate(op);
      if (!folded)
        return;
      OpBuilder builder(op);
      auto constant = arith::ConstantOp::create(
          builder, op.getLoc(), cast<TypedAttr>(Attribute(folded)));
      op->getResult(0).replaceAllUsesWith(constant);
      op->erase();
    });
  }
};
} // namespace
