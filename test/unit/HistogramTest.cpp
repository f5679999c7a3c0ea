//===- HistogramTest.cpp - Exact statistics -------------------------------===//

#include "quantopt/Support/Histogram.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <random>

using namespace quantopt;

namespace {

std::vector<float> normals(size_t size, unsigned seed, float sigma = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, sigma);
  std::vector<float> values(size);
  for (float &x : values)
    x = normal(random);
  return values;
}

Histogram histogramOf(const std::vector<float> &values) {
  Histogram h;
  h.add(values.data(), values.size());
  return h;
}

TEST(Histogram, Empty) {
  const Histogram h;
  EXPECT_TRUE(h.empty());
  EXPECT_EQ(h.finite(), 0u);
  EXPECT_TRUE(h.bins().empty());
  EXPECT_EQ(h.min(), 0);
  EXPECT_EQ(h.max(), 0);
  EXPECT_TRUE(h == Histogram());
}

TEST(Histogram, CountsEverythingOnce) {
  const Histogram h = histogramOf({0.0f, -0.0f, 1.0f, -2.5f, NAN, INFINITY,
                                   -INFINITY, -INFINITY, 1e-45f, FLT_MAX});
  EXPECT_EQ(h.count(), 10u);
  EXPECT_EQ(h.finite(), 6u);
  EXPECT_EQ(h.zeros(), 2u);
  EXPECT_EQ(h.nans(), 1u);
  EXPECT_EQ(h.posInfs(), 1u);
  EXPECT_EQ(h.negInfs(), 2u);
  EXPECT_EQ(h.min(), -2.5f);
  EXPECT_EQ(h.max(), FLT_MAX);
  EXPECT_EQ(h.absMax(), FLT_MAX);
  uint64_t total = 0;
  for (const HistogramBin &bin : h.bins())
    total += bin.count;
  EXPECT_EQ(total, 6u);
}

TEST(Histogram, OnlyNonFinite) {
  const Histogram h = histogramOf({NAN, INFINITY, -NAN});
  EXPECT_EQ(h.nans(), 2u);
  EXPECT_EQ(h.finite(), 0u);
  EXPECT_FALSE(h.empty());
  EXPECT_TRUE(h.bins().empty());
}

TEST(Histogram, ExtremaOfOneSign) {
  EXPECT_EQ(histogramOf({3, 2, 5}).min(), 2);
  EXPECT_EQ(histogramOf({-3, -2, -5}).max(), -2);
  EXPECT_FALSE(std::signbit(histogramOf({-0.0f}).max()));
}

