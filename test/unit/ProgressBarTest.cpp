//===- ProgressBarTest.cpp - Progress and remaining time ------------------===//

#include "quantopt/Support/ProgressBar.h"

#include "gtest/gtest.h"

using quantopt::ProgressBar;

namespace {

TEST(ProgressBar, SaysHowFarAndHowLong) {
  EXPECT_EQ(ProgressBar::format("run", 0, 10, 0),
            "run [>                             ]  0/10    0 %");
  EXPECT_EQ(ProgressBar::format("run", 5, 10, 20),
            "run [===============>              ]  5/10   50 %  ETA 0:20");
  EXPECT_EQ(ProgressBar::format("run", 10, 10, 40),
            "run [==============================]  10/10  100 %  ETA 0:00");
}

TEST(ProgressBar, LongTimesHaveHours) {
  const std::string line = ProgressBar::format("run", 1, 3, 3725);
  EXPECT_EQ(line.substr(line.find("ETA")), "ETA 2:04:10");
}

TEST(ProgressBar, CountsWhereNobodyKnowsTheTotal) {
  EXPECT_EQ(ProgressBar::format("run", 7, 0, 1), "run  7");
}

TEST(ProgressBar, DoneNeverExceedsTheTotal) {
  const std::string line = ProgressBar::format("run", 12, 10, 1);
  EXPECT_NE(line.find("10/10"), std::string::npos);
}

} // namespace
