//===- QuantMathTest.cpp - Rounding, Q0/D0 and choosing parameters --------===//
//
// The names of the worked examples (A1, S1, ...) are those of the numerics
// reference of the project; the numbers were taken from the implementations
// that each convention comes from.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Support/QuantMath.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace quantopt;

namespace {

float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

TEST(Rounding, TieTable) {
  const double ties[] = {0.5, 1.5, 2.5, -0.5, -1.5, -2.5};
  const double even[] = {0, 2, 2, 0, -2, -2};
  const double away[] = {1, 2, 3, -1, -2, -3};
  const double up[] = {1, 2, 3, 0, -1, -2};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(roundToIntegral(ties[i], RoundingMode::HalfEven), even[i]);
    EXPECT_EQ(roundToIntegral(ties[i], RoundingMode::HalfAway), away[i]);
    EXPECT_EQ(roundToIntegral(ties[i], RoundingMode::HalfUp), up[i]);
    EXPECT_EQ(roundToIntegral(float(ties[i]), RoundingMode::HalfEven), even[i]);
    EXPECT_EQ(roundToIntegral(float(ties[i]), RoundingMode::HalfAway), away[i]);
    EXPECT_EQ(roundToIntegral(float(ties[i]), RoundingMode::HalfUp), up[i]);
  }
}

TEST(Rounding, LargestValueBelowHalfIsZero) {
  const float x = std::nextafterf(0.5f, 0.0f);
  for (const RoundingMode mode :
       {RoundingMode::HalfEven, RoundingMode::HalfAway, RoundingMode::HalfUp}) {
    EXPECT_EQ(roundToIntegral(x, mode), 0.0f);
    EXPECT_EQ(roundToIntegral(-x, mode), 0.0f);
  }
}

TEST(Rounding, AgreesWithLibmOnASweepOfAllPatterns) {
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 4999) {
    const float x = floatOf(static_cast<uint32_t>(bits));
    if (std::isnan(x))
      continue;
    EXPECT_EQ(roundToIntegral(x, RoundingMode::HalfEven), std::nearbyint(x))
        << x;
    EXPECT_EQ(roundToIntegral(x, RoundingMode::HalfAway), std::round(x)) << x;
    // Exact in f64 for every f32 that has a fraction.
    EXPECT_EQ(roundToIntegral(x, RoundingMode::HalfUp),
              std::fabs(x) < 0x1p23f ? std::floor(double(x) + 0.5) : double(x))
        << x;
  }
}

//===----------------------------------------------------------------------===//
// Q0 and D0
//===----------------------------------------------------------------------===//

TEST(Quantize, TieVectors) {
  const float x[] = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f};
  const int64_t zeroPoint0[] = {0, 2, 2, 0, -2, -2};
  const int64_t zeroPoint3[] = {3, 5, 5, 3, 1, 1};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(quantize(x[i], {1.0, 0, -128, 127}), zeroPoint0[i]);
    EXPECT_EQ(quantize(x[i], {1.0, 3, -128, 127}), zeroPoint3[i]);
  }
}

TEST(Quantize, SpecialValues) {
  const QuantParams p{0.5, 3, -128, 127};
  EXPECT_EQ(quantize(INFINITY, p), 127);
  EXPECT_EQ(quantize(-INFINITY, p), -128);
  EXPECT_EQ(quantize(1e9f, p), 127);
  EXPECT_EQ(quantize(-1e9f, p), -128);
  EXPECT_EQ(quantize(NAN, p), -128);
  EXPECT_EQ(quantize(NAN, {1.0, 0, 5, 9}), 5);
  EXPECT_EQ(quantize(-0.0f, p), 3);
}

TEST(Quantize, WideStorageClampsInDouble) {
  // float(INT32_MAX) is 2^31: a clamp in f32 would convert out of range.
  const QuantParams p{1.0, 0, INT32_MIN, INT32_MAX};
  EXPECT_EQ(quantize(3e9f, p), INT32_MAX);
  EXPECT_EQ(quantize(-3e9f, p), INT32_MIN);
  EXPECT_EQ(quantize(16777216.0f, p), 16777216);
  EXPECT_EQ(quantize(NAN, p), INT32_MIN);
}

