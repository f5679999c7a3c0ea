//===- ConstantTensor.cpp - Tensors known at compile time -----------------===//

#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;

std::optional<BroadcastSource> mlir::qopt::matchBroadcast(Value value) {
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>()) {
    unsigned rank = cast<ShapedType>(value.getType()).getRank();
    SmallVector<unsigned> kept;
    for (unsigned dim = 0; dim < rank; ++dim)
      if (!llvm::is_contained(broadcast.getDimensions(), dim))
        kept.push_back(dim);
    return BroadcastSource{
        broadcast.getInput(),
        AffineMap::getMultiDimMapWithTargets(rank, kept, value.getContext())};
  }
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic->getNumResults() != 1 ||
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
  return BroadcastSource{input->get(), generic.getMatchingIndexingMap(input)};
}

Value mlir::qopt::createBroadcast(OpBuilder &builder, Location loc,
                                  Value source, AffineMap map,
                                  RankedTensorType type) {
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, type, source, empty,
      ArrayRef<AffineMap>{map, builder.getMultiDimIdentityMap(type.getRank())},
      loops, [](OpBuilder &b, Location loc, ValueRange arguments) {
        linalg::YieldOp::create(b, loc, arguments[0]);
      });
  return generic.getResult(0);
}

ElementsAttr mlir::qopt::reshapeElements(ElementsAttr values,
                                         ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, values.getElementType());
  if (auto dense = dyn_cast<DenseElementsAttr>(values))
    return dense.reshape(type);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(values))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return {};
}

/// `source`, each dimension of which became the dimensions of its group in a
/// tensor of `shape`.
static std::optional<ConstantTensor>
expandConstant(const ConstantTensor &source,
               ArrayRef<ReassociationIndices> groups, ArrayRef<int64_t> shape) {
  MLIRContext *context = source.values.getContext();
  SmallVector<int64_t> sizes;
  SmallVector<AffineExpr> results;
  ArrayRef<int64_t> sourceShape = source.values.getShapedType().getShape();
  for (auto [size, result] :
       llvm::zip_equal(sourceShape, source.map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim || size == 1) {
      sizes.push_back(size);
      results.push_back(getAffineConstantExpr(0, context));
      continue;
    }
    for (int64_t part : groups[dim.getPosition()]) {
      sizes.push_back(shape[part]);
      results.push_back(getAffineDimExpr(part, context));
    }
  }
  ElementsAttr values = reshapeElements(source.values, sizes);
  if (!values)
    return std::nullopt;
  return ConstantTensor{values,
                        AffineMap::get(shape.size(), 0, results, context)};
}

/// `source`, the dimensions of each group of which became one. A group is read
/// as a whole or not at all.
static std::optional<ConstantTensor>
collapseConstant(const ConstantTensor &source,
                 ArrayRef<ReassociationIndices> groups,
                 ArrayRef<int64_t> sourceShape) {
  MLIRContext *context = source.values.getContext();
  ArrayRef<int64_t> valueShape = source.values.getShapedType().getShape();
  ArrayRef<AffineExpr> reads = source.map.getResults();
  SmallVector<int64_t> sizes;
  SmallVector<AffineExpr> results;
  unsigned next = 0;
  while (next < reads.size()) {
    auto dim = dyn_cast<AffineDimExpr>(reads[next]);
    if (!dim || valueShape[next] == 1) {
      sizes.push_back(valueShape[next++]);
      results.push_back(getAffineConstantExpr(0, context));
      continue;
    }
    unsigned number = 0;
    while (!llvm::is_contained(groups[number], int64_t(dim.getPosition())))
      ++number;
    int64_t size = 1;
    for (int64_t part : groups[number]) {
      if (sourceShape[part] == 1)
        continue;
      if (next == reads.size() ||
          reads[next] != getAffineDimExpr(part, context) ||
          valueShape[next] != sourceShape[part])
        return std::nullopt;
      size *= valueShape[next++];
    }
    sizes.push_back(size);
    results.push_back(getAffineDimExpr(number, context));
  }
  ElementsAttr values = reshapeElements(source.values, sizes);
  if (!values)
    return std::nullopt;
  return ConstantTensor{values,
                        AffineMap::get(groups.size(), 0, results, context)};
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
  if (std::optional<BroadcastSource> copied = matchBroadcast(value)) {
    std::optional<ConstantTensor> source = getConstantTensor(copied->value);
    if (!source)
      return std::nullopt;
    return ConstantTensor{source->values, source->map.compose(copied->map)};
  }
  if (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
    std::optional<ConstantTensor> source = getConstantTensor(op->getOperand(0));
    if (!source)
      return std::nullopt;
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      return expandConstant(*source, expand.getReassociationIndices(),
                            type.getShape());
    auto collapse = cast<tensor::CollapseShapeOp>(op);
    return collapseConstant(*source, collapse.getReassociationIndices(),
                            collapse.getSrcType().getShape());
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
  // What depends on an input leads back to it through the whole model.
  constexpr unsigned kMostOperations = 128;
  unsigned numComputed = 0;
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    if (!isPure(op) ||
        (op->getNumOperands() != 0 && ++numComputed > kMostOperations))
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

/// The elements of `values` where they are stored as numbers of type T.
template <typename T>
static std::optional<ArrayRef<T>> getStored(ElementsAttr values) {
  ArrayRef<char> bytes;
  if (auto dense = dyn_cast<DenseElementsAttr>(values)) {
    if (dense.isSplat() && values.getNumElements() != 1)
      return std::nullopt;
    bytes = dense.getRawData();
  } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(values)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  }
  if (bytes.size() != sizeof(T) * size_t(values.getNumElements()) ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) != 0)
    return std::nullopt;
  return ArrayRef<T>(reinterpret_cast<const T *>(bytes.data()),
                     values.getNumElements());
}

