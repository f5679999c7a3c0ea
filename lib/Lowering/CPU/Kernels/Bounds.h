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

/// What the value that `nest` reduces is at most in magnitude, from the number
/// of its terms; infinite where the terms are no bytes or words, or nothing is
/// known of the initial value.
double boundAccumulator(const Nest &nest);

/// Factors that give a division by a constant with the same bits.
struct ExactDivision {
  /// What they multiply: what is divided, or for a power of two what that is a
  /// product of.
  Value value;
  /// `low` is zero where one multiplication is enough.
  quantopt::ConstantDivision factors;
};

/// The factors for `division`, which divides what cannot overflow, and is only
/// rounded to integers or proven to have no tiny quotients.
std::optional<ExactDivision> getExactDivision(const Stage *stage,
                                              arith::DivFOp division);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H
