//===- RangeMethodsTest.cpp - Entropy as ONNX Runtime has it, averages ----===//

#include "quantopt/Support/CalibrationJson.h"
#include "quantopt/Support/GoldenSection.h"
#include "quantopt/Support/RangeEstimator.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace quantopt;

namespace {

Histogram histogramOf(const std::vector<float> &values) {
  Histogram h;
  h.add(values.data(), values.size());
  return h;
}

std::vector<float> normal() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(60000);
  for (float &x : values)
    x = normal(random);
  return values;
}

RangeOptions options(RangeMethod method, bool symmetric = false) {
  RangeOptions o;
  o.method = method;
  o.symmetric = symmetric;
  return o;
}

//===----------------------------------------------------------------------===//
// Entropy by ONNX Runtime
//===----------------------------------------------------------------------===//

// Both vectors were computed by get_entropy_threshold of ONNX Runtime 1.32.

void expectDivergences(const std::vector<double> &seen,
                       const std::vector<double> &expected) {
  ASSERT_EQ(seen.size(), expected.size());
  for (size_t i = 0; i < seen.size(); ++i)
    EXPECT_NEAR(seen[i], expected[i], 1e-5) << i;
}

TEST(EntropyOrt, SixteenBins) {
  // The first window is the least: [8 - 4, 8 + 4 + 1), which is (-4, 5).
  expectDivergences(
      windowDivergences({1, 0, 0, 2, 8, 20, 50, 90, 100, 60, 20, 6, 1, 0, 0, 1},
                        8),
      {.05115, .21627, .87316, 2.98584, .06251});
}

TEST(EntropyOrt, SixtyFourBins) {
  // Empty bins inside of levels, means that are cut to integers, windows whose
  // size the levels do not divide, outliers on both sides. The least window is
  // in the middle: 8 more than the first.
  std::vector<uint64_t> counts;
  for (int i = 0; i < 64; ++i)
    counts.push_back(
        uint64_t(std::max(0, 1000 - (i - 30) * (i - 30) * 4) * (7 + i % 5)) /
        10);
  counts[60] = 3;
  counts[2] = 1;
  const std::vector<double> divergences = windowDivergences(counts, 16);
  expectDivergences(divergences, {1.70387, 2.23657, 2.79109, 3.3448,  3.88157,
                                  4.32264, 5.17863, 5.9867,  0.01064, 0.01399,
                                  0.01338, 0.05695, 0.23229, 0.47507, 0.77114,
                                  1.08567, 0.03272, 0.02582, 0.02546, 0.03272,
                                  0.02582, 0.02546, 0.03239, 0.0255,  0.04825});
  EXPECT_EQ(std::min_element(divergences.begin(), divergences.end()) -
                divergences.begin(),
            8);
}

TEST(EntropyOrt, EmptyWindowsAreInfinite) {
  // All mass outside of the first window.
  const std::vector<double> divergences =
      windowDivergences({5, 0, 0, 0, 0, 0, 0, 5}, 4);
  EXPECT_EQ(divergences.size(), 3u);
  EXPECT_TRUE(std::isinf(divergences.front()));
  EXPECT_TRUE(std::isfinite(divergences.back()));
}

TEST(EntropyOrt, ClipsAFarTail) {
  std::vector<float> values = normal();
  values.push_back(100);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::EntropyOrt));
  ASSERT_TRUE(range);
  EXPECT_LT(range->max, 50);
  EXPECT_GT(range->max, 2);
  // Below it reaches the least value, no further.
  EXPECT_EQ(range->min, *std::min_element(values.begin(), values.end()));
}

TEST(EntropyOrt, OneSidedKeepsItsEndAtZero) {
  std::vector<float> values = normal();
  for (float &x : values)
    x = std::fabs(x);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::EntropyOrt));
  EXPECT_EQ(range->min, 0);
  EXPECT_LE(range->max, *std::max_element(values.begin(), values.end()));
}