TEST(Histogram, BinsAreOrderedAndHoldTheirValues) {
  std::vector<float> values = normals(20000, 1);
  values.push_back(0);
  const std::vector<HistogramBin> bins = histogramOf(values).bins();
  for (size_t i = 0; i < bins.size(); ++i) {
    EXPECT_LE(bins[i].lower, bins[i].representative);
    EXPECT_LE(bins[i].representative, bins[i].upper);
    EXPECT_GT(bins[i].count, 0u);
    if (i > 0)
      EXPECT_LT(bins[i - 1].upper, bins[i].lower);
    const auto inside =
        std::count_if(values.begin(), values.end(), [&](float x) {
          return bins[i].lower <= x && x <= bins[i].upper;
        });
    EXPECT_EQ(uint64_t(inside), bins[i].count);
  }
  // The outermost bins are cut to the extrema.
  EXPECT_EQ(bins.front().lower,
            *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(bins.back().upper, *std::max_element(values.begin(), values.end()));
}

TEST(Histogram, BinsAreNarrow) {
  for (const HistogramBin &bin : histogramOf(normals(20000, 2)).bins())
    if (bin.representative != 0)
      EXPECT_LT((bin.upper - bin.lower) / std::fabs(bin.representative), 0.01);
}

TEST(Histogram, AddIsIndependentOfBlocks) {
  // Longer than a block, of a length that no vector width divides, with values
  // that are not finite in one block only.
  std::vector<float> values = normals(12347, 3);
  values[5000] = NAN;
  values[5001] = INFINITY;
  for (size_t i = 0; i < values.size(); i += 3)
    values[i] = 0;
  Histogram oneByOne;
  for (const float x : values)
    oneByOne.add(&x, 1);
  EXPECT_TRUE(histogramOf(values) == oneByOne);
}

TEST(Histogram, OrderAndShardingDoNotMatter) {
  std::vector<float> values = normals(30000, 4);
  const Histogram whole = histogramOf(values);
  std::mt19937 random(5);
  std::shuffle(values.begin(), values.end(), random);
  EXPECT_TRUE(histogramOf(values) == whole);

  Histogram merged;
  for (size_t at = 0; at < values.size(); at += 7001) {
    Histogram shard;
    shard.add(values.data() + at, std::min<size_t>(7001, values.size() - at));
    merged.merge(shard);
  }
  EXPECT_TRUE(merged == whole);
}

TEST(Histogram, MergeWithEmptyIsIdentity) {
  const Histogram h = histogramOf({5, 6, 7});
  Histogram left = h, right;
  left.merge(Histogram());
  right.merge(h);
  EXPECT_TRUE(left == h);
  EXPECT_TRUE(right == h);
  EXPECT_EQ(right.min(), 5);
}

TEST(Histogram, EqualityIsExact) {
  EXPECT_FALSE(histogramOf({1, 2}) == histogramOf({1, 2, 2}));
  EXPECT_FALSE(histogramOf({1, 2}) == histogramOf({1, 3}));
  // The same bins, another maximum.
  EXPECT_FALSE(histogramOf({1, 2}) == histogramOf({1, std::nextafterf(2, 3)}));
  EXPECT_FALSE(histogramOf({0}) == histogramOf({1}));
}

TEST(Histogram, CopyAndMove) {
  const Histogram h = histogramOf(normals(1000, 6));
  Histogram copy;
  copy = h;
  EXPECT_TRUE(copy == h);
  const Histogram moved = std::move(copy);
  EXPECT_TRUE(moved == h);
}

TEST(Histogram, StateRoundTrips) {
  std::vector<float> values = normals(5000, 7);
  values.insert(values.end(), {0.0f, NAN, INFINITY, -INFINITY, 1e-40f});
  const Histogram h = histogramOf(values);
  const auto back = Histogram::fromState(h.state());
  ASSERT_TRUE(back);
  EXPECT_TRUE(*back == h);
  ASSERT_TRUE(Histogram::fromState({}));
  EXPECT_TRUE(*Histogram::fromState({}) == Histogram());
}

TEST(Histogram, ContradictoryStatesAreRefused) {
  const Histogram::State good = histogramOf({-1, 2, 3}).state();
  ASSERT_TRUE(Histogram::fromState(good));
  auto refuses = [&](auto change) {
    Histogram::State bad = good;
    change(bad);
    return !Histogram::fromState(bad);
  };
  EXPECT_TRUE(refuses([](auto &s) { s.max = 4; }));
  EXPECT_TRUE(refuses([](auto &s) { s.max = NAN; }));
  EXPECT_TRUE(refuses([](auto &s) { s.min = 2; }));
  EXPECT_TRUE(refuses([](auto &s) { s.min = -INFINITY; }));
  EXPECT_TRUE(refuses([](auto &s) { s.bins.clear(); }));
  EXPECT_TRUE(refuses([](auto &s) { s.bins[0].second = 0; }));
  EXPECT_TRUE(refuses([](auto &s) { std::swap(s.bins[0], s.bins[1]); }));
  EXPECT_TRUE(refuses([](auto &s) { s.bins.push_back(s.bins.back()); }));
  EXPECT_TRUE(refuses([](auto &s) { s.bins.back().first = 0xFF80; }));
  EXPECT_TRUE(refuses([](auto &s) { s.bins[0].second = UINT64_MAX; }));
}

} // namespace
