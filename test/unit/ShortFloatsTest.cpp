//===- ShortFloatsTest.cpp - f32 as f16 and bf16 --------------------------===//

#include "quantopt/Support/ShortFloats.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace quantopt;
using llvm::APFloat;

static uint16_t reference(float value, const llvm::fltSemantics &semantics) {
  APFloat x(value);
  bool losesInfo = false;
  x.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return static_cast<uint16_t>(x.bitcastToAPInt().getZExtValue());
}

static float toFloat(uint16_t bits, const llvm::fltSemantics &semantics) {
  return APFloat(semantics, llvm::APInt(16, bits)).convertToFloat();
}

static float fromBits(uint32_t bits) { return llvm::bit_cast<float>(bits); }

/// The vectors of section 1.3 of the numerics reference.
TEST(ShortFloats, ReferenceVectorsOfFloat16) {
  const llvm::fltSemantics &half = APFloat::IEEEhalf();
  EXPECT_EQ(toFloat(roundToFloat16(65519.0f), half), 65504.0f);
  EXPECT_TRUE(std::isinf(toFloat(roundToFloat16(65520.0f), half)));
  EXPECT_EQ(toFloat(roundToFloat16(2.9e-8f), half), 0.0f);
  EXPECT_FLOAT_EQ(toFloat(roundToFloat16(3.0e-8f), half), 5.9604645e-8f);
}

TEST(ShortFloats, ReferenceVectorsOfBFloat16) {
  const llvm::fltSemantics &brain = APFloat::BFloat();
  EXPECT_FLOAT_EQ(toFloat(roundToBFloat16(0.1f), brain), 0.100097656f);
  EXPECT_EQ(toFloat(roundToBFloat16(1.00390625f), brain), 1.0f);
  EXPECT_EQ(toFloat(roundToBFloat16(1.01171875f), brain), 1.015625f);
  EXPECT_TRUE(std::isinf(toFloat(roundToBFloat16(3.4e38f), brain)));
}

/// Every value of 16 bits, what lies between two of them, and next to that.
TEST(ShortFloats, Float16RoundsAsIEEE) {
  for (uint32_t bits = 0; bits < 0x7C00; ++bits) {
    float low = toFloat(bits, APFloat::IEEEhalf());
    float high =
        bits + 1 == 0x7C00 ? 65536.0f : toFloat(bits + 1, APFloat::IEEEhalf());
    float middle = (low + high) / 2;
    for (float value :
         {low, middle, std::nextafter(middle, low),
          std::nextafter(middle, high), std::nextafter(low, high)})
      for (float x : {value, -value})
        ASSERT_EQ(roundToFloat16(x), reference(x, APFloat::IEEEhalf())) << x;
  }
  EXPECT_EQ(roundToFloat16(INFINITY), 0x7C00);
  EXPECT_EQ(roundToFloat16(1e30f), 0x7C00);
  EXPECT_TRUE(std::isnan(toFloat(roundToFloat16(NAN), APFloat::IEEEhalf())));
}

TEST(ShortFloats, BFloat16RoundsAsIEEE) {
  for (uint32_t upper = 0; upper < 0x10000; ++upper)
    for (uint32_t lower : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      float value = fromBits(upper << 16 | lower);
      uint16_t rounded = roundToBFloat16(value);
      if (std::isnan(value)) {
        ASSERT_TRUE(std::isnan(toFloat(rounded, APFloat::BFloat())));
        continue;
      }
      ASSERT_EQ(rounded, reference(value, APFloat::BFloat())) << value;
    }
}
