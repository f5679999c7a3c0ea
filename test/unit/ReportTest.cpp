//===- ReportTest.cpp - The data of a report, and its two forms -----------===//

#include "quantopt/Report/Report.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cmath>
#include <numeric>

using namespace quantopt;

namespace {

Histogram histogramOf(const std::vector<float> &values) {
  Histogram histogram;
  histogram.add(values.data(), values.size());
  return histogram;
}

uint64_t total(const DisplayHistogram &shown) {
  return shown.below + shown.above +
         std::accumulate(shown.counts.begin(), shown.counts.end(), uint64_t(0));
}

std::string json(const QuantizationReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  writeReportJSON(os, report);
  return text;
}

std::string html(const QuantizationReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  writeReportHTML(os, report);
  return text;
}

std::vector<std::string> kindsOf(const ValueReport &value) {
  std::vector<std::string> kinds;
  for (const Finding &finding : findingsOf(value))
    kinds.push_back(finding.kind);
  return kinds;
}

using Kinds = std::vector<std::string>;

/// Steps of 1, -128 to 127.
const QuantParams kSteps{1.0, 0, -128, 127};

TEST(ValueStatistics, CountsEachValueWhereItLies) {
  std::vector<float> values;
  for (int i = -128; i < 128; ++i)
    values.push_back(float(i));
  ValueStatistics seen = summarize(histogramOf(values), kSteps);
  EXPECT_EQ(seen.count, 256u);
  EXPECT_EQ(seen.min, -128);
  EXPECT_EQ(seen.max, 127);
  EXPECT_EQ(seen.zeros, 1u);
  EXPECT_EQ(seen.levels, 256);
  EXPECT_EQ(seen.clippedBelow, 0);
  EXPECT_EQ(seen.clippedAbove, 0);
  EXPECT_EQ(seen.histogram.lower, -128);
  EXPECT_EQ(seen.histogram.upper, 127);
  ASSERT_EQ(seen.histogram.counts.size(), DisplayHistogram::kMaxBins);
  EXPECT_EQ(seen.histogram.below + seen.histogram.above, 0u);
  EXPECT_EQ(total(seen.histogram), 256u);
}

TEST(ValueStatistics, SharesBeyondTheRange) {
  // What lies within half a step of the range rounds into it.
  ValueStatistics seen = summarize(
      histogramOf({-200, -128.25f, -128, 0, 0, 1, 127, 127.25f, 129, 250}),
      kSteps);
  EXPECT_NEAR(seen.clippedBelow, 0.1, 1e-12);
  EXPECT_NEAR(seen.clippedAbove, 0.2, 1e-12);
  EXPECT_EQ(seen.levels, 256);
  EXPECT_EQ(seen.histogram.lower, -200);
  EXPECT_EQ(seen.histogram.upper, 250);
  EXPECT_EQ(total(seen.histogram), 10u);
}

TEST(ValueStatistics, ShowsNoFurtherThanHalfARangeBeyond) {
  ValueStatistics seen =
      summarize(histogramOf({-5000, -128, 0, 127, 7000, 8000}), kSteps);
  EXPECT_EQ(seen.histogram.lower, -255.5);
  EXPECT_EQ(seen.histogram.upper, 254.5);
  EXPECT_EQ(seen.histogram.below, 1u);
  EXPECT_EQ(seen.histogram.above, 2u);
  EXPECT_EQ(total(seen.histogram), 6u);
}

TEST(ValueStatistics, ShowsAllWithoutParameters) {
  ValueStatistics seen = summarize(histogramOf({-5000, 0, 7000}), std::nullopt);
  EXPECT_EQ(seen.histogram.lower, -5000);
  EXPECT_EQ(seen.histogram.upper, 7000);
  EXPECT_EQ(seen.histogram.counts.front(), 1u);
  EXPECT_EQ(seen.histogram.counts.back(), 1u);
  EXPECT_EQ(seen.levels, 0);
}

TEST(ValueStatistics, TakesOneValueAndNone) {
  ValueStatistics one = summarize(histogramOf({3, 3, 3}), std::nullopt);
  EXPECT_EQ(one.histogram.counts, std::vector<uint64_t>{3});
  ValueStatistics none = summarize(
      histogramOf({std::numeric_limits<float>::infinity(), std::nanf("")}),
      kSteps);
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.posInfs, 1u);
  EXPECT_EQ(none.nans, 1u);
  EXPECT_TRUE(none.histogram.counts.empty());
}

