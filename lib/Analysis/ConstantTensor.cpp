//===- ConstantTensor.cpp - Tensors known at compile time -----------------===//

#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;

/// The input that `generic` only copies to its result, with the map from result
/// indices to input indices.
static std::optional<std::pair<Value, AffineMap>>
matchBroadcast(linalg::GenericOp generic) {
  if (generic->getNumResults() != 1 ||
      generic.getNumLoops() != generic.getNumParallelLoops())
    return std::nullopt;
  auto yielded = dyn_cast<BlockArgument>(
      generic.getBody()->getTerminator()->getOperand(0));
  if (!yielded || yielded.getOwner() != generic.getBody() ||
      yielded.getArgNumber() >= generic.getNumDpsInputs())
    return std::nullopt;
  OpOperand *input = generic.getDpsInputOperand(yielded.getArgNumber());
  if (!generic.getMatchingIndexingMap(generic.getDpsInitOperand(0))
           .isIdentity())
    return std::nullopt;
  return std::make_pair(input->get(), generic.getMatchingIndexingMap(input));
}

std::optional<ConstantTensor> mlir::qopt::getConstantTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape())
    return std::nullopt;
  ElementsAttr values;
  if (matchPattern(value, m_Constant(&values)))
    return ConstantTensor{values, AffineMap::getMultiDimIdentityMap(
                                      type.getRank(), value.getContext())};
  Operation *op = value.getDefiningOp();
  if (auto fill = dyn_cast_or_null<linalg::FillOp>(op)) {
    Attribute scalar;
    if (!matchPattern(fill.getInputs()[0], m_Constant(&scalar)) ||
        !isa<FloatAttr, IntegerAttr>(scalar))
      return std::nullopt;
    auto splat = DenseElementsAttr::get(
        RankedTensorType::get({}, type.getElementType()), scalar);
    return ConstantTensor{
        splat, AffineMap::get(type.getRank(), 0, value.getContext())};
  }
  if (auto broadcast = dyn_cast_or_null<linalg::BroadcastOp>(op)) {
    std::optional<ConstantTensor> source =
        getConstantTensor(broadcast.getInput());
    if (!source)
      return std::nullopt;
    SmallVector<unsigned> kept;
    for (unsigned dim = 0; dim < type.getRank(); ++dim)
      if (!llvm::is_contained(broadcast.getDimensions(), dim))
        kept.push_back(dim);
    AffineMap project = AffineMap::getMultiDimMapWithTargets(
        type.getRank(), kept, value.getContext());
    return ConstantTensor{source->values, source->map.compose(project)};
  }
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op)) {
    auto copied = matchBroadcast(generic);
    if (!copied)
      return std::nullopt;
    std::optional<ConstantTensor> source = getConstantTensor(copied->first);
    if (!source)
      return std::nullopt;
    return ConstantTensor{source->values, source->map.compose(copied->second)};
  }
  return std::nullopt;
}

std::optional<double> mlir::qopt::getSplatConstant(Value value) {
  FloatAttr scalar;
  if (matchPattern(value, m_Constant(&scalar)))
    return scalar.getValueAsDouble();
  std::optional<ConstantTensor> tensor = getConstantTensor(value);
  if (!tensor || !isa<FloatType>(tensor->values.getElementType()))
    return std::nullopt;
  auto dense = dyn_cast<DenseElementsAttr>(tensor->values);
  if (!dense || !dense.isSplat())
    return std::nullopt;
  return dense.getSplatValue<APFloat>().convertToDouble();
}

bool mlir::qopt::isConstantDerived(Value value) {
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    if (!isPure(op))
      return false;
    llvm::append_range(worklist, op->getOperands());
    // Values that a body takes from outside of it.
    for (Region &region : op->getRegions())
      region.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (operand.getParentRegion() &&
              !op->isAncestor(operand.getParentBlock()->getParentOp()))
            worklist.push_back(operand);
      });
  }
  return true;
}

/// The bytes of a resource blob of `count` elements of `width` bytes.
static std::optional<ArrayRef<char>> getBlob(ElementsAttr values,
                                             size_t width) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(values);
  if (!resource)
    return std::nullopt;
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob ||
      blob->getData().size() != width * size_t(values.getNumElements()))
    return std::nullopt;
  return blob->getData();
}

FailureOr<SmallVector<float>> mlir::qopt::readFloats(ElementsAttr values) {
  Type element = values.getElementType();
  SmallVector<float> result;
  result.reserve(values.getNumElements());
  if (element.isF32()) {
    if (auto blob = getBlob(values, sizeof(float))) {
      result.resize(values.getNumElements());
      std::memcpy(result.data(), blob->data(), blob->size());
      return result;
    }
    if (auto dense = dyn_cast<DenseElementsAttr>(values)) {
      llvm::append_range(result, dense.getValues<float>());
      return result;
    }
    return failure();
  }
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense || !isa<FloatType>(element))
    return failure();
  for (APFloat value : dense.getValues<APFloat>())
    result.push_back(float(value.convertToDouble()));
  return result;
}

FailureOr<SmallVector<int64_t>> mlir::qopt::readIntegers(ElementsAttr values) {
  SmallVector<int64_t> result;
  result.reserve(values.getNumElements());
  if (values.getElementType().isInteger(8))
    if (auto blob = getBlob(values, 1)) {
      for (char byte : *blob)
        result.push_back(static_cast<int8_t>(byte));
      return result;
    }
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense || !values.getElementType().isIntOrIndex())
    return failure();
  if (values.getElementType().isInteger(8)) {
    llvm::append_range(result, dense.getValues<int8_t>());
    return result;
  }
  for (const APInt &value : dense.getValues<APInt>())
    result.push_back(value.getSExtValue());
  return result;
}
