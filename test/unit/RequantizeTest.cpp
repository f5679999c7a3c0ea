//===- RequantizeTest.cpp - Accumulators to stored integers ---------------===//

#include "quantopt/Support/QuantMath.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace quantopt;

namespace {

int64_t r1(int32_t x, double multiplier) {
  return multiplySingleRounding(
      x, decompose(multiplier, FixedPointRounding::Single));
}
int64_t r2(int32_t x, double multiplier) {
  return multiplyDoubleRounding(x, decompose(multiplier));
}
int64_t rf(int32_t x, double multiplier, int64_t zeroPoint = 0) {
  return requantizeF32(x, float(multiplier), zeroPoint, INT16_MIN, INT16_MAX);
}

TEST(Decompose, Vectors) {
  const struct {
    double multiplier;
    FixedPointMultiplier expected;
  } rows[] = {{.1, {1717986918, -3}},
              {.01, {1374389535, -6}},
              {.5, {1 << 30, 0}},
              {1, {1 << 30, 1}},
              {1.5, {1610612736, 1}},
              {0.9999999999, {1 << 30, 1}},
              {1e-10, {0, 0}},
              {0, {0, 0}},
              {std::ldexp(1.0, -32), {1 << 30, -31}},
              {std::ldexp(1.0, -33), {0, 0}}};
  for (const auto &row : rows)
    EXPECT_TRUE(decompose(row.multiplier) == row.expected) << row.multiplier;
}

TEST(Decompose, SingleRoundingSaturatesLargeMultipliers) {
  const FixedPointMultiplier saturated{INT32_MAX, 30};
  EXPECT_TRUE(decompose(std::ldexp(1.0, 31), FixedPointRounding::Single) ==
              saturated);
  const FixedPointMultiplier kept{1 << 30, 32};
  EXPECT_TRUE(decompose(std::ldexp(1.0, 31)) == kept);
}

TEST(Decompose, NonsenseIsZero) {
  for (const double m : {-1.0, double(NAN), double(INFINITY)})
    EXPECT_TRUE(decompose(m) == FixedPointMultiplier{});
}

TEST(FixedPoint, HighMulRoundsTiesUp) {
  EXPECT_EQ(saturatingRoundingDoublingHighMul(1, 1 << 30), 1);
  EXPECT_EQ(saturatingRoundingDoublingHighMul(-1, 1 << 30), 0);
  EXPECT_EQ(saturatingRoundingDoublingHighMul(3, 1 << 30), 2);
  EXPECT_EQ(saturatingRoundingDoublingHighMul(-3, 1 << 30), -1);
  EXPECT_EQ(saturatingRoundingDoublingHighMul(INT32_MIN, INT32_MIN), INT32_MAX);
}

TEST(FixedPoint, ShiftRoundsTiesAway) {
  EXPECT_EQ(roundingDivideByPowerOfTwo(5, 1), 3);
  EXPECT_EQ(roundingDivideByPowerOfTwo(-5, 1), -3);
  EXPECT_EQ(roundingDivideByPowerOfTwo(-7, 2), -2);
  EXPECT_EQ(roundingDivideByPowerOfTwo(6, 2), 2);
  EXPECT_EQ(roundingDivideByPowerOfTwo(-7, 0), -7);
}

TEST(FixedPoint, VectorsOfMultiplierOneHundredth) {
  const struct {
    int32_t acc;
    int64_t fixed, real;
  } rows[] = {{539, 5, 5},       {-512, -5, -5}, {-16648, -166, -166},
              {16637, 166, 166}, {50, 1, 0},     {-50, -1, 0},
              {150, 2, 2},       {-150, -2, -2}, {249, 2, 2},
              {250, 3, 2}};
  for (const auto &row : rows) {
    EXPECT_EQ(r1(row.acc, .01), row.fixed) << row.acc;
    EXPECT_EQ(r2(row.acc, .01), row.fixed) << row.acc;
    EXPECT_EQ(rf(row.acc, .01), row.real) << row.acc;
  }
}

TEST(FixedPoint, TieTable) {
  // x M = -0.5 and -1.5.
  const auto scale = tosaScale(.5, true);
  ASSERT_TRUE(scale);
  const int64_t fixed[] = {0, -1}, real[] = {0, -2};
  for (int i = 0; i < 2; ++i) {
    const int32_t x = i == 0 ? -1 : -3;
    EXPECT_EQ(r1(x, .5), fixed[i]);
    EXPECT_EQ(r2(x, .5), fixed[i]);
    EXPECT_EQ(tosaApplyScale32(x, *scale, false), fixed[i]);
    EXPECT_EQ(tosaApplyScale32(x, *scale, true), fixed[i]);
    EXPECT_EQ(rf(x, .5), real[i]);
  }
  EXPECT_EQ(requantizeF32(-1, .5f, 0, -128, 127, RoundingMode::HalfAway), -1);
  EXPECT_EQ(requantizeF32(-3, .5f, 0, -128, 127, RoundingMode::HalfAway), -2);
}

TEST(FixedPoint, SmallestDifferenceOfSingleAndDoubleRounding) {
  EXPECT_EQ(r1(1, .25), 0);
  EXPECT_EQ(r2(1, .25), 1);
}

TEST(FixedPoint, RequantizeSaturatesAfterTheZeroPoint) {
  const FixedPointMultiplier m = decompose(.01);
  for (const auto rounding :
       {FixedPointRounding::Single, FixedPointRounding::Double}) {
    EXPECT_EQ(requantizeQ31(539, m, rounding, -5, -128, 127), 0);
    EXPECT_EQ(requantizeQ31(-16648, m, rounding, -5, -128, 127), -128);
    EXPECT_EQ(requantizeQ31(16637, m, rounding, -5, -128, 127), 127);
  }
}

/// TFLite's ADD of 8 bits, in its fixed point: .1 and .2 to .3.
TEST(FixedPoint, AddOfTFLite) {
  const double twice = 2 * .2;
  const FixedPointMultiplier a = decompose(.1 / twice),
                             b = decompose(.2 / twice);
  const FixedPointMultiplier out =
      decompose(twice / (std::ldexp(1.0, 20) * .3));
  EXPECT_TRUE(out == (FixedPointMultiplier{1431655765, -19}));
  const struct {
    int32_t a, b, sum;
  } rows[] = {{10, 20, 17}, {-10, -20, -17}, {127, 127, 127}, {15, 0, 5}};
  for (const auto &row : rows) {
    const int64_t sum = multiplyDoubleRounding(row.a * (1 << 20), a) +
                        multiplyDoubleRounding(row.b * (1 << 20), b);
    EXPECT_EQ(requantizeQ31(int32_t(sum), out, FixedPointRounding::Double, 0,
                            -128, 127),
              row.sum);
  }
}

/// TFLite's MUL: .1 and .2 to .05.
TEST(FixedPoint, MulOfTFLite) {
  EXPECT_EQ(multiplyDoubleRounding(7 * -9, decompose(.1 * .2 / .05)), -25);
}

TEST(RequantizeF32, AddsTheZeroPointAfterRounding) {
  EXPECT_EQ(rf(1, .5, 3), 3);
  EXPECT_EQ(rf(1, .5, 2), 2);
  EXPECT_EQ(rf(3, .5, 1), 3);
}

TEST(RequantizeF32, BetweenSignsIsAFlippedBit) {
  // The same scale and zero points 128 apart: q xor 0x80, every q.
  for (int q = -128; q <= 127; ++q)
    EXPECT_EQ(requantizeF32(q + 3, requantMultiplier(.1f, .1f), 125, 0, 255),
              int64_t(uint8_t(q) ^ 0x80));
}

/// A random multiplier with this exponent.
FixedPointMultiplier randomMultiplier(std::mt19937_64 &random, int exponent) {
  std::uniform_int_distribution<int32_t> mantissa(1 << 30, INT32_MAX);
  return {mantissa(random), exponent};
}

TEST(Theorems, T1SingleRoundingIsTosaSingleRound) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int32_t> value(INT32_MIN, INT32_MAX);
  for (int exponent = -31; exponent <= 29; ++exponent)
    for (int i = 0; i < 10000; ++i) {
      const FixedPointMultiplier m = randomMultiplier(random, exponent);
      const int32_t x = value(random);
      ASSERT_EQ(multiplySingleRounding(x, m),
                tosaApplyScale32(x, {m.mantissa, 31 - exponent}, false));
    }
}