TEST(Findings, SayWhatStatisticsShow) {
  auto valueOf = [](const std::vector<float> &values) {
    ValueReport value;
    value.params = kSteps;
    value.statistics = summarize(histogramOf(values), kSteps);
    return value;
  };
  EXPECT_EQ(kindsOf(ValueReport()), Kinds{});
  EXPECT_EQ(kindsOf(valueOf({-100, 0, 100})), Kinds{});
  EXPECT_EQ(kindsOf(valueOf({0, 0})), Kinds{"dead"});
  EXPECT_EQ(kindsOf(valueOf({5, 5})), Kinds{"constant"});
  EXPECT_EQ(kindsOf(valueOf({-15, 15})), Kinds{"coarse"}); // 31 of 256
  EXPECT_EQ(kindsOf(valueOf({-15, 16})), Kinds{});         // 32
  EXPECT_EQ(kindsOf(valueOf({0, 100, 1000})), Kinds{"clipped"});
  EXPECT_EQ(kindsOf(valueOf({0, 100, std::nanf("")})), Kinds{"non-finite"});
  ValueReport lost = valueOf({-100, 100});
  lost.accumulatedDB = 0;
  EXPECT_EQ(kindsOf(lost), Kinds{});
  lost.accumulatedDB = -HUGE_VAL;
  EXPECT_EQ(kindsOf(lost), Kinds{"lost"});
}

TEST(ReportJSON, WritesInfinitiesAndMendsText) {
  QuantizationReport report;
  report.model = "a\xFF\"b";
  ValueReport value;
  value.name = "x\ny";
  value.state = "float";
  value.aloneDB = HUGE_VAL;
  value.accumulatedDB = -HUGE_VAL;
  report.values.push_back(value);
  std::string text = json(report);
  EXPECT_NE(text.find("\"sqnr_alone_db\": 1e999"), std::string::npos);
  EXPECT_NE(text.find("\"sqnr_db\": -1e999"), std::string::npos);
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(text);
  ASSERT_TRUE(bool(parsed));
  const llvm::json::Object &object = *parsed->getAsObject();
  EXPECT_EQ(object.getString("format"), llvm::StringRef(kReportFormat));
  EXPECT_EQ(object.getInteger("version"), kReportVersion);
  EXPECT_EQ(object.getString("model"), llvm::StringRef("a\xEF\xBF\xBD\"b"));
  EXPECT_EQ(object.getArray("values")->front().getAsObject()->getString("name"),
            llvm::StringRef("x\ny"));
  EXPECT_FALSE(object.get("latency_us"));
  EXPECT_FALSE(object.get("evaluation"));
}

TEST(ReportHTML, WritesNothingAndMuch) {
  QuantizationReport report;
  std::string empty = html(report);
  EXPECT_NE(empty.find("</html>"), std::string::npos);
  EXPECT_EQ(empty.find("<svg"), std::string::npos);

  // Size is linear, with a small factor.
  std::vector<float> values;
  for (int i = 0; i < 4000; ++i)
    values.push_back(float((i * 7919) % 4001) / 16 - 128);
  ValueReport value;
  value.name = "a_name_of_usual_length";
  value.op = "linalg.generic";
  value.location = "model.mlir:1234:12";
  value.state = "integer";
  value.storage = "i8";
  value.params = kSteps;
  value.aloneDB = 40;
  value.accumulatedDB = 30;
  value.statistics = summarize(histogramOf(values), kSteps);
  report.values.assign(1000, value);
  EXPECT_LT(html(report).size(), empty.size() + 1000 * 3500);
}

TEST(ReportHTML, DrawsLostAndExactValues) {
  QuantizationReport report;
  for (double db : {HUGE_VAL, 20.0, -HUGE_VAL}) {
    ValueReport value;
    value.name = "value";
    value.state = "integer";
    value.aloneDB = value.accumulatedDB = db;
    report.values.push_back(value);
  }
  std::string text = html(report);
  EXPECT_NE(text.find("alone equal, so far equal"), std::string::npos);
  EXPECT_NE(text.find("alone lost, so far lost"), std::string::npos);
  EXPECT_NE(text.find("No point: exact alone (1)."), std::string::npos);
  // No place in a picture and no key to sort by is "nan" or "inf".
  for (const char *word : {"nan ", "\"nan", "\"inf", "\"-inf", " inf"})
    EXPECT_EQ(text.find(word), std::string::npos) << word;
}

} // namespace
