//===- DynamicDivisionTest.cpp - Quotients by a divisor of run time -------===//
//
// What qopt::emitQuotient makes in place of a division.
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
#define WITH_FMA __attribute__((target("fma")))
static bool hasFMA() { return __builtin_cpu_supports("fma"); }
#else
#define WITH_FMA
static bool hasFMA() { return true; }
#endif

WITH_FMA static inline float multiply(float x, float divisor,
                                      float reciprocal) {
  float quotient = x * reciprocal;
  float rest = __builtin_fmaf(-quotient, divisor, x);
  return __builtin_fmaf(rest, reciprocal, quotient);
}

/// As qopt.quantize_dynamic uses it.
WITH_FMA static inline float scaleDown(float x, float scale) {
  return multiply(x, std::fmin(scale, std::numeric_limits<float>::max()),
                  1.0f / scale);
}

static uint64_t power(uint64_t base, int exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (; exponent > 0; exponent /= 2, base = base * base % modulus)
    if (exponent % 2 == 1)
      result = result * base % modulus;
  return result;
}

namespace {
class DynamicDivision : public testing::Test {
  void SetUp() override {
    if (!hasFMA())
      GTEST_SKIP() << "this processor has no fused multiply-add";
  }
};

struct Tried {
  uint64_t all = 0, wrong = 0;
};
} // namespace

/// Tries all significands X whose quotient by Y lies `offset / (Y * 2^shift)`
/// beside a multiple of 2^-shift: X * 2^shift is `offset` modulo Y.
WITH_FMA static void tryNeighbours(uint64_t y, int shift, int64_t offset,
                                   Tried &tried) {
  const int zeros = __builtin_ctzll(y);
  const auto modulus = static_cast<int64_t>(y >> zeros);
  // A power of two: every quotient is exact.
  if (modulus == 1 || offset % (int64_t(1) << zeros) != 0)
    return;
  // The inverse of 2 is (modulus + 1) / 2.
  const uint64_t inverse =
      power((uint64_t(modulus) + 1) / 2, shift - zeros, modulus);
  const int64_t reduced = ((offset >> zeros) % modulus + modulus) % modulus;
  const float divisor = static_cast<float>(y), reciprocal = 1.0f / divisor;
  for (uint64_t x = uint64_t(reduced) * inverse % modulus; x < 1u << 24;
       x += modulus) {
    if (x < 1u << 23)
      continue;
    const float dividend = static_cast<float>(x);
    ++tried.all;
    tried.wrong +=
        multiply(dividend, divisor, reciprocal) != dividend / divisor;
  }
}

/// A proof, but for exponents. With r = (1 + d) / y, |d| <= 2^-24, and q = x r,
/// rounded, which is within 3/2 units in the last place of x / y, the value
/// before the last rounding is q + (x - q y) r = x / y + d (x / y - q): within
/// 3/2 * 2^-24 units of the quotient. Quotients of significands have their
/// middles between floats at odd multiples of 2^-24 in [1, 2) and of 2^-25 in
/// [1/2, 1); so close to one are those that lie up to 3 units of 1 / (Y *
/// 2^shift) from it. All of these are tried.
TEST_F(DynamicDivision, HasTheBitsOfTheQuotient) {
  Tried tried;
  for (uint64_t y = 1u << 23; y < 1u << 24; ++y)
    for (int shift : {24, 25})
      for (int64_t offset = -4; offset <= 4; ++offset)
        if (offset != 0)
          tryNeighbours(y, shift, offset, tried);
  EXPECT_GT(tried.all, 50000000u);
  EXPECT_EQ(tried.wrong, 0u);
}

static float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

WITH_FMA static void expectAllBinades(std::mt19937 &random) {
  std::uniform_int_distribution<uint32_t> bits;
  const float most = 0x1p127f / 127.0f;
  for (int i = 0; i < 4000000; ++i) {
    float scale = std::fabs(fromBits(bits(random)));
    if (!(scale >= kLeastDynamicScale && scale <= most))
      continue;
    // Next to what is half way between two integers, and anywhere.
    float near = (float(bits(random) % 256) + 0.5f) * scale, x = near;
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
    const float other = scaleDown(x, scale), quotient = x / scale;
    if (std::fabs(x) >= 0x1p-101f && std::fabs(quotient) >= 0x1p-100f)
      ASSERT_EQ(other, quotient) << x << " / " << scale;
    for (RoundingMode mode :
         {RoundingMode::HalfEven, RoundingMode::HalfAway, RoundingMode::HalfUp})
      ASSERT_EQ(roundToIntegral(other, mode), roundToIntegral(quotient, mode))
          << x << " / " << scale;
  }
}

TEST_F(DynamicDivision, RoundsAsTheQuotientInAllBinades) {
  std::mt19937 random(3);
  expectAllBinades(random);
}

WITH_FMA static void expectExponentials(std::mt19937 &random) {
  std::uniform_real_distribution<float> exponent(-100, 0), sum(1, 4096);
  for (int i = 0; i < 4000000; ++i) {
    const float x = std::exp2(exponent(random)), total = sum(random);
    if (x >= kLeastDividend)
      ASSERT_EQ(multiply(x, total, 1.0f / total), x / total)
          << x << " / " << total;
  }
}

/// As a softmax uses it: exponentials by their sum.
TEST_F(DynamicDivision, DividesExponentials) {
  std::mt19937 random(5);
  expectExponentials(random);
}

/// Infinite values have an infinite scale: they become NaN, which is stored as
/// the least value, and all others zero.
TEST_F(DynamicDivision, DividesByInfinity) {
  EXPECT_EQ(scaleDown(3e38f, INFINITY), 0);
  EXPECT_EQ(scaleDown(-1.0f, INFINITY), 0);
  EXPECT_TRUE(std::isnan(scaleDown(INFINITY, INFINITY)));
  EXPECT_TRUE(std::isnan(scaleDown(NAN, INFINITY)));
}
