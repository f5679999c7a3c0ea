//===- WeightSums.h - Sums of constant weights ------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H
#define QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H

#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// What the stored weights behind each result of a contraction add up to.
struct WeightSums {
  /// Sizes of the weights' dimensions that the result has too, and which
  /// dimensions of the result these are.
  SmallVector<int64_t> sizes, dims;
  /// By these dimensions, row-major: sum w.
  SmallVector<int64_t> sums;
  /// The largest sum |w|: times the largest activation, what an accumulator can
  /// reach.
  int64_t maxMagnitude = 0;
};

/// Sums `stored`, the constant of i8 or i16 that operand `weight` of `op` is
/// made from. Fails where its elements are not at hand.
FailureOr<WeightSums> sumWeights(QuantizableOpInterface op, OpOperand &weight,
                                 Value stored);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_WEIGHTSUMS_H