TEST(Quantize, OtherRoundings) {
  const QuantParams p{1.0, 0, -128, 127};
  EXPECT_EQ(quantize(-0.5f, p, RoundingMode::HalfAway), -1);
  EXPECT_EQ(quantize(-0.5f, p, RoundingMode::HalfUp), 0);
  EXPECT_EQ(quantize(0.5f, p, RoundingMode::HalfUp), 1);
}

TEST(Quantize, UnsignedIsSignedWithAFlippedBit) {
  // Every f32 by its top 16 bits, NaN and infinities among them, whole and
  // narrow storage: zero points 128 apart store bytes that differ in the sign
  // bit, which mean the same real value.
  for (const int64_t narrow : {0, 1})
    for (const int64_t zeroPoint : {-127, -3, 0, 100, 127}) {
      const QuantParams i8{0.1, zeroPoint, -128 + narrow, 127};
      const QuantParams u8{0.1, zeroPoint + 128, narrow, 255};
      for (uint32_t top = 0; top < 65536; ++top) {
        const float x = floatOf(top << 16 | 0x1234);
        const int64_t q = quantize(x, i8);
        ASSERT_EQ(quantize(x, u8), int64_t(uint8_t(q) ^ 0x80)) << x;
        ASSERT_EQ(dequantize(q + 128, u8), dequantize(q, i8)) << x;
      }
    }
}

TEST(Quantize, DequantizeThenQuantizeIsLosslessInF32) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> exponent(-30, 10);
  for (int trial = 0; trial < 2000; ++trial) {
    const QuantParams p{double(std::exp2(exponent(random))), 0, -255, 255};
    for (int64_t q = -255; q <= 255; ++q)
      ASSERT_EQ(quantize(dequantize(q, p), p), q) << p.scale;
  }
}

TEST(Quantize, IsMonotone) {
  const QuantParams p{0.0235, 7, -128, 127};
  int64_t previous = -128;
  for (float x = -4.0f; x < 4.0f; x += 0.0007f) {
    const int64_t q = quantize(x, p);
    EXPECT_GE(q, previous);
    previous = q;
  }
}

//===----------------------------------------------------------------------===//
// Parameters from a range
//===----------------------------------------------------------------------===//

TEST(ChooseAsymmetric, A1) {
  const auto p = chooseAsymmetric(-1, 3, -128, 127);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->scale, 0.01568627, 1e-8);
  EXPECT_EQ(p->zeroPoint, -64);
  const struct {
    float x;
    int64_t q;
    float back;
  } rows[] = {{-1, -128, -1.0039216f},
              {0, -64, 0},
              {0.5f, -32, 0.50196078f},
              {3, 127, 2.9960785f},
              {4, 127, 2.9960785f}};
  for (const auto &row : rows) {
    EXPECT_EQ(quantize(row.x, *p), row.q);
    EXPECT_NEAR(dequantize(row.q, *p), row.back, 1e-6);
  }
  EXPECT_EQ(fakeQuantize(0.0f, *p), 0.0f);
}

TEST(ChooseAsymmetric, A2) {
  const auto p = chooseAsymmetric(0, 6, 0, 255);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->scale, 0.0235294, 1e-7);
  EXPECT_EQ(p->zeroPoint, 0);
  EXPECT_EQ(quantize(3.0f, *p), 128);
  EXPECT_NEAR(dequantize(128, *p), 3.01176, 1e-5);
}

TEST(ChooseAsymmetric, A3) {
  const auto above = chooseAsymmetric(2, 6, -128, 127);
  ASSERT_TRUE(above);
  EXPECT_NEAR(above->scale, 6.0 / 255, 1e-9);
  EXPECT_EQ(above->zeroPoint, -128);
  const auto below = chooseAsymmetric(-3, -1, 0, 255);
  ASSERT_TRUE(below);
  EXPECT_NEAR(below->scale, 3.0 / 255, 1e-9);
  EXPECT_EQ(below->zeroPoint, 255);
}

