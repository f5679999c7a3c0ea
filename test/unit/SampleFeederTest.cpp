//===- SampleFeederTest.cpp - Arrays meet inputs --------------------------===//

#include "quantopt/Execution/SampleFeeder.h"

#include "TestFiles.h"

#include <cmath>
#include <limits>

using namespace quantopt;
using namespace quantopt::test;

namespace {

using Shape = std::vector<int64_t>;

class SampleFeederTest : public FileTest {
protected:
  /// Writes one array of f32.
  void add(llvm::StringRef name, const Shape &shape,
           const std::vector<float> &values) {
    writer.add(name, NpyType::F32, shape, values.data());
  }

  std::string write() {
    std::string path = pathOf("samples.npz");
    EXPECT_EQ(textOf(writer.write(path)), "");
    return path;
  }

  llvm::Expected<std::unique_ptr<SampleFeeder>>
  open(const Signature &signature, const SampleFeeder::Options &options = {}) {
    return SampleFeeder::open(write(), signature, options);
  }

  static Signature makeSignature(std::vector<TensorSpec> inputs) {
    return {"f", std::move(inputs), {}};
  }

  static float firstOf(const SampleFeeder &feeder, size_t input) {
    return *static_cast<const float *>(feeder.getInputs()[input]);
  }

  NpzWriter writer;
};

TEST_F(SampleFeederTest, DeliversSampleAfterSample) {
  add("x", {3, 2}, {1, 2, 3, 4, 5, 6});
  auto feeder = open(makeSignature({{"x", {1, 2}, ElementType::F32}}));
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  EXPECT_EQ((*feeder)->getNumSamples(), 3);
  for (float first : {1.f, 3.f, 5.f}) {
    ASSERT_TRUE(llvm::cantFail((*feeder)->next()));
    EXPECT_EQ(firstOf(**feeder, 0), first);
  }
  EXPECT_FALSE(llvm::cantFail((*feeder)->next()));
  EXPECT_EQ((*feeder)->describeNonFinite(), "");
}

TEST_F(SampleFeederTest, NamesGoBeforePositions) {
  add("second", {1, 2}, {1, 2});
  add("other", {1, 2}, {3, 4});
  auto feeder = open(makeSignature(
      {{"first", {2}, ElementType::F32}, {"second", {2}, ElementType::F32}}));
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  ASSERT_TRUE(llvm::cantFail((*feeder)->next()));
  EXPECT_EQ((*feeder)->getArrays()[0].getName(), "other");
  EXPECT_EQ(firstOf(**feeder, 0), 3);
  EXPECT_EQ(firstOf(**feeder, 1), 1);
}

TEST_F(SampleFeederTest, ReservedArraysAreNoInputs) {
  add("expected", {1, 2}, {1, 2});
  add("data", {1, 2}, {3, 4});
  SampleFeeder::Options options;
  options.reserved = {"expected"};
  auto feeder =
      open(makeSignature({{"expected", {2}, ElementType::F32}}), options);
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  EXPECT_EQ((*feeder)->getArrays()[0].getName(), "data");
}

TEST_F(SampleFeederTest, LimitStopsEarlyAndStillChecksTheFile) {
  add("x", {3, 2}, {1, 2, 3, 4, 5, 6});
  add("few", {2, 1}, {0, 0});
  SampleFeeder::Options options;
  options.limit = 2;
  auto feeder = open(makeSignature({{"x", {2}, ElementType::F32}}), options);
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  EXPECT_EQ((*feeder)->getNumSamples(), 2);
  auto few = (*feeder)->openArray("few", {"y", {1}, ElementType::F32}, "y");
  EXPECT_NE(errorOf(std::move(few))
                .find("array 'few' holds 2 samples, but the inputs 3"),
            std::string::npos);
}

TEST_F(SampleFeederTest, IntegersWidenAndNarrowWhereTheyFit) {
  const int64_t ids[] = {-5, 2147483647, 2147483648};
  writer.add("ids", NpyType::I64, Shape{3}, ids);
  const uint8_t bytes[] = {0, 200, 255};
  writer.add("bytes", NpyType::U8, Shape{3, 1}, bytes);
  auto feeder = open(makeSignature(
      {{"ids", {1}, ElementType::I32}, {"bytes", {1}, ElementType::I64}}));
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  ASSERT_TRUE(llvm::cantFail((*feeder)->next()));
  ASSERT_TRUE(llvm::cantFail((*feeder)->next()));
  EXPECT_EQ(*static_cast<const int32_t *>((*feeder)->getInputs()[0]),
            2147483647);
  EXPECT_EQ(*static_cast<const int64_t *>((*feeder)->getInputs()[1]), 200);
  EXPECT_NE(errorOf((*feeder)->next()).find("holds 2147483648"),
            std::string::npos);
}

TEST_F(SampleFeederTest, FloatsAreNeverConverted) {
  const double values[] = {1, 2};
  writer.add("x", NpyType::F64, Shape{1, 2}, values);
  auto feeder = open(makeSignature({{"x", {2}, ElementType::F32}}));
  EXPECT_NE(errorOf(std::move(feeder)).find("store the array as float32"),
            std::string::npos);
}

TEST_F(SampleFeederTest, AdviceOnShapesKeepsElementsInOrder) {
  const std::vector<float> values(2 * 4 * 4 * 3);
  const Signature signature =
      makeSignature({{"x", {1, 3, 4, 4}, ElementType::F32}});
  for (auto &[shape, advice] :
       {std::pair<Shape, const char *>{{2, 4, 4, 3}, "transpose the array to"},
        {{2, 1, 4, 4, 3}, "transpose the array to"},
        {{2, 48}, "reshape the array to"},
        {{2, 12, 4}, "reshape the array to"},
        {{2, 4, 4}, "give an array of shape"}}) {
    NpzWriter own;
    own.add("x", NpyType::F32, shape, values.data());
    const std::string path = pathOf("own.npz");
    ASSERT_EQ(textOf(own.write(path)), "");
    const std::string text = errorOf(SampleFeeder::open(path, signature, {}));
    EXPECT_NE(text.find(std::string(advice) +
                        " [samples, 1, 3, 4, 4] or [samples, 3, 4, 4]"),
              std::string::npos)
        << text;
  }
}

TEST_F(SampleFeederTest, CountsWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  add("x", {3, 2}, {1, 2, nan, inf, -inf, 6});
  SampleFeeder::Options options;
  options.nonFinite = NonFinitePolicy::Ignore;
  auto feeder = open(makeSignature({{"x", {2}, ElementType::F32}}), options);
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  while (llvm::cantFail((*feeder)->next())) {
  }
  const SampleFeeder::NonFiniteCount &count = (*feeder)->getNonFinite()[0];
  EXPECT_EQ(count.nan, 1u);
  EXPECT_EQ(count.infinite, 2u);
  EXPECT_EQ(count.samples, 2);
  EXPECT_EQ(count.firstSample, 1);
}

TEST_F(SampleFeederTest, RefusesWhatIsNotFiniteAndTellsAllOfIt) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  add("x", {4, 1}, {1, nan, 3, nan});
  auto feeder = open(makeSignature({{"x", {1}, ElementType::F32}}));
  ASSERT_TRUE(bool(feeder)) << errorOf(std::move(feeder));
  ASSERT_TRUE(llvm::cantFail((*feeder)->next()));
  EXPECT_NE(errorOf((*feeder)->next())
                .find("array 'x' holds 2 NaN and 0 infinite values in 2 of the "
                      "4 samples read, the first in sample 1"),
            std::string::npos);
}

} // namespace
