//===- FoldConstants.cpp - Evaluate linalg operations on constants --------===//

#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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

/// The elements of a constant as they are stored: one of a splat.
static ArrayRef<char> getBytes(ElementsAttr from) {
  if (auto dense = dyn_cast<DenseElementsAttr>(from))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(from))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return {};
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
  ArrayRef<char> bytes = getBytes(from);
  const size_t size = type.getElementTypeBitWidth() / 8;
  if (bytes.size() != size * from.getNumElements())
    return {};

  // Positions are affine, too: a start, and a step for each loop.
  const int64_t rank = type.getRank();
  AffineMap map = AffineMap::get(rank, 0, indices, op.getContext());
  SmallVector<int64_t> zeros(rank, 0),
      strides = computeStrides(from.getShapedType().getShape());
  SmallVector<int64_t> least = map.compose(zeros), most = least;
  const int64_t start = linearize(least, strides);
  SmallVector<int64_t> steps;
  for (int64_t dim = 0; dim < rank; ++dim) {
    SmallVector<int64_t> unit = zeros;
    unit[dim] = 1;
    SmallVector<int64_t> moved = map.compose(unit);
    steps.push_back(linearize(moved, strides) - start);
    for (auto [at, first, low, high] :
         llvm::zip_equal(moved, map.compose(zeros), least, most)) {
      const int64_t reach = (at - first) * (type.getDimSize(dim) - 1);
      (reach < 0 ? low : high) += reach;
    }
  }
  for (auto [low, high, extent] :
       llvm::zip_equal(least, most, from.getShapedType().getShape()))
    if (low < 0 || high >= extent)
      return {};

  ConstantBuilder result(type);
  char *to = result.getMutableData<char>().data();
  SmallVector<int64_t> index = zeros;
  int64_t position = start;
  for (int64_t element = 0; element < type.getNumElements(); ++element) {
    std::memcpy(to + element * size, bytes.data() + position * size, size);
    for (int64_t dim = rank; dim-- > 0;) {
      position += steps[dim];
      if (++index[dim] < type.getDimSize(dim))
        break;
      position -= steps[dim] * type.getDimSize(dim);
      index[dim] = 0;
    }
  }
  return std::move(result).finish("folded");
}

/// A constant inside of one that is up to 16 times as large, between copies of
/// another: weights of a transposed convolution, padded to whole strides.
static ElementsAttr padConstant(tensor::PadOp op) {
  constexpr int64_t kMostGrowth = 16;
  RankedTensorType type = op.getResultType();
  ElementsAttr from;
  Attribute padding;
  Value value = op.getConstantPaddingValue();
  std::optional<SmallVector<int64_t>> low =
      getConstantIntValues(op.getMixedLowPad());
  if (!value || !matchPattern(value, m_Constant(&padding)) || !low ||
      !matchPattern(op.getSource(), m_Constant(&from)) ||
      !type.hasStaticShape() || !type.getElementType().isIntOrFloat() ||
      type.getElementTypeBitWidth() % 8 != 0 ||
      type.getNumElements() > kMostGrowth * from.getNumElements())
    return {};
  ArrayRef<int64_t> shape = from.getShapedType().getShape();
  for (auto [first, own, all] : llvm::zip_equal(*low, shape, type.getShape()))
    if (first < 0 || first + own > all)
      return {};
  const size_t size = type.getElementTypeBitWidth() / 8;
  ArrayRef<char> bytes = getBytes(from);
  const size_t step = from.isSplat() ? 0 : size;
  if (bytes.size() != (step ? size * from.getNumElements() : size))
    return {};
  auto filling = DenseElementsAttr::get(
      RankedTensorType::get({}, type.getElementType()), padding);

  ConstantBuilder result(type);
  char *to = result.getMutableData<char>().data();
  for (int64_t element = 0; element < type.getNumElements(); ++element)
    std::memcpy(to + element * size, filling.getRawData().data(), size);
  const SmallVector<int64_t> strides = computeStrides(type.getShape());
  const SmallVector<int64_t> own = computeStrides(shape);
  for (int64_t element = 0; element < from.getNumElements(); ++element) {
    SmallVector<int64_t> index = delinearize(element, own);
    for (auto [at, first] : llvm::zip_equal(index, *low))
      at += first;
    std::memcpy(to + linearize(index, strides) * size,
                bytes.data() + element * step, size);
  }
  return std::move(result).finish("folded");
}

/// The constant that `op` computes, or null.
static ElementsAttr evaluate(Operation *op) {
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return padConstant(pad);
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
    ElementsAttr from;
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    return type.hasStaticShape() &&
                   matchPattern(op->getOperand(0), m_Constant(&from))
               ? reshapeElements(from, type.getShape())
               : ElementsAttr();
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      op->getNumResults() != 1)
    return {};
  // Broadcasts stay broadcasts.
  FailureOr<ElementsAttr> folded =
      evaluateOnConstants(linalgOp, /*mayGrow=*/false);
  if (succeeded(folded))
    return *folded;
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return copyByIndices(generic);
  return {};
}

namespace {
struct FoldConstants : qopt::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    // In program order, so that chains fold in one walk.
    getOperation()->walk([&](Operation *op) {
      ElementsAttr folded = evaluate(op);
      if (!folded)
        return;
      OpBuilder builder(op);
      auto constant = arith::ConstantOp::create(
          builder, op->getLoc(), cast<TypedAttr>(Attribute(folded)));
      op->getResult(0).replaceAllUsesWith(constant);
      op->erase();
    });
  }
};
} // namespace
