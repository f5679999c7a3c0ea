//===- StoredSums.h - Sums of constant integers -----------------*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_STOREDSUMS_H
#define QUANTOPT_ANALYSIS_STOREDSUMS_H

#include "mlir/IR/Value.h"

namespace mlir::qopt {

/// Sums of stored weights over some dimensions, by the others in row-major
/// order.
struct StoredSums {
  /// sum w
  SmallVector<int64_t> totals;
  /// The largest sum |w|: times the largest activation, what an accumulator can
  /// reach.
  int64_t maxMagnitude = 0;
};

/// Sums the constant tensor `stored`, of i8 or i16, over the dimensions that
/// `isSummed` says, one entry a dimension. Fails where its elements are not at
/// hand.
FailureOr<StoredSums> sumStored(Value stored, ArrayRef<bool> isSummed);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_STOREDSUMS_H
