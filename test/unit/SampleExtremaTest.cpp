//===- SampleExtremaTest.cpp - Sums of extrema, without rounding ----------===//

#include "quantopt/Support/SampleExtrema.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cfloat>
#include <random>
#include <vector>

using namespace quantopt;

namespace {

ExactSum sumOf(const std::vector<float> &values) {
  ExactSum sum;
  for (const float x : values)
    sum.add(x);
  return sum;
}

TEST(ExactSum, TextsOfSmallSums) {
  EXPECT_EQ(ExactSum().toText(), "0x0p+0");
  EXPECT_EQ(sumOf({1}).toText(), "0x1p+0");
  EXPECT_EQ(sumOf({-1.5f}).toText(), "-0x3p-1");
  EXPECT_EQ(sumOf({96}).toText(), "0x3p+5");
  EXPECT_EQ(sumOf({0.1f}).toText(), "0xcccccdp-27");
  EXPECT_EQ(sumOf({1, -1}).toText(), "0x0p+0");
  EXPECT_EQ(sumOf({-0.0f}).toText(), "0x0p+0");
  // The largest and the smallest magnitude.
  EXPECT_EQ(sumOf({FLT_MAX}).toText(), "0xffffffp+104");
  EXPECT_EQ(sumOf({-1e-45f}).toText(), "-0x1p-149");
}

TEST(ExactSum, NothingIsLost) {
  // 2^127 + 2^-149 has 277 bits; the small term survives the large ones.
  ExactSum sum = sumOf({0x1p127f, 1e-45f});
  EXPECT_EQ(sum.toText(), "0x1" + std::string(68, '0') + "1p-149");
  sum.add(-0x1p127f);
  EXPECT_EQ(sum.toText(), "0x1p-149");
  sum.add(-0x1p127f);
  sum.add(-1e-45f);
  EXPECT_EQ(sum.toText(), "-0x1p+127");
}

TEST(ExactSum, OrderDoesNotMatter) {
  std::mt19937 random(1);
  std::vector<float> values;
  for (int i = 0; i < 2000; ++i)
    values.push_back(
        std::ldexp(float(random()) - 0x1p31f, int(random() % 200) - 120));
  const ExactSum whole = sumOf(values);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_TRUE(sumOf(values) == whole);
    ExactSum left = sumOf({values.begin(), values.begin() + 700});
    left.add(sumOf({values.begin() + 700, values.end()}));
    EXPECT_TRUE(left == whole);
  }
}

TEST(ExactSum, RoundsOnceToDouble) {
  EXPECT_EQ(sumOf({}).toDouble(), 0.0);
  EXPECT_EQ(sumOf({0.1f, -0.5f}).toDouble(), double(0.1f) - 0.5);
  EXPECT_EQ(sumOf({-1e-45f}).toDouble(), -0x1p-149);
  // Past the 53 bits: a tie goes to even, and what lies under it decides.
  EXPECT_EQ(sumOf({0x1p53f, 1}).toDouble(), 0x1p53);
  EXPECT_EQ(sumOf({0x1p53f, 2, 1}).toDouble(), 0x1p53 + 4);
  EXPECT_EQ(sumOf({0x1p53f, 1, 1e-45f}).toDouble(), 0x1p53 + 2);
  EXPECT_EQ(sumOf({-0x1p53f, -1, -1e-45f}).toDouble(), -0x1p53 - 2);
}

TEST(ExactSum, TextReadsBack) {
  std::mt19937 random(2);
  ExactSum sum;
  for (int i = 0; i < 500; ++i) {
    sum.add(std::ldexp(float(random()) - 0x1p31f, int(random() % 220) - 130));
    const auto back = ExactSum::fromText(sum.toText());
    ASSERT_TRUE(back);
    EXPECT_TRUE(*back == sum);
  }
}

TEST(ExactSum, OnlyItsOwnTextIsRead) {
  for (const char *text :
       {"",        "-",        "0x",     "0xp+0",    "0x1",      "0x1p",
        "0x1p+",   "1p+0",     "0x2p+0", "0x01p+0",  "-0x0p+0",  "0x1p0",
        "0x1p+0 ", "0x1.8p+0", "0X1p+0", "0x1p-150", "0x1p+999", "0x1p+0x",
        "0xAp+0",  "0x1p+00",  "+0x1p+0"})
    EXPECT_FALSE(ExactSum::fromText(text)) << text;
}

TEST(SampleExtrema, MeansOfThreeSamples) {
  SampleExtrema samples;
  samples.add(-1, 1);
  samples.add(-3, 2);
  samples.add(0, 4);
  EXPECT_EQ(samples.meanMin(), -4.0 / 3);
  EXPECT_EQ(samples.meanMax(), 7.0 / 3);
}

} // namespace
