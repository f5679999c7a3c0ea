//===- ProgressBar.h - Progress and remaining time on a terminal -*- C++
//-*-===//

#ifndef QUANTOPT_SUPPORT_PROGRESSBAR_H
#define QUANTOPT_SUPPORT_PROGRESSBAR_H

#include <chrono>
#include <cstdint>
#include <string>

namespace llvm {
class raw_fd_ostream;
} // namespace llvm

namespace quantopt {

/// One line on a terminal that says how far long work is and how long it still
/// takes. Shows nothing where the stream is no terminal, so that logs and tests
/// stay clean, nor during the first second. Erases itself when it dies.
class ProgressBar {
public:
  /// `label` says what is done ("calibrating"); `total` is the number of steps,
  /// 0 where nobody knows it. `os` is standard error unless told otherwise.
  ProgressBar(std::string label, uint64_t total,
              llvm::raw_fd_ostream *os = nullptr);
  ProgressBar(const ProgressBar &) = delete;
  ProgressBar &operator=(const ProgressBar &) = delete;
  ~ProgressBar();

  /// `steps` more are done. Cheap: draws ten times a second at most.
  void advance(uint64_t steps = 1);

  /// The line for `done` of `total` steps after `seconds`:
  /// "calibrating [=====>    ]  53/128  41 %  ETA 0:12".
  static std::string format(const std::string &label, uint64_t done,
                            uint64_t total, double seconds);

private:
  using Clock = std::chrono::steady_clock;
  std::string label;
  uint64_t total, done = 0;
  llvm::raw_fd_ostream &os;
  bool enabled, drawn = false;
  Clock::time_point start, lastDraw;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_PROGRESSBAR_H
