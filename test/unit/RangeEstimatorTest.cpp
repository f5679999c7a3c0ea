//===- RangeEstimatorTest.cpp - From a histogram to a clipping range ------===//

#include "quantopt/Support/RangeEstimator.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

using namespace quantopt;

namespace {

constexpr RangeMethod kMethods[] = {
    RangeMethod::MinMax, RangeMethod::Percentile, RangeMethod::Entropy,
    RangeMethod::Mse,    RangeMethod::Octav,      RangeMethod::EntropyOrt};

Histogram histogramOf(const std::vector<float> &values) {
  Histogram h;
  h.add(values.data(), values.size());
  return h;
}

/// 60,000 values of fn(standard normal).
std::vector<float> fromNormal(unsigned seed,
                              const std::function<float(float)> &fn) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(60000);
  for (float &x : values)
    x = fn(normal(random));
  return values;
}

std::vector<float> normal() {
  return fromNormal(1, [](float x) { return x; });
}
std::vector<float> relu() {
  return fromNormal(2, [](float x) { return std::max(x, 0.0f); });
}

RangeOptions options(RangeMethod method, bool symmetric = false) {
  RangeOptions o;
  o.method = method;
  o.symmetric = symmetric;
  return o;
}

double directMse(const std::vector<float> &values, const QuantParams &p) {
  double error = 0;
  for (const float x : values) {
    const double d = double(x) - double(fakeQuantize(x, p));
    error += d * d;
  }
  return error / double(values.size());
}

double mseOf(const Histogram &h, const RangeOptions &o) {
  return quantizationMse(h, *paramsOfRange(*estimateRange(h, o), o));
}

TEST(RangeEstimator, MinMax) {
  const Histogram h = histogramOf({-1, 0.5f, 3});
  EXPECT_EQ(*estimateRange(h, options(RangeMethod::MinMax)), (Range{-1, 3}));
  EXPECT_EQ(*estimateRange(h, options(RangeMethod::MinMax, true)),
            (Range{-3, 3}));
  // Zero is always inside.
  EXPECT_EQ(*estimateRange(histogramOf({2, 6}), options(RangeMethod::MinMax)),
            (Range{0, 6}));
  EXPECT_EQ(*estimateRange(histogramOf({-3, -1}), options(RangeMethod::MinMax)),
            (Range{-3, 0}));
}

TEST(RangeEstimator, NothingFiniteHasNoRange) {
  for (const RangeMethod method : kMethods) {
    EXPECT_FALSE(estimateRange(Histogram(), options(method)));
    EXPECT_FALSE(estimateRange(histogramOf({NAN, INFINITY}), options(method)));
  }
}

TEST(RangeEstimator, AllZero) {
  const Histogram h = histogramOf({0, 0, -0.0f});
  for (const RangeMethod method : kMethods)
    for (const bool symmetric : {false, true}) {
      const RangeOptions o = options(method, symmetric);
      const auto range = estimateRange(h, o);
      ASSERT_TRUE(range);
      EXPECT_EQ(*range, (Range{0, 0}));
      EXPECT_FALSE(std::signbit(range->min));
      EXPECT_EQ(paramsOfRange(*range, o)->scale, 1.0);
      EXPECT_EQ(paramsOfRange(*range, o)->zeroPoint, 0);
    }
}

TEST(ValueState, Names) {
  auto stateOf = [](const std::vector<float> &values) {
    return std::string(getName(classify(histogramOf(values), -128, 127)));
  };
  EXPECT_EQ(stateOf({}), "unobserved");
  EXPECT_EQ(stateOf({NAN, INFINITY}), "non-finite");
  EXPECT_EQ(stateOf({0, -0.0f, 0, NAN}), "dead");
  EXPECT_EQ(stateOf({3, 3, NAN}), "constant");
  EXPECT_EQ(stateOf({-3}), "constant");
  EXPECT_EQ(stateOf({1e-40f, -1e-39f}), "tiny");
  EXPECT_EQ(stateOf({1e-40f}), "tiny");
  EXPECT_EQ(stateOf({0, 3}), "");
  EXPECT_EQ(stateOf({2, 3}), "");
  // The limit is a step of 2^-126, so it depends on the storage.
  const Histogram h = histogramOf({0, std::ldexp(1000.0f, -126)});
  EXPECT_EQ(classify(h, -128, 127), ValueState::Ordinary);
  EXPECT_EQ(classify(h, -32768, 32767), ValueState::Tiny);
}

