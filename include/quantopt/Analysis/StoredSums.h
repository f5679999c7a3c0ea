//===- StoredSums.h - Sums of constant integers -----------------*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_STOREDSUMS_H
#define QUANTOPT_ANALYSIS_STOREDSUMS_H

#include "mlir/IR/Value.h"

namespace mlir::qopt {

/// Sums of stored weights over some dimensions, by the others in row-major
/// order.
struct StoredSums {
  /// The sum of the weights over 0, and that of the others' magnitudes.
  SmallVector<int64_t> positives, negatives;

  /// sum w
  int64_t getTotal(size_t index) const {
    return positives[index] - negatives[index];
  }

  /// The largest magnitude that a sum of these weights times values from `low`
  /// to `high`, or of a part of them, can reach.
  int64_t getReach(int64_t low, int64_t high) const;
};

/// Sums the constant tensor `stored`, of i8 or i16, over the dimensions that
/// `isSummed` says, one entry a dimension. Fails where its elements are not at
/// hand.
FailureOr<StoredSums> sumStored(Value stored, ArrayRef<bool> isSummed);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_STOREDSUMS_H
