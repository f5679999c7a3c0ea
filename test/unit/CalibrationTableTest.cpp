//===- CalibrationTableTest.cpp - Tables: order, shards, bad files --------===//

#include "quantopt/Support/CalibrationTable.h"

#include "TestFiles.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace quantopt;
using namespace quantopt::test;

namespace {

using CalibrationTableTest = FileTest;

/// Samples of two observed values, in the given order of samples.
CalibrationTable tableOf(const std::vector<int> &samples) {
  CalibrationTable table;
  for (const int sample : samples) {
    std::mt19937 random(sample);
    std::normal_distribution<float> normal(0.1f * sample, 1);
    std::vector<float> x(500), y(300);
    for (float &v : x)
      v = normal(random);
    for (float &v : y)
      v = std::max(0.0f, normal(random));
    table["input"].add(x.data(), x.size());
    table["relu \"1\"\n\\"].add(y.data(), y.size());
  }
  return table;
}

std::vector<int> firstSamples(int count) {
  std::vector<int> samples(count);
  std::iota(samples.begin(), samples.end(), 0);
  return samples;
}

TEST_F(CalibrationTableTest, ShuffledSamplesGiveTheSameBytes) {
  std::vector<int> samples = firstSamples(40);
  const std::string expected = tableOf(samples).toJson();
  for (unsigned seed = 0; seed < 5; ++seed) {
    std::mt19937 random(seed);
    std::shuffle(samples.begin(), samples.end(), random);
    EXPECT_EQ(tableOf(samples).toJson(), expected);
  }
}

TEST_F(CalibrationTableTest, MergedShardsGiveTheSameBytes) {
  const std::vector<int> samples = firstSamples(40);
  const std::string whole = tableOf(samples).toJson();
  for (const size_t cut : {1u, 13u, 39u}) {
    const std::string first = pathOf("first.json"),
                      second = pathOf("second.json");
    ASSERT_EQ(
        textOf(tableOf({samples.begin(), samples.begin() + cut}).save(first)),
        "");
    ASSERT_EQ(
        textOf(tableOf({samples.begin() + cut, samples.end()}).save(second)),
        "");
    // In both orders.
    for (const auto &[a, b] :
         {std::pair(first, second), std::pair(second, first)}) {
      auto merged = CalibrationTable::load(a),
           other = CalibrationTable::load(b);
      ASSERT_TRUE(bool(merged) && bool(other));
      ASSERT_EQ(textOf(merged->merge(*other)), "");
      EXPECT_EQ(merged->toJson(), whole);
    }
  }
}

TEST_F(CalibrationTableTest, SavedTableReadsBackEqual) {
  CalibrationTable table = tableOf({1, 2, 3});
  table["input"].type = "tensor<500xf32>";
  const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f, 1e-45f, 3.4e38f, 0.1f};
  table["odd"].add(odd, 7);
  table["never seen"];
  const std::string path = pathOf("table.json");
  ASSERT_EQ(textOf(table.save(path)), "");
  auto back = CalibrationTable::load(path);
  ASSERT_TRUE(bool(back));
  EXPECT_TRUE(*back == table);
  EXPECT_EQ(back->toJson(), readFile(path));
  EXPECT_EQ(back->size(), 4u);
  EXPECT_EQ(back->lookup("input")->type, "tensor<500xf32>");
  EXPECT_TRUE(back->lookup("never seen")->histogram.empty());
  EXPECT_EQ(back->lookup("unknown"), nullptr);
}

TEST_F(CalibrationTableTest, FormatIsAsDocumented) {
  CalibrationTable table;
  const float values[] = {0.5f, 0.5f, 0.50390625f, -2, 0};
  table["x"].add(values, 2);
  table["x"].add(values + 2, 3);
  table["x"].type = "tensor<5xf32>";
  table["x"].inputMeans.add(values, {{2}, {2}});
  EXPECT_EQ(
      table.toJson(),
      "{\"format\":\"quant-opt calibration table\",\"version\":3,\n"
      "\"tensors\":[\n"
      "{\"id\":\"x\",\"type\":\"tensor<5xf32>\",\"min\":-2,\"max\":0.50390625,"
      "\"zeros\":1,\"nan\":0,\"posInf\":0,\"negInf\":0,"
      "\"samples\":2,\"minSum\":\"-0x3p-1\",\"maxSum\":\"0x101p-8\",\n"
      " \"inputSamples\":1,\"inputSums\":[\"0x101p-9\",\"-0x3p-2\"],\n"
      " \"bins\":[[16128,2,1],[49152,1]]}\n"
      "]}\n");
}