TEST(ValueState, AConstantIsStoredAsItIs) {
  for (const float constant : {3.0f, -0.7f, 1e-30f, 3e38f}) {
    const Histogram h = histogramOf({constant, constant});
    for (const RangeMethod method : kMethods)
      for (const bool symmetric : {false, true}) {
        const RangeOptions o = options(method, symmetric);
        const QuantParams params = *paramsOfRange(*estimateRange(h, o), o);
        const float back = dequantize(quantize(constant, params), params);
        EXPECT_LE(std::fabs(back - constant), std::fabs(constant) * 1e-3f)
            << int(method) << " " << constant;
      }
  }
}

TEST(RangeEstimator, NonFiniteTakesNoPart) {
  std::vector<float> values = normal();
  const Histogram clean = histogramOf(values);
  values.insert(values.end(), {NAN, INFINITY, -INFINITY});
  const Histogram dirty = histogramOf(values);
  for (const RangeMethod method : kMethods)
    EXPECT_EQ(*estimateRange(clean, options(method)),
              *estimateRange(dirty, options(method)));
}

TEST(RangeEstimator, BadOptions) {
  const Histogram h = histogramOf({1, 2});
  for (const double percentile : {0.0, -1.0, 100.5, double(NAN)}) {
    RangeOptions o = options(RangeMethod::Percentile);
    o.percentile = percentile;
    EXPECT_FALSE(estimateRange(h, o));
  }
  RangeOptions o = options(RangeMethod::Mse);
  o.qmin = o.qmax;
  EXPECT_FALSE(estimateRange(h, o));
}

//===----------------------------------------------------------------------===//
// Percentile
//===----------------------------------------------------------------------===//

TEST(Percentile, NinetyOfZeroToHundred) {
  std::vector<float> values;
  for (int i = 0; i <= 100; ++i)
    values.push_back(i % 2 ? -i : i);
  RangeOptions o = options(RangeMethod::Percentile, true);
  o.percentile = 90;
  // The bin that begins at 90, by its outer edge.
  const auto range = estimateRange(histogramOf(values), o);
  EXPECT_GE(range->max, 90);
  EXPECT_LT(range->max, 90.5);
  EXPECT_EQ(range->min, -range->max);
}

TEST(Percentile, HundredIsMinMax) {
  for (const bool symmetric : {false, true}) {
    const Histogram h = histogramOf(normal());
    RangeOptions o = options(RangeMethod::Percentile, symmetric);
    o.percentile = 100;
    EXPECT_EQ(*estimateRange(h, o),
              *estimateRange(h, options(RangeMethod::MinMax, symmetric)));
  }
}

TEST(Percentile, CutsBothTails) {
  RangeOptions o = options(RangeMethod::Percentile);
  o.percentile = 99;
  const auto range = estimateRange(histogramOf(normal()), o);
  EXPECT_NEAR(range->min, -2.576, 0.06);
  EXPECT_NEAR(range->max, 2.576, 0.06);
}

TEST(Percentile, OneSidedKeepsItsEndAtZero) {
  RangeOptions o = options(RangeMethod::Percentile);
  o.percentile = 99;
  const auto range = estimateRange(histogramOf(relu()), o);
  EXPECT_EQ(range->min, 0);
  EXPECT_NEAR(range->max, 2.326, 0.06); // all of the tail, not half
}

//===----------------------------------------------------------------------===//
// Entropy
//===----------------------------------------------------------------------===//