TEST(ChooseAsymmetric, ScaleIsAnF32) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> end(0, 10);
  for (int i = 0; i < 1000; ++i) {
    const auto p = chooseAsymmetric(-end(random), end(random), -128, 127);
    ASSERT_TRUE(p);
    EXPECT_EQ(p->scale, double(float(p->scale)));
    EXPECT_GE(p->zeroPoint, -128);
    EXPECT_LE(p->zeroPoint, 127);
  }
}

TEST(ChooseAsymmetric, ZeroPointTies) {
  // qmin - rmin/s = -0.5.
  EXPECT_EQ(chooseAsymmetric(-1, 1, -128, 127)->zeroPoint, 0);
  EXPECT_EQ(
      chooseAsymmetric(-1, 1, -128, 127, RoundingMode::HalfAway)->zeroPoint,
      -1);
}

TEST(ChooseAsymmetric, Degenerate) {
  EXPECT_EQ(*chooseAsymmetric(0, 0, -128, 127),
            (QuantParams{1.0, 0, -128, 127}));
  EXPECT_EQ(*chooseAsymmetric(0, 0, 5, 127), (QuantParams{1.0, 5, 5, 127}));
  EXPECT_EQ(*chooseAsymmetric(0, 1e-40, 0, 255), (QuantParams{1.0, 0, 0, 255}));
  EXPECT_FALSE(chooseAsymmetric(NAN, 1, -128, 127));
  EXPECT_FALSE(chooseAsymmetric(0, INFINITY, -128, 127));
  EXPECT_FALSE(chooseAsymmetric(1, 0, -128, 127));
  EXPECT_FALSE(chooseAsymmetric(0, 1, 4, 4));
  // The largest range of f32 does not overflow, except in a single bit.
  EXPECT_TRUE(chooseAsymmetric(-3.4e38, 3.4e38, -128, 127));
  EXPECT_FALSE(chooseAsymmetric(-3.4e38, 3.4e38, 0, 1));
}

TEST(ChooseSymmetric, S1) {
  const auto p = chooseSymmetric(3.2, 8);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->scale, 0.02519685, 1e-8);
  EXPECT_EQ(p->zeroPoint, 0);
  EXPECT_EQ(p->qmin, -127);
  EXPECT_EQ(quantize(0.1f, *p), 4);
  EXPECT_NEAR(dequantize(4, *p), 0.1007874, 1e-7);
}

TEST(ChooseSymmetric, S2) {
  EXPECT_EQ(quantize(-3.2f, *chooseSymmetric(3.2, 8)), -127);
  const auto full = chooseSymmetric(3.2, 8, SymmetricConvention::FullHalfRange);
  EXPECT_NEAR(full->scale, 0.025098, 1e-6);
  EXPECT_EQ(quantize(-3.2f, *full), -128);
  EXPECT_EQ(quantize(3.2f, *full), 127);
}

TEST(ChooseSymmetric, NoClipping) {
  const auto p = chooseSymmetric(-3.2, 1.0, 8, SymmetricConvention::NoClipping);
  EXPECT_NEAR(p->scale, 3.2 / 128, 1e-9);
  EXPECT_EQ(quantize(-3.2f, *p), -128);
}

TEST(ChooseSymmetric, Int16OfTFLite) {
  const auto p = chooseSymmetric(1.0, 16);
  EXPECT_EQ(p->qmax, 32767);
  EXPECT_EQ(quantize(0.5f, *p), 16384);
}

TEST(ChooseSymmetric, Degenerate) {
  EXPECT_EQ(chooseSymmetric(0.0, 8)->scale, 1.0);
  EXPECT_FALSE(chooseSymmetric(NAN, 8));
  EXPECT_FALSE(chooseSymmetric(INFINITY, 8));
  EXPECT_FALSE(chooseSymmetric(1.0, 1));
  EXPECT_FALSE(chooseSymmetric(1.0, 33));
}