TEST_F(CalibrationTableTest, MergeRefusesDifferentTypes) {
  CalibrationTable a = tableOf({1}), b = tableOf({2});
  a["input"].type = "tensor<4xf32>";
  b["input"].type = "tensor<5xf32>";
  const std::string before = a.toJson();
  EXPECT_EQ(
      textOf(a.merge(b)),
      "calibration tables of different models cannot be merged: 'input' is "
      "tensor<4xf32> in one and tensor<5xf32> in the other");
  EXPECT_EQ(a.toJson(), before);
  b["input"].type = "";
  EXPECT_EQ(textOf(a.merge(b)), "");
}

std::string problemOf(llvm::StringRef text) {
  return errorOf(CalibrationTable::parse(text, "t.json"));
}

TEST_F(CalibrationTableTest, BadFiles) {
  EXPECT_EQ(errorOf(CalibrationTable::load(pathOf("none.json"))),
            "cannot read calibration table '" + pathOf("none.json") +
                "': No such file or directory");
  EXPECT_NE(problemOf("{\"format\":\"quant-opt ca").find("not valid JSON"),
            std::string::npos);
  EXPECT_NE(problemOf("[1]").find("not a calibration table"),
            std::string::npos);
  EXPECT_NE(problemOf("{\"format\":\"other\"}").find("not a calibration table"),
            std::string::npos);
  const std::string head =
      "{\"format\":\"quant-opt calibration table\",\"version\":";
  EXPECT_NE(problemOf(head + "4,\"tensors\":[]}").find("has version 4"),
            std::string::npos);
  EXPECT_NE(problemOf(head + "1}").find("'tensors' is missing"),
            std::string::npos);
  EXPECT_NE(
      problemOf(head + "1,\"tensors\":[7]}").find("tensor 0 is not an object"),
      std::string::npos);
}

TEST_F(CalibrationTableTest, ErrorsSayWhere) {
  const std::string head =
      "{\n \"format\": \"quant-opt calibration table\",\n \"version\": ";
  EXPECT_EQ(problemOf(head + "3,\n \"tensors\": [\n"),
            "t.json:5:1: not valid JSON (truncated?): Unexpected EOF");
  EXPECT_EQ(problemOf(head + "9}"),
            "t.json:3:13: the table has version 9, but only versions 1 to 3 "
            "can be read: calibrate again with this version");
  EXPECT_EQ(problemOf(head + "3}"),
            "t.json:2:2: 'tensors' is missing or not an array");
  EXPECT_EQ(problemOf(head + "3,\n \"tensors\": [\n  {\"id\": \"x\"}]}"),
            "t.json:5:4: tensor 0 ('x'): 'min' is missing or not a number");
  EXPECT_EQ(problemOf(head + "3,\n \"tensors\": [{\"id\":\n   7}]}"),
            "t.json:5:4: tensor 0: 'id' is missing or not a string");
}

TEST_F(CalibrationTableTest, WhatAReaderAsksOfEntriesIsSaidAtTheirPlace) {
  const std::string head =
      "{\"format\":\"quant-opt calibration table\",\"version\":3,"
      "\"tensors\":[\n";
  const std::string rest = "\"min\":1,\"max\":1,\"zeros\":0,\"nan\":0,"
                           "\"posInf\":0,\"negInf\":0,\"bins\":[[16256,1]]}";
  auto problem = [](const std::string &text) {
    return errorOf(CalibrationTable::parse(
        text, "t.json",
        [](llvm::StringRef id, const CalibrationRecord &record) -> llvm::Error {
          if (record.type == "tensor<1xf32>")
            return llvm::Error::success();
          return llvm::createStringError("'" + id + "' is something else");
        }));
  };
  const std::string good = "{\"id\":\"x\",\"type\":\"tensor<1xf32>\"," + rest;
  EXPECT_EQ(problem(head + good + "]}"), "");
  EXPECT_EQ(problem(head + good + ",\n {\"id\":\"y\",\"type\":\"f32\"," + rest +
                    "]}"),
            "t.json:3:19: 'y' is something else");
  // Without a type, at the entry.
  EXPECT_EQ(problem(head + good + ",\n {\"id\":\"y\"," + rest + "]}"),
            "t.json:3:3: 'y' is something else");
}

