//===- Benchmark.cpp - Latency of one run, and of its kernels -------------===//

#include "quantopt/Execution/Benchmark.h"

#include <algorithm>
#include <chrono>
#include <limits>

using namespace llvm;
using namespace quantopt;

OutputBuffers::OutputBuffers(const Signature &signature) {
  for (const TensorSpec &output : signature.outputs) {
    buffers.emplace_back(output);
    addresses.push_back(buffers.back().data());
  }
}

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// Long enough for frequencies and caches to settle, and for a minimum that
/// other work on the machine does not disturb.
static constexpr std::chrono::milliseconds kWarmUp(200), kMeasure(1000);
static constexpr size_t kMinRuns = 10, kMaxRuns = 200000;

/// Calls `run` until it is warm, then until `measure` has seen enough.
static void repeat(function_ref<void()> run, function_ref<void()> measure) {
  Clock::time_point start = Clock::now();
  do
    run();
  while (Clock::now() - start < kWarmUp);
  start = Clock::now();
  for (size_t runs = 0;
       runs < kMinRuns || (Clock::now() - start < kMeasure && runs < kMaxRuns);
       ++runs)
    measure();
}

RunReport::Latency quantopt::benchmark(const CompiledModel &model,
                                       ArrayRef<const void *> inputs,
                                       const OutputBuffers &outputs) {
  std::vector<double> times;
  times.reserve(kMaxRuns);
  auto run = [&] { model.run(inputs, outputs.pointers()); };
  repeat(run, [&] {
    Clock::time_point before = Clock::now();
    run();
    times.push_back(Microseconds(Clock::now() - before).count());
  });
  std::sort(times.begin(), times.end());
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  return {times.front(), median};
}

Profile quantopt::profile(const CompiledModel &model,
                          ArrayRef<const void *> inputs,
                          const OutputBuffers &outputs) {
  Profile profile;
  for (const ProfiledKernel &kernel : model.getProfiledKernels())
    profile.lines.push_back({kernel, 0, 0});
  if (profile.lines.empty())
    return profile;

  // Clocks move in steps of up to some 40 ns: a block of runs is long enough
  // for their mean, and short enough to end before other work interrupts it.
  constexpr std::chrono::milliseconds kBlock(1);
  MutableArrayRef<CompiledModel::Counters> counters = model.getCounters();
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> fewest(counters.size(), infinity);
  double fastest = infinity;
  auto run = [&] { model.run(inputs, outputs.pointers()); };
  // The counters' clock against the wall's, over the whole measurement.
  Clock::time_point begin = Clock::now();
  uint64_t ticks = model.readClock();
  repeat(run, [&] {
    llvm::fill(counters, CompiledModel::Counters{0, 0});
    Clock::time_point before = Clock::now();
    size_t runs = 0;
    do {
      run();
      ++runs;
    } while (Clock::now() - before < kBlock);
    double time = Microseconds(Clock::now() - before).count();
    fastest = std::min(fastest, time / static_cast<double>(runs));
    for (auto [least, counter] : llvm::zip_equal(fewest, counters))
      least = std::min(least, static_cast<double>(counter.ticks) /
                                  static_cast<double>(runs));
    for (auto [line, counter] : llvm::zip_equal(profile.lines, counters))
      line.calls = static_cast<int64_t>(counter.calls / runs);
    profile.runs += runs;
  });
  ticks = model.readClock() - ticks;
  double ns = 1000 * Microseconds(Clock::now() - begin).count();
  double nsOfTick = ticks ? ns / static_cast<double>(ticks) : 0;

  profile.runNs = 1000 * fastest;
  for (auto [line, least] : llvm::zip_equal(profile.lines, fewest))
    line.ns = nsOfTick * least;
  return profile;
}
