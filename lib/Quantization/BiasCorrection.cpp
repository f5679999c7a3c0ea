//===- BiasCorrection.cpp - What rounding weights shifts ------------------===//

#include "BiasCorrection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

float BiasCorrection::getLargest() const {
  float largest = 0.0f;
  for (float value : values)
    largest = std::max(largest, std::fabs(value));
  return largest;
}

void mlir::qopt::setDims(BiasCorrection &correction, QuantizableOpInterface op,
                         OpOperand &weight) {
  correction.dims.clear();
  correction.sizes.clear();
  for (auto [own, dim] : op.getSharedDims(weight))
    correction.dims.push_back(dim);
  llvm::sort(correction.dims);
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  for (int64_t dim : correction.dims)
    correction.sizes.push_back(result.getDimSize(dim));
}

/// The one operand that the weights multiply, or null.
static OpOperand *getActivation(QuantizableOpInterface op) {
  OpOperand *activation = nullptr;
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.getOperandKind(operand) != OperandKind::Activation)
      continue;
    if (activation)
      return nullptr;
    activation = &operand;
  }
  return activation;
}

namespace {
/// How far one step along a dimension of the weights goes in the tensors that
/// belong to them.
struct Steps {
  int64_t size = 1, result = 0, mean = 0, scale = 0;
};
} // namespace

/// Adds the error of each weight times the mean of what it multiplies to
/// `sums`.
template <typename T>
static void addErrors(ArrayRef<Steps> dims, const RoundedWeights &weights,
                      ArrayRef<T> stored, ArrayRef<float> means,
                      MutableArrayRef<double> sums) {
  const Steps last = dims.back();
  ArrayRef<Steps> outer = dims.drop_back();
  SmallVector<int64_t> index(outer.size(), 0);
  int64_t result = 0, mean = 0, scale = 0;
  for (size_t at = 0; at < stored.size();) {
    for (int64_t i = 0; i < last.size; ++i, ++at) {
      const double error =
          weights.scales[scale + i * last.scale] * double(stored[at]) -
          double(weights.values[at]);
      sums[result + i * last.result] +=
          error * double(means[mean + i * last.mean]);
    }
    for (size_t dim = outer.size(); dim-- > 0;) {
      const Steps &steps = outer[dim];
      result += steps.result, mean += steps.mean, scale += steps.scale;
      if (++index[dim] < steps.size)
        break;
      result -= steps.size * steps.result;
      mean -= steps.size * steps.mean;
      scale -= steps.size * steps.scale;
      index[dim] = 0;
    }
  }
}

std::optional<BiasCorrection>
mlir::qopt::computeBiasCorrection(QuantizableOpInterface op, OpOperand &weight,
                                  const RoundedWeights &weights) {
  auto observed =
      op->getAttrOfType<ElementsAttr>(QOptDialect::getInputMeansAttrName());
  OpOperand *activation = getActivation(op);
  auto type = cast<RankedTensorType>(weight.get().getType());
  if (!observed || !activation || type.getRank() == 0 ||
      type.getNumElements() == 0)
    return std::nullopt;
  FailureOr<ConstantValues<float>> means = readFloats(observed);
  if (failed(means))
    return std::nullopt;
  // One mean for each index that both have.
  SmallVector<std::pair<int64_t, int64_t>> common =
      op.getCommonDims(*activation, weight);
  ArrayRef<int64_t> observedShape = observed.getShapedType().getShape();
  if (!llvm::equal(common, observedShape, [&](auto pair, int64_t size) {
        return type.getDimSize(pair.second) == size;
      }))
    return std::nullopt;

  BiasCorrection correction;
  setDims(correction, op, weight);
  SmallVector<Steps> dims(type.getRank());
  for (auto [steps, size] : llvm::zip_equal(dims, type.getShape()))
    steps.size = size;
  SmallVector<int64_t> strides = computeStrides(correction.sizes);
  for (auto [own, dim] : op.getSharedDims(weight))
    dims[own].result =
        strides[llvm::find(correction.dims, dim) - correction.dims.begin()];
  for (auto [pair, stride] :
       llvm::zip_equal(common, computeStrides(observedShape)))
    dims[pair.second].mean = stride;
  if (weights.axis)
    dims[*weights.axis].scale = 1;

  const int64_t count = ShapedType::getNumElements(correction.sizes);
  std::vector<double> sums(count, 0.0);
  if (weights.stored.getElementType().isInteger(8)) {
    FailureOr<ConstantValues<int8_t>> stored = readBytes(weights.stored);
    if (failed(stored))
      return std::nullopt;
    addErrors<int8_t>(dims, weights, *stored, *means, sums);
  } else {
    FailureOr<ConstantValues<int16_t>> stored = readShorts(weights.stored);
    if (failed(stored))
      return std::nullopt;
    addErrors<int16_t>(dims, weights, *stored, *means, sums);
  }
  // A loop that only the activation has multiplies each weight as often.
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  const double products =
      double(op.getNumProducts()) / double(result.getNumElements());
  const double repeats =
      products / (double(type.getNumElements()) / double(count));
  for (double sum : sums)
    correction.values.push_back(float(-sum * repeats));
  return correction;
}