TEST_F(CalibrationTableTest, BadEntries) {
  auto problem = [](const std::string &entry) {
    return problemOf(
        "{\"format\":\"quant-opt calibration table\",\"version\":1,"
        "\"tensors\":[" +
        entry + "]}");
  };
  auto entry = [](const std::string &id, const std::string &bins,
                  const std::string &more = "") {
    return "{\"id\":\"" + id + "\"," + more +
           "\"min\":1,\"max\":1,\"zeros\":0,\"nan\":0,\"posInf\":0,\"negInf\":"
           "0,"
           "\"bins\":" +
           bins + "}";
  };
  EXPECT_EQ(problem(entry("x", "[[16256,1]]")), "");
  // At the element, the value of the key, or the entry that lacks it.
  auto at = [](int column) {
    return "t.json:1:" + std::to_string(column) + ": tensor 0 ('x'): ";
  };
  EXPECT_EQ(problem(entry("x", "[[16256]]")),
            at(139) + "an element of 'bins' is not [first bin, count, ...]");
  EXPECT_EQ(problem(entry("x", "[[16256,-1]]")),
            at(145) + "an element of 'bins' is not a count");
  EXPECT_EQ(problem(entry("x", "[[65535,1,1]]")),
            at(139) + "a run of 'bins' does not lie in 0..65535");
  EXPECT_EQ(problem(entry("x", "[[16000,1]]")),
            at(138) + "'bins', 'min' and 'max' contradict each other");
  EXPECT_EQ(problem(entry("x", "3")),
            at(137) + "'bins' is missing or not an array");
  EXPECT_EQ(problem(entry("x", "[[16256,1]]", "\"colour\":1,")),
            at(83) + "unknown key 'colour'");
  EXPECT_EQ(
      problem(entry("x", "[[16256,1]]") + "," + entry("x", "[[16256,1]]")),
      "t.json:1:151: tensor 'x' is there twice");
}

/// A table with one tensor, all ones, and what `more` says.
CalibrationTable parseOnes(int version, const std::string &more = "") {
  auto table = CalibrationTable::parse(
      "{\"format\":\"quant-opt calibration table\",\"version\":" +
          std::to_string(version) +
          ",\"tensors\":[{\"id\":\"x\",\"min\":1,\"max\":1,\"zeros\":0,"
          "\"nan\":0,\"posInf\":0,\"negInf\":0," +
          more + "\"bins\":[[16256,4]]}]}",
      "t.json");
  EXPECT_TRUE(bool(table));
  return table ? *table : CalibrationTable();
}

const char *const kTwoSamples =
    "\"samples\":2,\"minSum\":\"0x1p+1\",\"maxSum\":\"0x1p+1\",";

TEST_F(CalibrationTableTest, VersionOneHasNoExtremaOfSamples) {
  const CalibrationTable old = parseOnes(1);
  EXPECT_FALSE(old.lookup("x")->hasSamples());
  const CalibrationTable now = parseOnes(2, kTwoSamples);
  EXPECT_TRUE(now.lookup("x")->hasSamples());
  EXPECT_EQ(now.lookup("x")->samples.meanMax(), 1.0);
  EXPECT_NE(old.toJson().find("\"version\":3"), std::string::npos);
  EXPECT_EQ(old.toJson().find("samples"), std::string::npos);
}

TEST_F(CalibrationTableTest, MergedWithVersionOneHasNone) {
  // In any order, and whatever is merged after it.
  std::vector<CalibrationTable> parts = {
      parseOnes(1), parseOnes(2, kTwoSamples), parseOnes(2, kTwoSamples)};
  std::vector<int> order = {0, 1, 2};
  std::string first;
  do {
    CalibrationTable merged;
    for (const int i : order)
      ASSERT_EQ(textOf(merged.merge(parts[i])), "");
    EXPECT_FALSE(merged.lookup("x")->hasSamples());
    EXPECT_EQ(merged.lookup("x")->histogram.count(), 12u);
    if (first.empty())
      first = merged.toJson();
    EXPECT_EQ(merged.toJson(), first);
  } while (std::next_permutation(order.begin(), order.end()));
  // Nor can samples be added to what lacks the earlier ones.
  const float more = 1;
  parts[0]["x"].add(&more, 1);
  EXPECT_FALSE(parts[0].lookup("x")->hasSamples());
  // An observer that saw nothing takes nothing away.
  CalibrationTable empty;
  empty["x"];
  ASSERT_EQ(textOf(empty.merge(parts[1])), "");
  EXPECT_TRUE(empty == parts[1]);
}

TEST_F(CalibrationTableTest, MeansOfInputsNeedAllSamples) {
  const float values[] = {1, 2, 3, 4};
  CalibrationTable table;
  table["x"].add(values, 4);
  table["x"].inputMeans.add(values, {{2}, {2}});
  const std::string path = pathOf("means.json");
  ASSERT_EQ(textOf(table.save(path)), "");
  auto back = CalibrationTable::load(path);
  ASSERT_TRUE(bool(back));
  EXPECT_TRUE(*back == table);
  ASSERT_EQ(textOf(back->merge(table)), "");
  EXPECT_EQ(back->lookup("x")->inputMeans.count, 2u);
  EXPECT_EQ(back->lookup("x")->inputMeans.mean(1), 3.0);
  // A table of version 2 counted samples without them; from then on they are
  // unknown.
  ASSERT_EQ(textOf(back->merge(parseOnes(2, kTwoSamples))), "");
  EXPECT_EQ(back->lookup("x")->inputMeans.count, 0u);
  ASSERT_EQ(textOf(back->merge(table)), "");
  EXPECT_EQ(back->lookup("x")->inputMeans.count, 0u);
}

