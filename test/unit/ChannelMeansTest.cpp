//===- ChannelMeansTest.cpp - The mean of each channel --------------------===//

#include "quantopt/Support/ChannelMeans.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace quantopt;

namespace {

std::vector<double> meansOf(const ChannelMeans &means) {
  std::vector<double> result;
  for (size_t channel = 0; channel < means.sums.size(); ++channel)
    result.push_back(means.mean(channel));
  return result;
}

using Doubles = std::vector<double>;

TEST(ChannelMeans, ChannelsLieAnywhere) {
  std::vector<float> data(24);
  std::iota(data.begin(), data.end(), 0.0f);
  auto of = [&](const ChannelShape &shape) {
    ChannelMeans means;
    means.add(data.data(), shape);
    return meansOf(means);
  };
  // 4x3x2 by its last, first and middle dimension, by the outer two, by all and
  // by none.
  EXPECT_EQ(of({{12}, {2}}), Doubles({11, 12}));
  EXPECT_EQ(of({{1, 6}, {4, 1}}), Doubles({2.5, 8.5, 14.5, 20.5}));
  EXPECT_EQ(of({{4, 2}, {3, 1}}), Doubles({9.5, 11.5, 13.5}));
  EXPECT_EQ(of({{4, 1}, {3, 2}}), Doubles({9, 10, 11, 12, 13, 14}));
  EXPECT_EQ(of({{1, 3}, {4, 2}}), Doubles({2, 3, 8, 9, 14, 15, 20, 21}));
  EXPECT_EQ(of({{1}, {24}}), Doubles(data.begin(), data.end()));
  EXPECT_EQ(of({{24}, {1}}), Doubles({11.5}));
}

TEST(ChannelMeans, OrderAndShardsChangeNothing) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.1f, 3.0f);
  std::vector<std::vector<float>> samples(50, std::vector<float>(6 * 5));
  for (std::vector<float> &sample : samples)
    for (float &value : sample)
      value = normal(random) * std::exp2(float(random() % 60) - 30);
  const ChannelShape shape{{6}, {5}};
  auto of = [&](size_t begin, size_t end) {
    ChannelMeans means;
    for (size_t i = begin; i < end; ++i)
      means.add(samples[i].data(), shape);
    return means;
  };
  const ChannelMeans whole = of(0, 50);
  EXPECT_EQ(whole.count, 50u);
  for (const size_t cut : {1u, 20u, 49u}) {
    ChannelMeans first = of(0, cut), second = of(cut, 50);
    second.merge(first);
    EXPECT_TRUE(second == whole);
  }
  std::shuffle(samples.begin(), samples.end(), random);
  EXPECT_TRUE(of(0, 50) == whole);
}

TEST(ChannelMeans, WhatIsNoNumberCountsAsZero) {
  const float data[] = {1, NAN, 3, INFINITY, -INFINITY, 8};
  ChannelMeans means;
  means.add(data, {{3}, {2}});
  EXPECT_EQ(meansOf(means), Doubles({float(4.0 / 3.0), float(8.0 / 3.0)}));
}

TEST(ChannelMeans, AnotherNumberOfChannelsIsLeftOut) {
  const float data[] = {1, 2, 3, 4, 5, 6};
  ChannelMeans means, other;
  means.add(data, {{2}, {3}});
  means.add(data, {{3}, {2}});
  EXPECT_EQ(means.count, 1u);
  EXPECT_EQ(meansOf(means), Doubles({2.5, 3.5, 4.5}));
  other.add(data, {{3}, {2}});
  means.merge(other);
  EXPECT_EQ(means.count, 0u);
}

} // namespace
