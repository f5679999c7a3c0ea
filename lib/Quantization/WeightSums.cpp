//===- WeightSums.cpp - Sums of constant weights --------------------------===//

#include "WeightSums.h"

using namespace mlir;
using namespace mlir::qopt;

FailureOr<WeightSums> mlir::qopt::sumWeights(QuantizableOpInterface op,
                                             OpOperand &weight, Value stored) {
  auto type = cast<RankedTensorType>(stored.getType());
  WeightSums result;
  SmallVector<bool> isSummed(type.getRank(), true);
  for (auto [own, dim] : op.getSharedDims(weight)) {
    isSummed[own] = false;
    result.dims.push_back(dim);
    result.sizes.push_back(type.getDimSize(own));
  }
  FailureOr<StoredSums> sums = sumStored(stored, isSummed);
  if (failed(sums))
    return failure();
  static_cast<StoredSums &>(result) = std::move(*sums);
  return result;
}