TEST(Theorems, T2DoubleRoundingIsTosaDoubleRound) {
  std::mt19937_64 random(2);
  for (int exponent = -31; exponent <= 29; ++exponent) {
    // No overflow of x << e.
    const int32_t limit = INT32_MAX >> (exponent > 0 ? exponent : 0);
    std::uniform_int_distribution<int32_t> value(-limit, limit);
    for (int i = 0; i < 10000; ++i) {
      const FixedPointMultiplier m = randomMultiplier(random, exponent);
      const int32_t x = value(random);
      ASSERT_EQ(multiplyDoubleRounding(x, m),
                tosaApplyScale32(x, {m.mantissa, 31 - exponent}, true))
          << x << " " << m.mantissa << " " << exponent;
    }
  }
}

TEST(Theorems, T3SingleIsDoubleWithoutRightShift) {
  std::mt19937_64 random(3);
  for (int exponent = 0; exponent <= 29; ++exponent) {
    const int32_t limit = INT32_MAX >> exponent;
    std::uniform_int_distribution<int32_t> value(-limit, limit);
    for (int i = 0; i < 10000; ++i) {
      const FixedPointMultiplier m = randomMultiplier(random, exponent);
      const int32_t x = value(random);
      ASSERT_EQ(multiplySingleRounding(x, m), multiplyDoubleRounding(x, m));
    }
  }
}

