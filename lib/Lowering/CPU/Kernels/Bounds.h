//===- Bounds.h - How large values of a body can get ------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H

#include "../../Common/Nest.h"

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

/// A scalar float constant that is a whole number of at most 16 bits.
std::optional<int64_t> matchWhole(Value value);

/// `select(x PREDICATE bound, x, bound)` with a whole bound: returns x.
Value matchBound(Value value, arith::CmpFPredicate predicate, int64_t &bound);

/// What gives a division by a constant with the same bits, or, where all that
/// follows are a rounding and a saturation, with the same result of those.
struct ExactDivision {
  /// What is multiplied: what is divided, or for a power of two what that is a
  /// product of.
  Value value;
  float divisor;
  /// `low` is zero where one multiplication is enough. Nothing: the product
  /// with the reciprocal is corrected by its remainder.
  std::optional<quantopt::ConstantDivision> factors;
  /// Where it is not zero, `value` is clamped to +-limit first, and NaN becomes
  /// -limit: quotients of 2^20 and more, of either sign, saturate alike.
  float limit = 0;
};

/// How to compute `division`, which divides what cannot overflow or saturates
/// later, and is only rounded to integers or proven to have no tiny quotients.
std::optional<ExactDivision> getExactDivision(const Stage *stage,
                                              arith::DivFOp division);

/// A bound of |value| where divisions are computed as `getExactDivision` says.
double boundWhereDivided(const Stage *stage, Value value);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_BOUNDS_H