//===----------------------------------------------------------------------===//
// Moving average
//===----------------------------------------------------------------------===//

TEST(MovingAverage, MeanOfThreeSamples) {
  // The batches of the numeric reference; torch's decaying average of them
  // depends on their order, the mean does not.
  const std::vector<std::vector<float>> batches = {{-1, 1}, {-3, 2}, {0, 4}};
  std::vector<int> order = {0, 1, 2};
  do {
    CalibrationRecord record;
    for (const int i : order)
      record.add(batches[i].data(), batches[i].size());
    const RangeOptions asymmetric = options(RangeMethod::MovingAverage);
    const auto range =
        estimateRange(record.histogram, asymmetric, &record.samples);
    ASSERT_TRUE(range);
    EXPECT_EQ(*range, (Range{-4.0 / 3, 7.0 / 3}));
    // 11/3 in 255 steps, and -128 + 4/3 / s = -35.27.
    EXPECT_EQ(paramsOfRange(*range, asymmetric)->scale, float(11.0 / 3 / 255));
    EXPECT_EQ(paramsOfRange(*range, asymmetric)->zeroPoint, -35);
    EXPECT_EQ(*estimateRange(record.histogram,
                             options(RangeMethod::MovingAverage, true),
                             &record.samples),
              (Range{-7.0 / 3, 7.0 / 3}));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(MovingAverage, HoldsZeroAndStaysInside) {
  CalibrationRecord record;
  const float low[] = {0.1f, 0.3f}, high[] = {0.1f, 0.7f};
  record.add(low, 2);
  record.add(high, 2);
  record.add(low, 2);
  const auto range = estimateRange(
      record.histogram, options(RangeMethod::MovingAverage), &record.samples);
  EXPECT_EQ(range->min, 0);
  EXPECT_EQ(range->max, (double(0.3f) + double(0.7f) + double(0.3f)) / 3);
  // The mean of equal values is that value, whatever division rounds to.
  CalibrationRecord equal;
  for (int i = 0; i < 7; ++i)
    equal.add(high + 1, 1);
  EXPECT_EQ(estimateRange(equal.histogram, options(RangeMethod::MovingAverage),
                          &equal.samples)
                ->max,
            double(0.7f));
}

TEST(MovingAverage, SamplesWithoutFiniteValuesTakeNoPart) {
  CalibrationRecord record;
  const float values[] = {-2, 6, NAN, INFINITY};
  record.add(values, 2);
  record.add(values + 2, 2);
  record.add(values, 0);
  record.add(values + 1, 3);
  EXPECT_EQ(record.samples.count, 2u);
  EXPECT_EQ(*estimateRange(record.histogram,
                           options(RangeMethod::MovingAverage),
                           &record.samples),
            (Range{0, 6}));
  const float all[] = {-2, 2};
  record.add(all, 2);
  EXPECT_EQ(record.samples.meanMin(), 2.0 / 3);
}

TEST(MovingAverage, NeedsExtremaOfSamples) {
  const Histogram h = histogramOf({1, 2});
  EXPECT_FALSE(estimateRange(h, options(RangeMethod::MovingAverage)));
  const SampleExtrema none;
  EXPECT_FALSE(estimateRange(h, options(RangeMethod::MovingAverage), &none));
}

//===----------------------------------------------------------------------===//
// Golden section
//===----------------------------------------------------------------------===//

TEST(GoldenSection, FourSteps) {
  const std::pair<double, double> expected[] = {
      {0, .6180}, {.2361, .6180}, {.2361, .4721}, {.3262, .4721}};
  for (int steps = 1; steps <= 4; ++steps) {
    const auto [a, b] = goldenSection(
        0, 1, steps, [](double t) { return (t - .4) * (t - .4); });
    EXPECT_NEAR(a, expected[steps - 1].first, 5e-5);
    EXPECT_NEAR(b, expected[steps - 1].second, 5e-5);
  }
}

} // namespace