TEST(Entropy, ClipsAFarTail) {
  std::vector<float> values = normal();
  values.push_back(40);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::Entropy));
  EXPECT_GT(range->max, 2.5);
  EXPECT_LT(range->max, 10);
  EXPECT_EQ(range->min,
            std::max(-range->max, double(histogramOf(values).min())));
}

TEST(Entropy, UniformKeepsNearlyAll) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(200000);
  for (float &x : values)
    x = uniform(random);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::Entropy, true));
  EXPECT_GT(range->max, 0.95);
  EXPECT_EQ(range->min, -range->max);
}

/// Values that leave a rule about distributions little to look at.
std::vector<std::pair<const char *, std::vector<float>>> poorValues() {
  std::vector<float> levels, farFromZero, mostlyZero(100000, 0.0f), pixels;
  for (int level = 0; level <= 16; ++level)
    levels.insert(levels.end(), level == 0 ? 6000 : 500 - 13 * level,
                  float(level) / 16);
  for (const float x : normal())
    farFromZero.push_back(0.9f + std::fabs(x));
  for (const float x : relu())
    if (x > 0 && mostlyZero.size() < 100300)
      mostlyZero.push_back(x);
  for (int i = 0; i < 60000; ++i)
    pixels.push_back(float((i * 7919) % 256));
  std::vector<float> spike(9600, 1.0f);
  for (int i = 1; i <= 400; ++i)
    spike.push_back(1.0f + 15.0f * float(i) / 400);
  return {{"levels", levels},
          {"far from zero", farFromZero},
          {"mostly zero", mostlyZero},
          {"pixels", pixels},
          {"spike", spike},
          {"two", {0.25f, 0.25f, 0.25f, 1.0f}}};
}

TEST(RangeEstimator, PoorValuesKeepTheirRange) {
  for (const auto &[name, values] : poorValues())
    for (const RangeMethod method : kMethods)
      for (const bool symmetric : {false, true})
        for (const float sign : {1.0f, -1.0f}) {
          std::vector<float> signedValues = values;
          for (float &x : signedValues)
            x *= sign;
          const auto range = estimateRange(histogramOf(signedValues),
                                           options(method, symmetric));
          ASSERT_TRUE(range);
          size_t offZero = 0, outside = 0;
          for (const float x : signedValues) {
            offZero += x != 0;
            // Least squares may take a little off every range.
            outside += x < 1.05 * range->min || x > 1.05 * range->max;
          }
          EXPECT_LE(10 * outside, offZero)
              << name << ", method " << int(method) << ", symmetric "
              << symmetric << ", sign " << sign;
        }
}

TEST(Entropy, FewLevelsLoseNothing) {
  // Seventeen levels of pixels: each has a level of storage to itself, so the
  // whole range has no divergence, as has a window of the first level alone.
  // The last minimum is the whole range, whatever the sums round to.
  const Histogram h = histogramOf(poorValues().front().second);
  EXPECT_EQ(*estimateRange(h, options(RangeMethod::Entropy)), (Range{0, 1}));
  EXPECT_EQ(*estimateRange(h, options(RangeMethod::Entropy, true)),
            (Range{-1, 1}));
}

TEST(Entropy, OneSpikeIsNoWindow) {
  // 96 % of the values are 1 and the others up to 16: the first window is the
  // spike alone, [0, 129 / 2048 * 16].
  const auto range = estimateRange(histogramOf(poorValues()[4].second),
                                   options(RangeMethod::Entropy));
  EXPECT_GT(range->max, 1.5);
}

TEST(Entropy, SignsAreAlike) {
  std::vector<float> values = relu();
  const auto positive =
      estimateRange(histogramOf(values), options(RangeMethod::Entropy));
  for (float &x : values)
    x = -x;
  const auto negative =
      estimateRange(histogramOf(values), options(RangeMethod::Entropy));
  EXPECT_EQ(*negative, (Range{-positive->max, -positive->min}));
}

