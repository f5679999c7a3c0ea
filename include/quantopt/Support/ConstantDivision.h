//===- ConstantDivision.h - Exact quotients by a constant -------*- C++ -*-===//
//
// Division by a constant as a multiplication and a fused multiply-add, with the
// bits of the division: Brisebarre, Muller, Raina, "Accelerating Correctly
// Rounded Floating-Point Division when the Divisor Is Known in Advance", IEEE
// Transactions on Computers 53 (8), 2004, algorithm 2.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_CONSTANTDIVISION_H
#define QUANTOPT_SUPPORT_CONSTANTDIVISION_H

#include <optional>

namespace quantopt {

/// The reciprocal of a divisor in two parts:
/// `fma(x, high, x * low) == x / divisor` in f32, round to nearest even, for
/// every finite x whose quotient is at least 2^-100 in magnitude and below
/// 2^127. Smaller quotients differ by less than 2^-100, and zeros stay zeros.
struct ConstantDivision {
  float high;
  float low;
};

/// The division by `divisor`, or nothing where it is not proven: for a divisor
/// that is not a positive number between 2^-20 and 2^20, and for the rare ones
/// where the method fails. The proof is by cases: the error before the last
/// rounding is below 2^-46 of the quotient, so only quotients that close to the
/// middle between two floats can be rounded wrongly. Those are the solutions of
/// a few congruences, and all of them are tried.
std::optional<ConstantDivision> getConstantDivision(float divisor);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CONSTANTDIVISION_H
