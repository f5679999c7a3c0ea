//===- ElementwiseBody.h - What the body of a generic computes --*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_ELEMENTWISEBODY_H
#define QUANTOPT_ANALYSIS_ELEMENTWISEBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {

/// How far the bits of a body's result are defined.
enum class BodyKind {
  /// Only operations that IEEE 754 or integer arithmetic define exactly.
  Exact,
  /// Also functions whose last bit depends on the library.
  Transcendental,
  /// Operations that no instruction evaluates.
  Unknown
};

/// Classifies the operations of `body`.
BodyKind classifyBody(Block &body);

/// Whether `op` computes each result element from one element of each operand:
/// all loops are parallel, the result's map is the identity, inputs are read
/// through permutations or projections of it, there is one result, and the body
/// does not read what the result held before.
bool isElementwiseMapped(linalg::LinalgOp op);

/// The way a reduction combines: `result = combine(result, input)`.
enum class ReductionKind { None, Sum, Max, Min, MulAdd };

/// Recognises the body of a reduction: `out + in`, `max(out, in)`,
/// `min(out, in)`, `out + a * b` or `fma(a, b, out)`, in floats, the
/// accumulator on either side.
ReductionKind classifyReduction(linalg::LinalgOp op);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_ELEMENTWISEBODY_H