/// The rule written plainly: quadratic, on given bins (ModelOpt's
/// _compute_amax_entropy).
int plainEntropy(std::vector<double> bins, int levels, int start) {
  bins[0] = bins[1];
  double best = INFINITY;
  int bestSize = int(bins.size());
  for (int size = start; size <= int(bins.size()); ++size) {
    std::vector<double> sum(levels, 0), used(levels, 0);
    auto levelOf = [&](int j) { return int(int64_t(j) * levels / size); };
    for (int j = 0; j < size; ++j) {
      sum[levelOf(j)] += bins[j];
      used[levelOf(j)] += bins[j] > 0;
    }
    std::vector<double> p(bins.begin(), bins.begin() + size), q(size, 0);
    for (int j = size; j < int(bins.size()); ++j)
      p[size - 1] += bins[j];
    double sumP = 0, sumQ = 0;
    for (int j = 0; j < size; ++j) {
      if (bins[j] > 0)
        q[j] = sum[levelOf(j)] / used[levelOf(j)];
      sumP += p[j];
      sumQ += q[j];
    }
    double divergence = 0;
    for (int j = 0; j < size; ++j)
      if (p[j] > 0)
        divergence += q[j] > 0
                          ? p[j] / sumP * std::log(p[j] / sumP / (q[j] / sumQ))
                          : double(INFINITY);
    if (divergence <= best) {
      best = divergence;
      bestSize = size;
    }
  }
  return bestSize;
}

TEST(Entropy, IsTensorRTsRule) {
  // One value in the middle of each of 2048 equal bins, so that both see the
  // same counts: heights of a Laplace distribution with holes.
  std::mt19937 random(9);
  std::vector<double> counts(2048);
  std::vector<float> values;
  const double width = 8.0 / 2048;
  for (int i = 0; i < 2048; ++i) {
    const int n =
        i == 2047 ? 1
                  : int(400 * std::exp(-i / 250.0) * ((random() % 8) / 7.0));
    counts[i] = n;
    // The largest value is the end of the last bin.
    values.insert(values.end(), n, float(i == 2047 ? 8.0 : (i + .5) * width));
  }
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::Entropy, true));
  // A bin of the histogram is wider than one of 2048 in the upper half: the
  // counts are not quite the same, and neighbouring candidates lie close
  // together.
  EXPECT_NEAR(range->max, plainEntropy(counts, 128, 128) * width, 0.35);
}

//===----------------------------------------------------------------------===//
// Mean squared error
//===----------------------------------------------------------------------===//

TEST(Mse, HistogramErrorIsTheErrorOfTheValues) {
  const std::function<float(float)> shapes[] = {
      [](float x) { return x; },
      [](float x) { return std::max(x, 0.0f); },
      [](float x) { return x * x * x; },
      [](float x) { return 1 / (1 + std::exp(-2 * x)); },
      [](float x) { return x + 5; },
  };
  for (const auto &shape : shapes) {
    const std::vector<float> values = fromNormal(11, shape);
    const Histogram h = histogramOf(values);
    for (const double ratio : {1.0, 0.7, 0.4, 0.1})
      for (const int bits : {4, 8}) {
        const int64_t qmax = (1 << (bits - 1)) - 1;
        const auto p =
            chooseAsymmetric(h.min() * ratio, h.max() * ratio, -qmax - 1, qmax);
        const double direct = directMse(values, *p);
        EXPECT_NEAR(quantizationMse(h, *p), direct, 0.03 * direct)
            << ratio << " " << bits;
      }
  }
}

TEST(Mse, ZeroForAnEmptyHistogram) {
  EXPECT_EQ(quantizationMse(Histogram(), {}), 0);
}

TEST(Mse, ParametersWithoutZeroOnTheGrid) {
  // A zero point outside the storage: everything clips at one end.
  const std::vector<float> values = normal();
  const QuantParams p{0.01, -200, -128, 127};
  EXPECT_NEAR(quantizationMse(histogramOf(values), p), directMse(values, p),
              1e-3);
}

