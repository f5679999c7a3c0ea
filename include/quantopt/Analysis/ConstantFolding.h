//===- ConstantFolding.h - Elementwise operations on constants --*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_CONSTANTFOLDING_H
#define QUANTOPT_ANALYSIS_CONSTANTFOLDING_H

#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::qopt {

/// The result of `op`, an elementwise operation (broadcasts and transposes
/// included) whose inputs are known. Takes time in proportion to the elements,
/// a few operations of the body on many elements at once, and no memory but the
/// result. Fails on everything else, on bodies that ScalarProgram does not
/// know, on f64, and where the result has more elements than any input unless
/// `mayGrow`: a broadcast is smaller as an operation.
FailureOr<ElementsAttr> evaluateOnConstants(linalg::LinalgOp op, bool mayGrow);

/// All elements of `tensor`, which has `type`, in row-major order: what it
/// repeats is repeated. A copy, unless the map is the identity. Null where they
/// are not in memory.
ElementsAttr materialize(const ConstantTensor &tensor, RankedTensorType type);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_CONSTANTFOLDING_H
