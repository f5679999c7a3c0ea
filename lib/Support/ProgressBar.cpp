//===- ProgressBar.cpp - Progress and remaining time on a terminal --------===//

#include "quantopt/Support/ProgressBar.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>

using namespace quantopt;

static constexpr auto kQuiet = std::chrono::seconds(1);
static constexpr auto kRedraw = std::chrono::milliseconds(100);
static constexpr const char *kEraseLine = "\r\x1b[K";

ProgressBar::ProgressBar(std::string label, uint64_t total,
                         llvm::raw_fd_ostream *stream)
    : label(std::move(label)), total(total),
      os(stream ? *stream : static_cast<llvm::raw_fd_ostream &>(llvm::errs())),
      enabled(os.is_displayed()), start(Clock::now()), lastDraw(start) {}

ProgressBar::~ProgressBar() {
  if (drawn)
    os << kEraseLine;
}

std::string ProgressBar::format(const std::string &label, uint64_t done,
                                uint64_t total, double seconds) {
  std::string line;
  llvm::raw_string_ostream text(line);
  text << label;
  if (total == 0) {
    text << "  " << done;
    return line;
  }
  constexpr uint64_t kWidth = 30;
  done = std::min(done, total);
  double fraction = static_cast<double>(done) / static_cast<double>(total);
  auto filled = static_cast<uint64_t>(fraction * kWidth);
  text << " [" << std::string(filled, '=') << (filled < kWidth ? ">" : "")
       << std::string(kWidth - std::min(filled + 1, kWidth), ' ') << "]  "
       << done << "/" << total << llvm::format("  %3.0f %%", fraction * 100);
  if (done > 0) {
    auto left =
        static_cast<uint64_t>(std::ceil(seconds / static_cast<double>(done) *
                                        static_cast<double>(total - done)));
    text << "  ETA ";
    if (left >= 3600)
      text << left / 3600 << llvm::format(":%02d", int(left / 60 % 60));
    else
      text << left / 60;
    text << llvm::format(":%02d", int(left % 60));
  }
  return line;
}

void ProgressBar::advance(uint64_t steps) {
  done += steps;
  if (!enabled)
    return;
  Clock::time_point now = Clock::now();
  if (now - start < kQuiet || now - lastDraw < kRedraw)
    return;
  lastDraw = now;
  drawn = true;
  std::chrono::duration<double> elapsed = now - start;
  os << kEraseLine << format(label, done, total, elapsed.count());
  os.flush();
}
