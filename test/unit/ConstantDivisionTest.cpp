//===- ConstantDivisionTest.cpp - Exact quotients by a constant -----------===//

#include "quantopt/Support/ConstantDivision.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstdint>
#include <random>

using namespace quantopt;

/// How many of all significands are divided otherwise than by division. All
/// binades behave alike.
static int64_t countDifferences(float divisor,
                                const ConstantDivision &division) {
  int64_t different = 0;
  for (uint32_t significand = 1u << 23; significand < 1u << 24; ++significand) {
    float x = static_cast<float>(significand);
    different += std::fma(x, division.high, x * division.low) != x / divisor;
  }
  return different;
}

TEST(ConstantDivision, EqualsDivisionForEverySignificand) {
  for (float divisor : {1.0f, 0.5f, 3.0f, 0.1f, 0.0235294122f, 1.99999988f,
                        1.00000012f, 1.5f, 0.047058824f, 6.1e-5f}) {
    auto division = getConstantDivision(divisor);
    ASSERT_TRUE(division.has_value()) << divisor;
    EXPECT_EQ(countDifferences(divisor, *division), 0) << divisor;
  }
}

TEST(ConstantDivision, KnowsMostDivisors) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> logarithm(-18, 18);
  int known = 0;
  for (int i = 0; i < 1000; ++i)
    known += getConstantDivision(std::exp2(logarithm(random))).has_value();
  EXPECT_GT(known, 900);
}

/// A divisor is refused for a reason: there is a significand that goes wrong.
TEST(ConstantDivision, RefusesOnlyWhatFails) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> significand(1, 2);
  int refused = 0;
  for (int i = 0; i < 20000 && refused < 2; ++i) {
    float divisor = significand(random);
    if (getConstantDivision(divisor))
      continue;
    ++refused;
    ConstantDivision division;
    division.high = 1.0f / divisor;
    division.low = std::fma(-divisor, division.high, 1.0f) / divisor;
    EXPECT_GT(countDifferences(divisor, division), 0) << divisor;
  }
}

TEST(ConstantDivision, RefusesWhatIsNoScale) {
  for (float divisor : {0.0f, -1.0f, 1e-30f, 1e30f, INFINITY, NAN})
    EXPECT_FALSE(getConstantDivision(divisor).has_value()) << divisor;
}
