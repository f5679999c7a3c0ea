//===- StoredSums.cpp - Sums of constant integers -------------------------===//

#include "quantopt/Analysis/StoredSums.h"
#include "quantopt/Analysis/ConstantTensor.h"

using namespace mlir;
using namespace mlir::qopt;

int64_t StoredSums::getReach(int64_t low, int64_t high) const {
  // A part of the weights leaves the others out: as if they met a 0.
  low = std::min<int64_t>(low, 0);
  high = std::max<int64_t>(high, 0);
  int64_t reach = 0;
  for (auto [positive, negative] : llvm::zip_equal(positives, negatives))
    reach = std::max({reach, positive * high - negative * low,
                      negative * high - positive * low});
  return reach;
}

template <typename T>
static StoredSums addUp(ArrayRef<T> values, ArrayRef<int64_t> shape,
                        ArrayRef<bool> isSummed) {
  // Runs of the innermost dimension in row-major order; the position among the
  // sums moves with the dimensions that are kept.
  SmallVector<int64_t> stride(shape.size(), 0);
  int64_t count = 1;
  for (int dim = int(shape.size()) - 1; dim >= 0; --dim)
    if (!isSummed[dim]) {
      stride[dim] = count;
      count *= shape[dim];
    }
  StoredSums sums;
  sums.positives.assign(count, 0);
  sums.negatives.assign(count, 0);
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t position = 0;
  const int64_t length = shape.empty() ? 1 : shape.back();
  const bool isRunSummed = !shape.empty() && isSummed.back();
  for (size_t at = 0; at < values.size(); at += length) {
    const T *run = values.begin() + at;
    if (isRunSummed) {
      int64_t positive = 0, negative = 0;
      for (int64_t i = 0; i < length; ++i) {
        positive += std::max<int64_t>(run[i], 0);
        negative -= std::min<int64_t>(run[i], 0);
      }
      sums.positives[position] += positive;
      sums.negatives[position] += negative;
    } else {
      for (int64_t i = 0; i < length; ++i) {
        sums.positives[position + i] += std::max<int64_t>(run[i], 0);
        sums.negatives[position + i] -= std::min<int64_t>(run[i], 0);
      }
    }
    for (int dim = int(shape.size()) - 2; dim >= 0; --dim) {
      position += stride[dim];
      if (++index[dim] < shape[dim])
        break;
      position -= stride[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  return sums;
}

FailureOr<StoredSums> mlir::qopt::sumStored(Value stored,
                                            ArrayRef<bool> isSummed) {
  std::optional<ConstantTensor> constant = getConstantTensor(stored);
  if (!constant || !constant->map.isIdentity())
    return failure();
  ArrayRef<int64_t> shape = constant->values.getShapedType().getShape();
  if (FailureOr<ConstantValues<int8_t>> bytes = readBytes(constant->values);
      succeeded(bytes))
    return addUp<int8_t>(*bytes, shape, isSummed);
  if (FailureOr<ConstantValues<int16_t>> shorts = readShorts(constant->values);
      succeeded(shorts))
    return addUp<int16_t>(*shorts, shape, isSummed);
  return failure();
}
