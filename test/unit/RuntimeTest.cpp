//===- RuntimeTest.cpp - Observers on the target --------------------------===//

#include "quantopt-runtime/Observe.h"
#include "quantopt-runtime/Records.h"
#include "quantopt/Support/CalibrationTable.h"

#include "TestFiles.h"

#include <cerrno>
#include <thread>

using namespace quantopt;
using namespace quantopt::test;

namespace {

class RuntimeTest : public FileTest {
protected:
  void SetUp() override {
    FileTest::SetUp();
    qopt_calibration_reset();
  }
};

const float kValues[] = {-1, 0, 0.25f, 3};

TEST_F(RuntimeTest, WritesTheBytesOfTheTable) {
  qopt_observe_f32("b", kValues, 4);
  qopt_observe_f32("a", kValues, 2);
  qopt_observe_f32("b", kValues, 3);
  const std::string path = pathOf("table.json");
  ASSERT_EQ(qopt_calibration_write(path.c_str()), 0);
  EXPECT_EQ(numFiles(), 1u);

  CalibrationTable expected;
  expected["a"].add(kValues, 2);
  expected["b"].add(kValues, 4);
  expected["b"].add(kValues, 3);
  EXPECT_EQ(readFile(path), expected.toJson());
  // Writing does not take: the records are still there.
  EXPECT_TRUE(CalibrationTable(runtime::takeRecords()) == expected);
}

TEST_F(RuntimeTest, TheTypeThatCameFirstIsWritten) {
  qopt_observe_f32("x", kValues, 4);
  qopt_observe_tensor_f32("x", "tensor<4xf32>", kValues, 4);
  qopt_observe_tensor_f32("x", "tensor<2x2xf32>", kValues, 4);
  qopt_observe_tensor_f32("empty", "tensor<0xf32>", kValues, 0);
  const std::string path = pathOf("table.json");
  ASSERT_EQ(qopt_calibration_write(path.c_str()), 0);
  auto table = CalibrationTable::load(path);
  ASSERT_TRUE(bool(table));
  EXPECT_EQ(table->lookup("x")->type, "tensor<4xf32>");
  EXPECT_EQ(table->lookup("x")->histogram.count(), 12u);
  EXPECT_EQ(table->lookup("empty")->type, "tensor<0xf32>");
  EXPECT_TRUE(table->lookup("empty")->histogram.empty());
}

TEST_F(RuntimeTest, HandlesAreTheSameObserver) {
  qopt_observer *observer = qopt_observer_get("x");
  EXPECT_EQ(qopt_observer_get("x"), observer);
  EXPECT_NE(qopt_observer_get("y"), observer);
  qopt_observer_add(observer, kValues, 4);
  qopt_observer_add(observer, kValues, 0);
  qopt_observer_add(observer, nullptr, -1);
  const CalibrationRecords records = runtime::takeRecords();
  EXPECT_EQ(records.at("x").histogram.count(), 4u);
  EXPECT_TRUE(records.at("y").histogram.empty());
}

TEST_F(RuntimeTest, TakeAndResetForget) {
  qopt_observe_f32("x", kValues, 4);
  EXPECT_EQ(runtime::takeRecords().size(), 1u);
  EXPECT_TRUE(runtime::takeRecords().empty());
  qopt_observe_f32("x", kValues, 4);
  qopt_calibration_reset();
  EXPECT_TRUE(runtime::takeRecords().empty());
}

TEST_F(RuntimeTest, ThreadsDoNotChangeTheResult) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 500; ++i)
        qopt_observe_f32(i % 2 ? "odd" : "even", kValues, 4);
    });
  for (std::thread &thread : threads)
    thread.join();
  const CalibrationRecords records = runtime::takeRecords();
  EXPECT_EQ(records.at("odd").histogram.count(), 4000u);
  EXPECT_EQ(records.at("even").histogram.zeros(), 1000u);
}

TEST_F(RuntimeTest, UnwritablePathIsAnErrno) {
  qopt_observe_f32("x", kValues, 4);
  EXPECT_EQ(qopt_calibration_write(pathOf("no/such.json").c_str()), ENOENT);
  // A folder is in the way: what was written beside it is gone again.
  const std::string taken = pathOf("taken");
  ASSERT_FALSE(llvm::sys::fs::create_directory(taken));
  EXPECT_NE(qopt_calibration_write(taken.c_str()), 0);
  EXPECT_EQ(numFiles(), 1u);
}

} // namespace
