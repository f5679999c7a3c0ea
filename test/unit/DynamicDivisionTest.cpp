//===- DynamicDivisionTest.cpp - Steps of a scale of run time -------------===//
//
// What qopt::emitQuotient makes in place of a division: its rounding to
// integers must be that of the quotient, whatever the mode.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Support/QuantMath.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>

using namespace quantopt;

// The C library's fused multiply-add takes minutes for all of it.
#ifdef __x86_64__
#define WITH_FMA __attribute__((target("avx2,fma")))
static bool hasFMA() { return __builtin_cpu_supports("fma"); }
#else
#define WITH_FMA
static bool hasFMA() { return true; }
#endif

WITH_FMA static inline float multiply(float x, float scale, float reciprocal) {
  float divisor = scale < std::numeric_limits<float>::max()
                      ? scale
                      : std::numeric_limits<float>::max();
  float quotient = x * reciprocal;
  float rest = __builtin_fmaf(-quotient, divisor, x);
  return __builtin_fmaf(rest, reciprocal, quotient);
}

static float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// For how many scales of a binade the float `neighbour` places from
/// `middle * scale` comes to lie on another side of `middle`.
WITH_FMA static uint32_t countMoved(float middle, int neighbour) {
  uint32_t moved = 0;
  for (uint32_t significand = 0; significand < 1u << 23; ++significand) {
    uint32_t bits = 0x3f800000u | significand, near;
    float scale, x;
    std::memcpy(&scale, &bits, sizeof(scale));
    float product = middle * scale;
    std::memcpy(&near, &product, sizeof(near));
    near += neighbour;
    std::memcpy(&x, &near, sizeof(x));
    float divided = x / scale, other = multiply(x, scale, 1.0f / scale);
    moved += ((divided > middle) != (other > middle)) |
             ((divided < middle) != (other < middle));
  }
  return moved;
}

/// Values further from a middle than their neighbours lie at least three
/// quarters of a unit in the last place away from it, and the quotient before
/// its last rounding is within 2^-22 of one.
TEST(DynamicDivision, MovesNoValueOverAMiddle) {
  if (!hasFMA())
    GTEST_SKIP() << "this processor has no fused multiply-add";
  for (int half = 1; half < 512; half += 2)
    for (int neighbour : {-1, 0, 1})
      ASSERT_EQ(countMoved(half / 2.0f, neighbour), 0u) << half << " / 2";
}

WITH_FMA static void expectAllBinades(std::mt19937 &random) {
  std::uniform_int_distribution<uint32_t> bits;
  const float least = kLeastDynamicScale, most = 0x1p127f / 127.0f;
  for (int i = 0; i < 4000000; ++i) {
    float scale = std::fabs(fromBits(bits(random)));
    if (!(scale >= least && scale <= most))
      continue;
    float middle = float(bits(random) % 256) + 0.5f;
    float near = middle * scale, x = near;
    switch (bits(random) % 4) {
    case 0:
      x = std::nextafterf(near, 0);
      break;
    case 1:
      x = -std::nextafterf(near, INFINITY);
      break;
    case 2:
      x = fromBits(bits(random));
      break;
    }
    if (!(std::fabs(x) <= 256 * scale))
      continue;
    const float other = multiply(x, scale, 1.0f / scale);
    for (RoundingMode mode :
         {RoundingMode::HalfEven, RoundingMode::HalfAway, RoundingMode::HalfUp})
      ASSERT_EQ(roundToIntegral(other, mode), roundToIntegral(x / scale, mode))
          << x << " / " << scale;
  }
}

TEST(DynamicDivision, RoundsAsTheQuotientInAllBinades) {
  if (!hasFMA())
    GTEST_SKIP() << "this processor has no fused multiply-add";
  std::mt19937 random(3);
  expectAllBinades(random);
}

/// Infinite values have an infinite scale: they become NaN, which is stored as
/// the least value, and all others zero.
TEST(DynamicDivision, DividesByInfinity) {
  if (!hasFMA())
    GTEST_SKIP() << "this processor has no fused multiply-add";
  EXPECT_EQ(multiply(3e38f, INFINITY, 0), 0);
  EXPECT_EQ(multiply(-1.0f, INFINITY, 0), 0);
  EXPECT_TRUE(std::isnan(multiply(INFINITY, INFINITY, 0)));
  EXPECT_TRUE(std::isnan(multiply(NAN, INFINITY, 0)));
}
