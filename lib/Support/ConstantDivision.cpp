//===- ConstantDivision.cpp - Exact quotients by a constant ---------------===//

#include "quantopt/Support/ConstantDivision.h"

#include <cmath>
#include <cstdint>

using namespace quantopt;

static constexpr int kPrecision = 24;

/// The inverse of odd `value` modulo odd `modulus`.
static uint64_t invert(uint64_t value, uint64_t modulus) {
  // Extended Euclid on signed numbers below 2^25.
  int64_t r0 = modulus, r1 = value % modulus, t0 = 0, t1 = 1;
  while (r1 != 0) {
    int64_t quotient = r0 / r1;
    int64_t r2 = r0 - quotient * r1, t2 = t0 - quotient * t1;
    r0 = r1, r1 = r2, t0 = t1, t1 = t2;
  }
  return t0 < 0 ? t0 + modulus : t0;
}

static bool isRight(float x, float divisor, const ConstantDivision &division) {
  return std::fma(x, division.high, x * division.low) == x / divisor;
}

/// Tries every significand X for which X * 2^shift is `offset` modulo Y: those
/// whose quotient is offset / (Y * 2^shift) away from a multiple of 2^-shift.
static bool tryNeighbours(uint64_t y, int shift, int64_t offset, float divisor,
                          const ConstantDivision &division) {
  int zeros = __builtin_ctzll(y);
  if (offset % (int64_t(1) << zeros) != 0)
    return true;
  const uint64_t modulus = y >> zeros;
  if (modulus == 1)
    return true; // a power of two: every quotient is exact
  uint64_t power = 1;
  for (int i = 0; i < shift - zeros; ++i)
    power = power * 2 % modulus;
  int64_t reduced = (offset >> zeros) % int64_t(modulus);
  if (reduced < 0)
    reduced += modulus;
  uint64_t x = uint64_t(reduced) * invert(power, modulus) % modulus;
  for (; x < (uint64_t(1) << kPrecision); x += modulus)
    if (x >= (uint64_t(1) << (kPrecision - 1)) &&
        !isRight(static_cast<float>(x), divisor, division))
      return false;
  return true;
}

std::optional<ConstantDivision> quantopt::getConstantDivision(float divisor) {
  if (!(divisor >= 0x1p-20f && divisor <= 0x1p20f))
    return std::nullopt;
  ConstantDivision division;
  division.high = 1.0f / divisor;
  // The remainder of the reciprocal is exact in f32.
  division.low = std::fma(-divisor, division.high, 1.0f) / divisor;

  int exponent;
  const auto y = static_cast<uint64_t>(
      std::ldexp(std::frexp(divisor, &exponent), kPrecision));
  // A quotient in [1, 2) has its middles at odd multiples of 2^-24, one in
  // [1/2, 1) at those of 2^-25. An error below 2^-46 of it is less than four
  // units of 1 / (Y * 2^shift).
  constexpr int64_t kNearest = 4;
  for (int shift : {kPrecision, kPrecision + 1})
    for (int64_t offset = -kNearest; offset <= kNearest; ++offset)
      if (!tryNeighbours(y, shift, offset, divisor, division))
        return std::nullopt;
  return division;
}
