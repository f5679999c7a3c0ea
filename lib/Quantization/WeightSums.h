//===- WeightSums.h - Sums of constant weights ------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H
#define QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H

#include "quantopt/Analysis/StoredSums.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// What the stored weights behind each result of a contraction add up to, by
/// the dimensions that the result has too.
struct WeightSums : StoredSums {
  /// Sizes of these dimensions, and which dimensions of the result they are.
  SmallVector<int64_t> sizes, dims;
};

/// Sums `stored`, the constant of i8 or i16 that operand `weight` of `op` is
/// made from. Fails where its elements are not at hand.
FailureOr<WeightSums> sumWeights(QuantizableOpInterface op, OpOperand &weight,
                                 Value stored);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H