TEST(Mse, IsTheLeastOfAllMethods) {
  const std::function<float(float)> shapes[] = {
      [](float x) { return x; },
      [](float x) { return std::max(x, 0.0f); },
      [](float x) { return std::min(std::max(4 * x, 0.0f), 6.0f); },
      [](float x) { return x * x * x * x * x; },
      [](float x) { return x / (1 + std::exp(-x)); },
      [](float x) { return -std::exp(x); },
      [](float x) { return std::tanh(x); },
  };
  for (const auto &shape : shapes)
    for (const bool symmetric : {false, true}) {
      const Histogram h = histogramOf(fromNormal(12, shape));
      const double least = mseOf(h, options(RangeMethod::Mse, symmetric));
      for (const RangeMethod method : kMethods)
        EXPECT_LE(least, mseOf(h, options(method, symmetric)) * 1.001);
    }
}

TEST(Mse, IsNearTheBestOfAFineGrid) {
  const Histogram h = histogramOf(normal());
  for (const int bits : {4, 8}) {
    RangeOptions o = options(RangeMethod::Mse);
    o.qmax = (1 << (bits - 1)) - 1;
    o.qmin = -o.qmax - 1;
    double best = INFINITY;
    for (int low = 1; low <= 60; ++low)
      for (int high = 1; high <= 60; ++high)
        best = std::min(
            best, quantizationMse(h, *paramsOfRange({h.min() * low / 60.0,
                                                     h.max() * high / 60.0},
                                                    o)));
    EXPECT_LE(mseOf(h, o), best * 1.005) << bits;
  }
}

TEST(Mse, OneSidedKeepsItsEndAtZero) {
  const RangeOptions o = options(RangeMethod::Mse);
  const Histogram positive = histogramOf(relu());
  const auto range = estimateRange(positive, o);
  EXPECT_EQ(range->min, 0);
  EXPECT_EQ(paramsOfRange(*range, o)->zeroPoint, -128);
  EXPECT_LT(range->max, positive.max());

  const Histogram negative =
      histogramOf(fromNormal(2, [](float x) { return -std::max(x, 0.0f); }));
  const auto mirrored = estimateRange(negative, o);
  EXPECT_EQ(mirrored->max, 0);
  EXPECT_EQ(paramsOfRange(*mirrored, o)->zeroPoint, 127);
}

TEST(Mse, KeepsAFullEnd) {
  // Much of the data lies exactly at 6: nothing may be clipped.
  const auto range = estimateRange(
      histogramOf(fromNormal(
          4, [](float x) { return std::min(std::max(4 * x, 0.0f), 6.0f); })),
      options(RangeMethod::Mse));
  EXPECT_EQ(*range, (Range{0, 6}));
}

TEST(Mse, ModerateOutliersAreClipped) {
  std::vector<float> values = normal();
  values.push_back(12);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::Mse));
  EXPECT_LT(range->max, 12);
  EXPECT_GT(range->max, 3);
}

TEST(Mse, HugeOutliersDoNotBreakTheSearch) {
  std::vector<float> values = normal();
  values.push_back(3e38f);
  values.push_back(-1e30f);
  const auto range =
      estimateRange(histogramOf(values), options(RangeMethod::Mse));
  ASSERT_TRUE(range);
  EXPECT_TRUE(std::isfinite(range->min) && std::isfinite(range->max));
  EXPECT_TRUE(paramsOfRange(*range, options(RangeMethod::Mse)));
}

TEST(Mse, SubnormalsGiveUsableParameters) {
  const Histogram h = histogramOf({1e-44f, -1e-42f, 0});
  for (const RangeMethod method : kMethods) {
    const auto range = estimateRange(h, options(method));
    ASSERT_TRUE(range);
    EXPECT_GT(paramsOfRange(*range, options(method))->scale, 0);
  }
}

TEST(Mse, IsDeterministic) {
  const std::vector<float> values = normal();
  std::vector<float> reversed(values.rbegin(), values.rend());
  for (const RangeMethod method : kMethods)
    EXPECT_EQ(*estimateRange(histogramOf(values), options(method)),
              *estimateRange(histogramOf(reversed), options(method)));
}

