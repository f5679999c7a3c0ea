//===- Benchmark.cpp - Latency of one run ---------------------------------===//

#include "Run.h"

#include <algorithm>
#include <chrono>

using namespace llvm;
using namespace quantopt;

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// Long enough for frequencies and caches to settle, and for a minimum that
/// other work on the machine does not disturb.
static constexpr std::chrono::milliseconds kWarmUp(200), kMeasure(1000);
static constexpr size_t kMinRuns = 10, kMaxRuns = 200000;

RunReport::Latency quantopt::benchmark(const CompiledModel &model,
                                       ArrayRef<const void *> inputs,
                                       const OutputBuffers &outputs) {
  Clock::time_point start = Clock::now();
  do
    model.run(inputs, outputs.pointers());
  while (Clock::now() - start < kWarmUp);

  std::vector<double> times;
  times.reserve(kMaxRuns);
  start = Clock::now();
  while (times.size() < kMinRuns ||
         (Clock::now() - start < kMeasure && times.size() < kMaxRuns)) {
    Clock::time_point before = Clock::now();
    model.run(inputs, outputs.pointers());
    times.push_back(Microseconds(Clock::now() - before).count());
  }
  std::sort(times.begin(), times.end());
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  return {times.front(), median};
}