bool mlir::qopt::addToBias(QuantizableOpInterface op,
                           const BiasCorrection &correction) {
  OpOperand *init = nullptr;
  for (OpOperand &operand : op->getOpOperands())
    if (op.getOperandKind(operand) == OperandKind::Accumulator)
      init = &operand;
  std::optional<ConstantTensor> bias;
  if (init)
    bias = getConstantTensor(init->get());
  FailureOr<ConstantValues<float>> values;
  if (bias)
    values = readFloats(bias->values);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (failed(values) || !type.getElementType().isF32() ||
      int64_t(correction.values.size()) !=
          ShapedType::getNumElements(correction.sizes))
    return false;

  // The sum counts along the dimensions of both.
  SmallVector<int64_t> biasSteps(type.getRank(), 0), ownSteps = biasSteps;
  if (!bias->values.isSplat())
    for (auto [result, stride] : llvm::zip_equal(
             bias->map.getResults(),
             computeStrides(bias->values.getShapedType().getShape())))
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        biasSteps[dim.getPosition()] = stride;
  for (auto [dim, stride] :
       llvm::zip_equal(correction.dims, computeStrides(correction.sizes)))
    ownSteps[dim] = stride;
  SmallVector<unsigned> dims;
  SmallVector<int64_t> sizes;
  for (unsigned dim = 0; dim < type.getRank(); ++dim)
    if (type.getDimSize(dim) != 1 &&
        (biasSteps[dim] != 0 || ownSteps[dim] != 0)) {
      dims.push_back(dim);
      sizes.push_back(type.getDimSize(dim));
    }
  auto sumType = RankedTensorType::get(sizes, type.getElementType());
  const bool isWhole = sumType.getNumElements() == type.getNumElements();
  ConstantBuilder sum(isWhole ? type : sumType);
  SmallVector<int64_t> strides = computeStrides(sizes);
  for (auto [at, element] : llvm::enumerate(sum.getMutableData<float>())) {
    int64_t ownAt = 0, biasAt = 0;
    for (auto [dim, size, stride] : llvm::zip_equal(dims, sizes, strides)) {
      const int64_t index = int64_t(at) / stride % size;
      ownAt += index * ownSteps[dim];
      biasAt += index * biasSteps[dim];
    }
    element =
        float(double((*values)[biasAt]) + double(correction.values[ownAt]));
  }
  OpBuilder builder(op);
  Location loc = init->get().getLoc();
  auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
  Value constant = arith::ConstantOp::create(
      builder, loc,
      cast<TypedAttr>(std::move(sum).finish(
          (name ? name.getValue() + ".bias" : Twine("bias")).str())));
  if (!isWhole)
    constant = createBroadcast(builder, loc, constant,
                               AffineMap::getMultiDimMapWithTargets(
                                   type.getRank(), dims, op->getContext()),
                               type);
  init->set(constant);
  return true;
}