TEST_F(CalibrationTableTest, BadMeansOfInputs) {
  auto problem = [](int version, const std::string &more) {
    return problemOf(
        "{\"format\":\"quant-opt calibration table\",\"version\":" +
        std::to_string(version) +
        ",\"tensors\":[{\"id\":\"x\",\"min\":1,\"max\":1,\"zeros\":0,"
        "\"nan\":0,\"posInf\":0,\"negInf\":0,\"bins\":[[16256,4]]," +
        more + "}]}");
  };
  auto says = [&](int version, const std::string &more, const char *what) {
    EXPECT_NE(problem(version, more).find(what), std::string::npos)
        << problem(version, more);
  };
  says(2, "\"inputSamples\":1,\"inputSums\":[\"0x1p+0\"]",
       "unknown key 'inputS");
  says(3, "\"inputSamples\":1", "'inputSums' is missing");
  says(3, "\"inputSums\":[\"0x1p+0\"]", "'inputSamples' is missing");
  says(3, "\"inputSamples\":0,\"inputSums\":[\"0x1p+0\"]",
       "'inputSamples' is 0");
  says(3, "\"inputSamples\":1,\"inputSums\":[]", "not an array of sums");
  says(3, "\"inputSamples\":1,\"inputSums\":[1.5]",
       "an element of 'inputSums' is not an exact sum");
}

/// `problem` less its "t.json:line:column: ".
std::string withoutPlace(const std::string &problem) {
  const size_t end = problem.find(": ");
  return problem.rfind("t.json:1:", 0) == 0 ? problem.substr(end + 2) : problem;
}

TEST_F(CalibrationTableTest, BadSamples) {
  auto problem = [](int version, const std::string &more) {
    return withoutPlace(
        problemOf("{\"format\":\"quant-opt calibration table\",\"version\":" +
                  std::to_string(version) +
                  ",\"tensors\":[{\"id\":\"x\",\"min\":1,\"max\":1,\"zeros\":0,"
                  "\"nan\":0,\"posInf\":0,\"negInf\":0," +
                  more + "\"bins\":[[16256,4]]}]}"));
  };
  const std::string where = "tensor 0 ('x'): ";
  EXPECT_EQ(problem(1, kTwoSamples).substr(0, where.size() + 11),
            where + "unknown key");
  EXPECT_EQ(problem(2, "\"samples\":2,"),
            where + "'minSum' is missing or not an exact sum such as "
                    "\"-0x3p-1\"");
  EXPECT_EQ(problem(2, "\"minSum\":\"0x1p+1\","),
            where + "'samples' is missing or not a count");
  EXPECT_EQ(problem(2, "\"samples\":2,\"minSum\":\"2\",\"maxSum\":\"0x1p+1\","),
            where + "'minSum' is missing or not an exact sum such as "
                    "\"-0x3p-1\"");
  const std::string contradict =
      where + "'samples', 'minSum' and 'maxSum' contradict the rest";
  // No sample, more samples than values, means outside of the extrema.
  for (const char *more :
       {"\"samples\":0,\"minSum\":\"0x0p+0\",\"maxSum\":\"0x0p+0\",",
        "\"samples\":5,\"minSum\":\"0x5p+0\",\"maxSum\":\"0x5p+0\",",
        "\"samples\":2,\"minSum\":\"0x1p+0\",\"maxSum\":\"0x1p+1\",",
        "\"samples\":2,\"minSum\":\"0x1p+1\",\"maxSum\":\"0x3p+0\","})
    EXPECT_EQ(problem(2, more), contradict);
}

TEST_F(CalibrationTableTest, UnwritablePathLeavesNothing) {
  const std::string path = pathOf("no/such/folder.json");
  EXPECT_NE(
      textOf(tableOf({1}).save(path)).find("cannot write calibration table"),
      std::string::npos);
  EXPECT_EQ(numFiles(), 0u);
}

TEST_F(CalibrationTableTest, IdsThatAreNotUtf8AreRefused) {
  CalibrationTable table;
  table["a\xFF"];
  EXPECT_NE(textOf(table.save(pathOf("t.json"))).find("is not UTF-8"),
            std::string::npos);
  EXPECT_EQ(numFiles(), 0u);
}

} // namespace