LogicalResult mlir::qopt::verifyConstant(Operation *op) {
  Attribute value;
  if (!matchPattern(op, m_Constant(&value)))
    return success();
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  if (!resource)
    return success();
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return op->emitOpError("has the value '")
           << resource.getRawHandle().getKey()
           << "', which the module does not hold; write the model with all of "
              "its resources";
  ShapedType type = resource.getShapedType();
  const unsigned width =
      type.getElementType().isIntOrFloat() ? type.getElementTypeBitWidth() : 0;
  const size_t size = type.getNumElements() * (width / 8);
  if (width % 8 == 0 && width != 0 && blob->getData().size() != size)
    return op->emitOpError("has the value '")
           << resource.getRawHandle().getKey() << "' of "
           << blob->getData().size() << " bytes, and " << type << " takes "
           << size << "; export the model again";
  return success();
}

FailureOr<ConstantValues<float>> mlir::qopt::readFloats(ElementsAttr values) {
  Type element = values.getElementType();
  std::vector<float> result;
  if (element.isF32()) {
    if (std::optional<ArrayRef<float>> stored = getStored<float>(values))
      return ConstantValues<float>(*stored);
    result.reserve(values.getNumElements());
    if (auto dense = dyn_cast<DenseElementsAttr>(values)) {
      llvm::append_range(result, dense.getValues<float>());
      return ConstantValues<float>(std::move(result));
    }
    return failure();
  }
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense || !isa<FloatType>(element))
    return failure();
  result.reserve(values.getNumElements());
  for (APFloat value : dense.getValues<APFloat>())
    result.push_back(float(value.convertToDouble()));
  return ConstantValues<float>(std::move(result));
}

template <typename T>
static FailureOr<ConstantValues<T>> readStored(ElementsAttr values) {
  if (!values.getElementType().isInteger(8 * sizeof(T)))
    return failure();
  if (std::optional<ArrayRef<T>> stored = getStored<T>(values))
    return ConstantValues<T>(*stored);
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense)
    return failure();
  std::vector<T> result;
  result.reserve(values.getNumElements());
  llvm::append_range(result, dense.getValues<T>());
  return ConstantValues<T>(std::move(result));
}

FailureOr<ConstantValues<int8_t>> mlir::qopt::readBytes(ElementsAttr values) {
  return readStored<int8_t>(values);
}

FailureOr<ConstantValues<int16_t>> mlir::qopt::readShorts(ElementsAttr values) {
  return readStored<int16_t>(values);
}

FailureOr<SmallVector<int64_t>> mlir::qopt::readIntegers(ElementsAttr values) {
  SmallVector<int64_t> result;
  if (values.getElementType().isInteger(8)) {
    FailureOr<ConstantValues<int8_t>> bytes = readBytes(values);
    if (failed(bytes))
      return failure();
    llvm::append_range(result, *bytes);
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense || !values.getElementType().isIntOrIndex())
    return failure();
  result.reserve(values.getNumElements());
  for (const APInt &value : dense.getValues<APInt>())
    result.push_back(value.getSExtValue());
  return result;
}

/// Constants of this many bytes and more become blobs.
static constexpr size_t kLeastBlobBytes = 128 << 10;

ConstantBuilder::ConstantBuilder(RankedTensorType type)
    : type(type),
      blob(HeapAsmResourceBlob::allocate(
          type.getNumElements() * size_t(type.getElementTypeBitWidth() / 8),
          /*align=*/64)) {
  assert(type.getElementTypeBitWidth() % 8 == 0 && "elements of whole bytes");
}

ElementsAttr ConstantBuilder::finish(StringRef name) && {
  // One number repeated takes no memory.
  ArrayRef<char> bytes = blob.getData();
  size_t size = type.getElementTypeBitWidth() / 8;
  if (bytes.size() > size &&
      std::memcmp(bytes.data(), bytes.data() + size, bytes.size() - size) == 0)
    return DenseElementsAttr::getFromRawBuffer(type, bytes.take_front(size));
  if (bytes.size() < kLeastBlobBytes)
    return DenseElementsAttr::getFromRawBuffer(type, blob.getData());
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}
