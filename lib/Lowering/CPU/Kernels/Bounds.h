//===- Bounds.h - How large values of a body can get ------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H

#include "Nest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantopt/Support/ConstantDivision.h"

namespace mlir::qopt {

/// A bound of |value|, a scalar of a body, over all inputs of `stage` (null: of
/// any body), from integer types and constants; infinite where there is none.
double boundOf(const Stage *stage, Value value);

/// The factors that replace `division` with the same bits: it divides by a
/// constant what cannot overflow, and is only rounded to integers.
std::optional<quantopt::ConstantDivision>
getExactDivision(const Stage *stage, arith::DivFOp division);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H
