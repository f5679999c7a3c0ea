//===- MetricsTest.cpp - How good and how fast a run was ------------------===//

#include "quantopt/Execution/Metrics.h"

#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace quantopt;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Metrics, RatioOfTheNormsOverAllSamples) {
  OutputComparison comparison;
  comparison.add({3, 0}, {3, 0.5});
  comparison.add({0, 4}, {0, 4});
  // |x| = 5 and |x - y| = 0.5: a factor of ten is 20 dB.
  EXPECT_DOUBLE_EQ(comparison.getSQNR(), 20);
  EXPECT_EQ(comparison.getMaxAbsError(), 0.5);
  EXPECT_EQ(comparison.getTop1Agreement(), 1);
}

TEST(Metrics, RatioOfTheReference) {
  OutputComparison comparison;
  comparison.add({1, 2, 3}, {1, 2, 2.9});
  EXPECT_NEAR(comparison.getSQNR(), 31.4613, 5e-5);
}

TEST(Metrics, EqualOutputsAreInfinitelyGood) {
  OutputComparison comparison;
  comparison.add({0, kInfinity, kNaN}, {0, kInfinity, kNaN});
  EXPECT_EQ(comparison.getSQNR(), kInfinity);
  EXPECT_EQ(comparison.getMaxAbsError(), 0);
}

TEST(Metrics, EqualInfinitiesSayNothingOfOtherElements) {
  OutputComparison comparison;
  comparison.add({10, -kInfinity, kNaN}, {11, -kInfinity, kNaN});
  EXPECT_DOUBLE_EQ(comparison.getSQNR(), 20);
  EXPECT_EQ(comparison.getMaxAbsError(), 1);
}

TEST(Metrics, NaNInTheOutputIsTheWorst) {
  OutputComparison comparison;
  comparison.add({1, 2}, {1, kNaN});
  EXPECT_EQ(comparison.getSQNR(), -kInfinity);
  EXPECT_EQ(comparison.getMaxAbsError(), kInfinity);
  EXPECT_EQ(comparison.getTop1Agreement(), 0);
}

TEST(Metrics, AllZeroExpectedHasNoSignal) {
  OutputComparison comparison;
  comparison.add({0, 0}, {0, 1});
  EXPECT_EQ(comparison.getSQNR(), -kInfinity);
}

TEST(Metrics, MeanCosineIsOfEachSample) {
  OutputComparison comparison;
  // numerics: [1, 2, 3] against [1, 2, 2.9]; then a right angle.
  comparison.add({1, 2, 3}, {1, 2, 2.9});
  EXPECT_NEAR(comparison.getMeanCosine(), 0.9998668, 1e-7);
  comparison.add({1, 0, 0}, {0, 1, 0});
  EXPECT_NEAR(comparison.getMeanCosine(), 0.4999334, 1e-7);
  OutputComparison zeros;
  zeros.add({0, 0}, {0, 0});
  EXPECT_EQ(zeros.getMeanCosine(), 1);
  zeros.add({0, 1}, {0, 0});
  EXPECT_EQ(zeros.getMeanCosine(), 0.5);
  zeros.add({0, 1}, {0, std::nan("")});
  EXPECT_NEAR(zeros.getMeanCosine(), 1.0 / 3, 1e-15);
}

TEST(Metrics, ArgmaxTakesTheLowestOfTies) {
  EXPECT_EQ(argmax({1, 3, 3}), 1u);
  EXPECT_EQ(argmax({kNaN, -1, kNaN}), 1u);
  EXPECT_EQ(argmax({-kInfinity, -kInfinity}), 0u);
}

TEST(Metrics, ReadsEveryElementType) {
  std::vector<double> values;
  const int8_t bytes[] = {-128, 127};
  appendAsDouble(bytes, ElementType::I8, 2, values);
  const uint16_t half = 0x3E00, bfloat = 0xBFC0; // 1.5 and -1.5
  appendAsDouble(&half, ElementType::F16, 1, values);
  appendAsDouble(&bfloat, ElementType::BF16, 1, values);
  const int64_t wide = int64_t(1) << 53;
  appendAsDouble(&wide, ElementType::I64, 1, values);
  EXPECT_EQ(values, (std::vector<double>{-128, 127, 1.5, -1.5, 0x1p53}));
}

std::string toJSON(const RunReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  writeReportJSON(os, report);
  return text;
}

TEST(Metrics, JSONHoldsOnlyWhatWasMeasured) {
  RunReport report;
  report.samples = 2;
  EXPECT_EQ(toJSON(report), "{\n  \"samples\": 2\n}\n");
  report.sqnrDB = kInfinity;
  report.latency = {1.5, 2.25};
  EXPECT_EQ(toJSON(report), "{\n  \"sqnr_db\": 1e999,\n  \"samples\": 2,\n"
                            "  \"latency_us\": {\n    \"min\": 1.5,\n"
                            "    \"median\": 2.25\n  }\n}\n");
}

} // namespace
