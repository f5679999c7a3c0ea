//===- Benchmark.h - Latency of one run, and of its kernels -----*- C++ -*-===//

#ifndef QUANTOPT_EXECUTION_BENCHMARK_H
#define QUANTOPT_EXECUTION_BENCHMARK_H

#include "quantopt/Execution/AlignedBuffer.h"
#include "quantopt/Execution/CompiledModel.h"
#include "quantopt/Execution/Metrics.h"

#include <vector>

namespace quantopt {

/// Memory for all outputs of a model.
class OutputBuffers {
public:
  explicit OutputBuffers(const Signature &signature);

  llvm::ArrayRef<void *> pointers() const { return addresses; }
  llvm::StringRef bytes(size_t output) const {
    return {buffers[output].data(), buffers[output].size()};
  }

private:
  std::vector<AlignedBuffer> buffers;
  std::vector<void *> addresses;
};

/// Times single runs on `inputs`: warms up, then runs for about a second.
RunReport::Latency benchmark(const CompiledModel &model,
                             llvm::ArrayRef<const void *> inputs,
                             const OutputBuffers &outputs);

/// Runs `inputs` as `benchmark` does and reads the counters of each kernel.
Profile profile(const CompiledModel &model, llvm::ArrayRef<const void *> inputs,
                const OutputBuffers &outputs);

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_BENCHMARK_H