//===----------------------------------------------------------------------===//
// Known values
//===----------------------------------------------------------------------===//

/// OCTAV's fixed point on the values themselves, from the formula.
double octavOf(const std::vector<float> &values, double rounding) {
  double clipping = 1;
  for (int i = 0; i < 100; ++i) {
    double beyond = 0, count = 0;
    for (float x : values)
      if (std::fabs(x) >= clipping) {
        beyond += std::fabs(x);
        count += 1;
      }
    clipping = beyond / ((1 - rounding) * count + rounding * values.size());
  }
  return clipping;
}

TEST(Octav, IsTheFixedPointOfTheFormula) {
  // Bins are up to 1 % wide.
  const double precision = 0.012;
  const std::vector<float> values = normal();
  const double both = octavOf(values, std::pow(4.0, -8) / 3);
  const auto symmetric =
      *estimateRange(histogramOf(values), options(RangeMethod::Octav, true));
  EXPECT_NEAR(symmetric.max / both, 1, precision);
  EXPECT_EQ(symmetric.min, -symmetric.max);
  const auto range =
      *estimateRange(histogramOf(values), options(RangeMethod::Octav));
  EXPECT_NEAR(range.max / both, 1, precision);
  EXPECT_NEAR(range.min / -both, 1, precision);

  const std::vector<float> positive = relu();
  const double one = octavOf(positive, std::pow(4.0, -8) / 12);
  const auto half =
      *estimateRange(histogramOf(positive), options(RangeMethod::Octav));
  EXPECT_NEAR(half.max / one, 1, precision);
  EXPECT_EQ(half.min, 0);
}

TEST(Octav, IsNearTheLeastError) {
  for (const std::vector<float> &values :
       {normal(), relu(), fromNormal(3, [](float x) { return x * x * x; })}) {
    const Histogram histogram = histogramOf(values);
    auto errorOf = [&](RangeMethod method) {
      const RangeOptions o = options(method);
      return quantizationMse(histogram,
                             *paramsOfRange(*estimateRange(histogram, o), o));
    };
    EXPECT_LE(errorOf(RangeMethod::Octav), 1.15 * errorOf(RangeMethod::Mse));
  }
}

TEST(Octav, WhatNeedsNoClippingKeepsItsRange) {
  const std::vector<float> values = {-1, 1, -1, 1};
  const auto range =
      *estimateRange(histogramOf(values), options(RangeMethod::Octav));
  EXPECT_EQ(range.min, -1);
  EXPECT_EQ(range.max, 1);
}

TEST(WeightMse, NotWorseThanMinMaxAndNotBeyondIt) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const std::vector<float> values =
        fromNormal(seed, [](float x) { return x * x * x; });
    const auto best = chooseSymmetricByMse(values.data(), 4000, 3, -7, 7);
    double largest = 0;
    std::vector<float> taken;
    for (size_t i = 0; i < 4000; ++i) {
      taken.push_back(values[3 * i]);
      largest = std::max(largest, std::fabs(double(values[3 * i])));
    }
    const auto full = chooseSymmetricInRange(largest, -7, 7);
    EXPECT_LT(directMse(taken, *best), directMse(taken, *full));
    EXPECT_LT(best->scale, full->scale);
    EXPECT_EQ(best->zeroPoint, 0);
  }
}

TEST(WeightMse, KeepsARangeThatFits) {
  const float values[] = {-127, 127, 64, 1, 0};
  EXPECT_EQ(chooseSymmetricByMse(values, 5, 1, -127, 127)->scale, 1.0);
}

TEST(WeightMse, Degenerate) {
  const float zeros[] = {0, 0};
  EXPECT_EQ(chooseSymmetricByMse(zeros, 2, 1, -127, 127)->scale, 1.0);
  const float bad[] = {1, NAN};
  EXPECT_FALSE(chooseSymmetricByMse(bad, 2, 1, -127, 127));
}

} // namespace
