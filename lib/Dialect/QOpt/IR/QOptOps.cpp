//===- QOptOps.cpp - Verifiers and folders of the qopt dialect ------------===//
//
// Folders are lossless only: a pair quantize, dequantize in this order is the
// definition of fake quantization and survives every canonicalization.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"

#include <limits>

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Constraints that the conversions share
//===----------------------------------------------------------------------===//

/// Zero points lie within the storage range.
static LogicalResult verifyZeroPoints(Operation *op,
                                      const UniformParams &params, Type type) {
  for (int64_t zeroPoint : params.zeroPoints)
    if (zeroPoint < params.storageMin || zeroPoint > params.storageMax)
      return op->emitOpError("zero point ")
             << zeroPoint << " lies outside the storage range ["
             << params.storageMin << ", " << params.storageMax << "] of "
             << type;
  return success();
}

/// A per-axis type stands on a tensor that has the axis, a scale an index.
static LogicalResult verifyAxis(Operation *op, const UniformParams &params,
                                Type type, Type container) {
  if (!params.axis)
    return success();
  auto tensor = dyn_cast<RankedTensorType>(container);
  if (!tensor)
    return op->emitOpError("per-axis type ")
           << type << " needs a ranked tensor, not " << container;
  if (*params.axis >= tensor.getRank())
    return op->emitOpError("quantized dimension ")
           << *params.axis << " does not exist in " << container;
  int64_t size = tensor.getDimSize(*params.axis);
  if (!ShapedType::isDynamic(size) &&
      size != static_cast<int64_t>(params.scales.size()))
    return op->emitOpError("has ")
           << params.scales.size() << " scales for " << size
           << " indices of dimension " << *params.axis << " of " << container;
  return success();
}

static FailureOr<UniformParams> verifyUniform(Operation *op, Type type,
                                              Type container) {
  FailureOr<UniformParams> params = UniformParams::get(type);
  if (failed(params)) {
    op->emitOpError("takes a per-tensor or per-axis uniform type, not ")
        << type;
    return failure();
  }
  if (params->storageWidth < 2) {
    op->emitOpError("stores in one bit, which is a truth value and no integer, "
                    "by ")
        << type << "; give 2 bits or more";
    return failure();
  }
  if (failed(verifyZeroPoints(op, *params, type)) ||
      failed(verifyAxis(op, *params, type, container)))
    return failure();
  return params;
}

static LogicalResult verifyStorage(Operation *op, quant::QuantizedType type,
                                   Type container) {
  Type element = getElementTypeOrSelf(container);
  if (element != type.getStorageType())
    return op->emitOpError("stores ")
           << element << " where " << type << " has storage "
           << type.getStorageType();
  return success();
}

static LogicalResult verifyExpressed(Operation *op, quant::QuantizedType type,
                                     Type container) {
  Type element = getElementTypeOrSelf(container);
  if (element != type.getExpressedType())
    return op->emitOpError("has real values of ")
           << element << " where " << type << " expresses "
           << type.getExpressedType();
  return success();
}

//===----------------------------------------------------------------------===//
// QuantizeOp
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  if (failed(verifyStorage(*this, getType(), getResult().getType())) ||
      failed(verifyExpressed(*this, getType(), getInput().getType())))
    return failure();
  return verifyUniform(*this, getType(), getInput().getType());
}

/// Every bit pattern of the storage is a value of `type`: nothing is clamped.
static bool coversStorage(quant::QuantizedType type) {
  unsigned width = type.getStorageTypeIntegralWidth();
  return type.getStorageTypeMin() ==
             quant::QuantizedType::getDefaultMinimumForInteger(type.isSigned(),
                                                               width) &&
         type.getStorageTypeMax() ==
             quant::QuantizedType::getDefaultMaximumForInteger(type.isSigned(),
                                                               width);
}

OpFoldResult QuantizeOp::fold(FoldAdaptor) {
  // quantize(dequantize(q)) of one type is q: the real value lies within a few
  // ulp of an integer multiple of the scale, far from any tie. That takes an
  // expressed type with more mantissa than the storage has bits, a q that the
  // (possibly narrowed) storage range holds, and products that stay finite.
  auto dequantize = getInput().getDefiningOp<DequantizeOp>();
  if (!dequantize || dequantize.getType() != getType())
    return {};
  quant::QuantizedType type = getType();
  if (!type.getExpressedType().isF32() ||
      type.getStorageTypeIntegralWidth() > 16 || !coversStorage(type))
    return {};
  FailureOr<UniformParams> params = UniformParams::get(type);
  if (failed(params))
    return {};
  double span = static_cast<double>(params->storageMax - params->storageMin);
  for (double scale : params->scales)
    if (scale * span > std::numeric_limits<float>::max())
      return {};
  return dequantize.getInput();
}

//===----------------------------------------------------------------------===//
// DequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult DequantizeOp::verify() {
  if (failed(verifyStorage(*this, getType(), getInput().getType())) ||
      failed(verifyExpressed(*this, getType(), getResult().getType())))
    return failure();
  return verifyUniform(*this, getType(), getInput().getType());
}

OpFoldResult DequantizeOp::fold(FoldAdaptor) { return {}; }

//===----------------------------------------------------------------------===//
// RequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult RequantizeOp::verify() {
  if (failed(verifyStorage(*this, getFrom(), getInput().getType())) ||
      failed(verifyStorage(*this, getTo(), getResult().getType())) ||
      failed(verifyUniform(*this, getFrom(), getInput().getType())))
    return failure();
  FailureOr<UniformParams> to =
      verifyUniform(*this, getTo(), getInput().getType());
  if (failed(to))
    return failure();
  if (to->storageWidth > 16)
    return emitOpError("writes storage of at most 16 bits, not ") << getTo();
  return success();
}