TEST(ChooseSymmetric, InStorageRange) {
  EXPECT_EQ(chooseSymmetricInRange(127, -128, 127)->zeroPoint, 0);
  EXPECT_EQ(chooseSymmetricInRange(127, -128, 127)->scale, 1.0);
  EXPECT_EQ(chooseSymmetricInRange(127, -127, 127)->zeroPoint, 0);
  EXPECT_EQ(chooseSymmetricInRange(127, 0, 255)->zeroPoint, 128);
  EXPECT_EQ(chooseSymmetricInRange(127, 0, 255)->scale, 1.0);
  EXPECT_EQ(chooseSymmetricInRange(7, -8, 7)->scale, 1.0);
  EXPECT_EQ(chooseSymmetricInRange(0, -128, 127)->scale, 1.0);
  EXPECT_TRUE(chooseSymmetricInRange(1, -1, 0));
  EXPECT_FALSE(chooseSymmetricInRange(NAN, -128, 127));
}

TEST(ChooseNudged, TensorFlowVectors) {
  const struct {
    double min, max;
    bool narrow;
    double scale;
    int64_t zeroPoint;
    double nudgedMin, nudgedMax;
  } rows[] = {
      {-0.5, 1, false, .00588235, 85, -.5, 1},
      {-0.1, 2, false, .00823529, 12, -.0988235, 2.0011765},
      {-0.5, 1, true, .00590551, 86, -.5019685, .9980315},
      {0.5, 1.5, false, 1.0 / 255, 0, 0, 1},
      {-10, -1, false, 9.0 / 255, 255, -9, 0},
  };
  for (const auto &row : rows) {
    const auto nudged = chooseNudged(row.min, row.max, 8, row.narrow);
    ASSERT_TRUE(nudged);
    EXPECT_NEAR(nudged->params.scale, row.scale, 1e-8);
    EXPECT_EQ(nudged->params.zeroPoint, row.zeroPoint);
    EXPECT_EQ(nudged->params.qmin, row.narrow ? 1 : 0);
    EXPECT_NEAR(nudged->nudgedMin, row.nudgedMin, 1e-6);
    EXPECT_NEAR(nudged->nudgedMax, row.nudgedMax, 1e-6);
  }
}

TEST(ChooseNudged, Degenerate) {
  const auto zero = chooseNudged(0, 0, 8, false);
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->nudgedMin, 0);
  EXPECT_EQ(zero->nudgedMax, 0);
  EXPECT_FALSE(chooseNudged(1, 0, 8, false));
  EXPECT_FALSE(chooseNudged(NAN, 1, 8, false));
}

//===----------------------------------------------------------------------===//
// Bias and accumulators
//===----------------------------------------------------------------------===//

TEST(Bias, OverflowOfONNXRuntime) {
  // b = 10, s_x = 1e-4, s_w = 1e-6: the weight's scale must grow by 46.571.
  const double smallest = minimumBiasScale(10);
  EXPECT_NEAR(smallest, 4.6571e-9, 1e-12);
  EXPECT_NEAR(smallest / 1e-10, 46.571, 1e-2);
  EXPECT_EQ(quantizeBias(10, 1e-10), INT32_MAX);
  EXPECT_LT(quantizeBias(10, smallest), INT32_MAX);
  EXPECT_EQ(quantizeBias(-10, 1e-10), INT32_MIN);
}

TEST(Bias, TiesToEven) {
  EXPECT_EQ(quantizeBias(0.5, 1), 0);
  EXPECT_EQ(quantizeBias(1.5, 1), 2);
  EXPECT_EQ(quantizeBias(-2.5, 1), -2);
}

TEST(Accumulator, DepthBounds) {
  EXPECT_EQ(maxAccumulationDepth(255 * 127), 66311);
  EXPECT_EQ(maxAccumulationDepth(255 * 128), 65793);
  EXPECT_EQ(maxAccumulationDepth(255 * 255), 33025);
  EXPECT_EQ(maxAccumulationDepth(128 * 128), 131071);
  EXPECT_EQ(maxAccumulationDepth(int64_t(32767) * 127), 516);
}

} // namespace