TEST(Theorems, T3DifferByAtMostOneWithRightShift) {
  std::mt19937_64 random(4);
  std::uniform_int_distribution<int32_t> value(-1000000, 1000000);
  for (int exponent = -10; exponent < 0; ++exponent) {
    int differ = 0;
    constexpr int trials = 40000;
    for (int i = 0; i < trials; ++i) {
      const FixedPointMultiplier m = randomMultiplier(random, exponent);
      const int32_t x = value(random);
      const int64_t d =
          multiplySingleRounding(x, m) - multiplyDoubleRounding(x, m);
      ASSERT_LE(std::abs(d), 1);
      differ += d != 0;
    }
    // About 2^-(|e|+1) of all.
    const double expected = std::ldexp(1.0, exponent - 1);
    EXPECT_NEAR(double(differ) / trials, expected, 0.15 * expected + 0.001);
  }
}

TEST(Theorems, T4SufficientConditionMakesAllProfilesAgree) {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<int32_t> value(-(1 << 24) + 1, (1 << 24) - 1);
  std::uniform_real_distribution<double> logMultiplier(-9, -.7);
  int checked = 0;
  for (int i = 0; i < 400000; ++i) {
    const double multiplier = double(float(std::exp(logMultiplier(random))));
    const int32_t acc = value(random) >> (random() % 16);
    const double exact = acc * multiplier;
    const FixedPointMultiplier m = decompose(multiplier);
    const double margin =
        (m.exponent < 0 ? std::ldexp(1.0, m.exponent - 1) : 0.0) +
        std::ldexp(1.0, -14);
    const double fraction = exact - std::floor(exact);
    if (std::fabs(exact) > 256 || std::fabs(fraction - .5) <= margin)
      continue;
    ++checked;
    const auto expected = static_cast<int64_t>(std::nearbyint(exact));
    ASSERT_EQ(r1(acc, multiplier), expected);
    ASSERT_EQ(r2(acc, multiplier), expected);
    ASSERT_EQ(rf(acc, multiplier), expected);
  }
  EXPECT_GT(checked, 10000);
}

TEST(Int64, SixteenBitMultiplier) {
  const FixedPointMultiplier half = decompose(.5);
  EXPECT_EQ(multiplyInt64(3, half), 2);
  EXPECT_EQ(multiplyInt64(-3, half), -1);
  EXPECT_EQ(multiplyInt64((int64_t(1) << 46), half), int64_t(1) << 45);
  // The mantissa saturates instead of rounding to 2^15.
  EXPECT_EQ(multiplyInt64(1 << 20, {INT32_MAX, 0}),
            (int64_t(1 << 20) * 0x7FFF + (1 << 14)) >> 15);
}

TEST(Tosa, ScaleOfSixteenBits) {
  const auto scale = tosaScale(.1, false);
  ASSERT_TRUE(scale);
  EXPECT_EQ(scale->multiplier, 26214); // half_away(.8 * 2^15)
  EXPECT_EQ(scale->shift, 18);
  EXPECT_EQ(tosaApplyScale16(1000, *scale), 100);
  EXPECT_EQ(tosaApplyScale16(-1000, *scale), -100);
}

/// The reciprocal by which TOSA's average pool divides a sum of nine:
/// k = 32 - clz(n - 1), ((2^30 + 1) << k) / n and a shift of 30 + k.
TEST(Tosa, AverageOfNine) {
  const int32_t multiplier = int32_t(((int64_t(1) << 30) + 1) * 16 / 9);
  EXPECT_EQ(multiplier, 1908874355);
  EXPECT_EQ(tosaApplyScale32(40, {multiplier, 34}, false), 4);
}

TEST(Tosa, ScaleLimits) {
  const auto tiny = tosaScale(std::ldexp(1.0, -40), true);
  ASSERT_TRUE(tiny);
  EXPECT_EQ(tiny->shift, 62);
  EXPECT_EQ(tiny->multiplier, 1 << 22); // shifted right by 70 - 62
  EXPECT_EQ(tosaScale(0, true)->multiplier, 0);
  EXPECT_FALSE(tosaScale(-1, true));
  EXPECT_FALSE(tosaScale(NAN, true));
  EXPECT_FALSE(tosaScale(std::ldexp(1.0, 40), true));
}

/// The matrix product of the reference: A 2x3 (z 3, s .1), B 3x2 (z 0, s .05),
/// and y with s .5, z -5.
TEST(IntegerMatmul, M1) {
  const int32_t a[2][3] = {{10, -3, 7}, {0, 5, -128}};
  const int32_t b[3][2] = {{1, 2}, {-4, 3}, {127, -127}};
  const int32_t acc[2][2] = {{539, -512}, {-16648, 16637}};
  const int64_t y[2][2] = {{0, -10}, {-128, 127}};
  const float multiplier = requantMultiplier(.1 * .05, .5);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      int32_t direct = 0, products = 0, columnSum = 0;
      for (int k = 0; k < 3; ++k) {
        direct += (a[i][k] - 3) * b[k][j];
        products += a[i][k] * b[k][j];
        columnSum += b[k][j];
      }
      EXPECT_EQ(direct, acc[i][j]);
      // The form that runs: the zero point's term is a constant of the column.
      EXPECT_EQ(products - 3 * columnSum, acc[i][j]);
      EXPECT_EQ(requantizeF32(direct, multiplier, -5, -128, 127), y[i][j]);
    }
}

} // namespace