OpFoldResult RequantizeOp::fold(FoldAdaptor) {
  // A narrowed range clamps even where nothing is rescaled.
  if (getFrom() == getTo() && coversStorage(getTo()))
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// LookupOp
//===----------------------------------------------------------------------===//

LogicalResult LookupOp::verify() {
  ShapedType table = getTable().getShapedType();
  Type element = getElementTypeOrSelf(getResult().getType());
  if (table.getRank() != 1 || table.getNumElements() != 256 ||
      table.getElementType() != element)
    return emitOpError("needs a table of type ")
           << RankedTensorType::get({256}, element) << ", not " << table;
  return success();
}

OpFoldResult LookupOp::fold(FoldAdaptor) {
  // The identity table is a no-op.
  if (getInput().getType() != getResult().getType())
    return {};
  auto values = getTable().tryGetValues<APInt>();
  if (!values)
    return {};
  for (auto [index, value] : llvm::enumerate(*values))
    if (value.getZExtValue() != index)
      return {};
  return getInput();
}

//===----------------------------------------------------------------------===//
// QuantizeDynamicOp
//===----------------------------------------------------------------------===//

LogicalResult QuantizeDynamicOp::verify() {
  RankedTensorType input = getInput().getType();
  SmallVector<int64_t> sizes;
  llvm::SmallDenseSet<int64_t> seen;
  for (int64_t dim : getKept()) {
    if (dim < 0 || dim >= input.getRank() || !seen.insert(dim).second)
      return emitOpError("keeps [")
             << getKept() << "], which are not different dimensions of "
             << input;
    sizes.push_back(input.getDimSize(dim));
  }
  if (getResult().getType().getShape() != input.getShape())
    return emitOpError("makes ")
           << getResult().getType() << " of " << input << "; shapes must agree";
  for (Value parameters : getResults().drop_front()) {
    auto type = cast<RankedTensorType>(parameters.getType());
    if (type.getShape() != ArrayRef<int64_t>(sizes))
      return emitOpError("has parameters ")
             << type << " where the dimensions that it keeps need "
             << type.clone(sizes);
  }
  return success();
}

LogicalResult DequantizeGroupsOp::verify() {
  RankedTensorType input = getInput().getType();
  const int64_t axis = getAxis(), size = getGroupSize();
  if (axis < 0 || axis >= input.getRank())
    return emitOpError("has groups along dimension ")
           << axis << ", which " << input << " has not";
  if (size < 1)
    return emitOpError("has groups of ") << size << " elements";
  if (getResult().getType().getShape() != input.getShape())
    return emitOpError("makes ")
           << getResult().getType() << " of " << input << "; shapes must agree";
  SmallVector<int64_t> shape(input.getShape());
  if (!ShapedType::isDynamic(shape[axis]))
    shape[axis] = llvm::divideCeil(shape[axis], size);
  if (failed(verifyCompatibleShape(getScales().getType().getShape(), shape)))
    return emitOpError("has scales ")
           << getScales().getType() << " where groups of " << size
           << " along dimension " << axis << " need "
           << getScales().getType().clone(shape);
  return success();
}

//===----------------------------------------------------------------------===//
// TakeOp
//===----------------------------------------------------------------------===//

LogicalResult TakeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (getDims().size() != getPositions().size())
    return emitOpError("has ")
           << getPositions().size() << " lists of positions for "
           << getDims().size() << " dimensions";
  SmallVector<int64_t> shape(input.getShape());
  int64_t last = -1;
  for (auto [dim, positions] : llvm::zip_equal(getDims(), getPositions())) {
    if (dim <= last || dim >= input.getRank())
      return emitOpError("needs ascending dimensions of ")
             << input << ", not [" << getDims() << "]";
    shape[dim] = cast<RankedTensorType>(positions.getType()).getDimSize(0);
    last = dim;
  }
  if (result.getElementType() != input.getElementType() ||
      failed(verifyCompatibleShape(result.getShape(), shape)))
    return emitOpError("makes ")
           << result << " where its positions take " << input.clone(shape);
  return success();
}

//===----------------------------------------------------------------------===//
// FakeQuantOp and ObserveOp
//===----------------------------------------------------------------------===//

LogicalResult FakeQuantOp::verify() {
  if (failed(verifyExpressed(*this, getType(), getInput().getType())))
    return failure();
  return verifyUniform(*this, getType(), getInput().getType());
}

std::string ObserveOp::getTableType() {
  RankedTensorType type = getInput().getType();
  std::string text;
  llvm::raw_string_ostream(text)
      << RankedTensorType::get(type.getShape(), type.getElementType());
  return text;
}

LogicalResult ObserveOp::verify() {
  if (getId().empty())
    return emitOpError("needs an id that is not empty");
  if (getFinal() && !getType())
    return emitOpError("is final without a type");
  if (auto type = getType()) {
    if (failed(verifyExpressed(*this, *type, getInput().getType())))
      return failure();
    return verifyUniform(*this, *type, getInput().getType());
  }
  return success();
}

void ObserveOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  // Counting must not be folded away or duplicated.
  effects.emplace_back(MemoryEffects::Write::get());
}

LogicalResult ObserveMeansOp::verify() {
  if (getId().empty())
    return emitOpError("needs an id that is not empty");
  int64_t last = -1;
  for (int64_t channel : getChannels()) {
    if (channel <= last || channel >= getInput().getType().getRank())
      return emitOpError("needs channels that are ascending dimensions of ")
             << getInput().getType();
    last = channel;
  }
  return success();
}

void ObserveMeansOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  effects.emplace_back(MemoryEffects::Write::get());
}
