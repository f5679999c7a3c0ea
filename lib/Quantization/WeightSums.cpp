//===- WeightSums.cpp - Sums of constant weights --------------------------===//

#include "WeightSums.h"
#include "quantopt/Analysis/ConstantTensor.h"

using namespace mlir;
using namespace mlir::qopt;

template <typename T>
static void addUp(ArrayRef<T> values, ArrayRef<int64_t> shape,
                  ArrayRef<int64_t> strides, WeightSums &result) {
  SmallVector<int64_t> magnitudes(result.sums.size(), 0);
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t position = 0;
  for (T value : values) {
    result.sums[position] += value;
    magnitudes[position] += std::abs(int64_t(value));
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      position += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      position -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  result.maxMagnitude = *llvm::max_element(magnitudes);
}

FailureOr<WeightSums> mlir::qopt::sumWeights(QuantizableOpInterface op,
                                             OpOperand &weight, Value stored) {
  std::optional<ConstantTensor> constant = getConstantTensor(stored);
  if (!constant || !constant->map.isIdentity())
    return failure();
  auto type = cast<RankedTensorType>(stored.getType());
  WeightSums result;
  SmallVector<int64_t> strides(type.getRank(), 0);
  int64_t count = 1;
  SmallVector<std::pair<int64_t, int64_t>> shared = op.getSharedDims(weight);
  for (auto [own, dim] : shared) {
    result.dims.push_back(dim);
    result.sizes.push_back(type.getDimSize(own));
  }
  for (auto [own, dim] : llvm::reverse(shared)) {
    strides[own] = count;
    count *= type.getDimSize(own);
  }
  result.sums.assign(count, 0);
  if (FailureOr<ConstantValues<int8_t>> bytes = readBytes(constant->values);
      succeeded(bytes)) {
    addUp<int8_t>(*bytes, type.getShape(), strides, result);
    return result;
  }
  FailureOr<ConstantValues<int16_t>> shorts = readShorts(constant->values);
  if (failed(shorts))
    return failure();
  addUp<int16_t>(*shorts, type.getShape(), strides, result);
  return result;
}
