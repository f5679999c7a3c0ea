//===- SampleExtrema.h - Sums of extrema, without rounding ------*- C++ -*-===//
//
// The mean of the samples' minima and that of their maxima, kept so that
// neither the order of samples nor a split into shards changes a bit: as exact
// sums. No LLVM: the runtime on a target fills them, too.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_SAMPLEEXTREMA_H
#define QUANTOPT_SUPPORT_SAMPLEEXTREMA_H

#include "quantopt/Support/ExactSum.h"

#include <cstdint>

namespace quantopt {

/// Extrema of single samples: of the values that one run of the model showed to
/// an observer.
struct SampleExtrema {
  /// Samples with a finite value; the others have no extrema.
  uint64_t count = 0;
  ExactSum minSum, maxSum;

  void add(float min, float max) {
    ++count;
    minSum.add(min);
    maxSum.add(max);
  }
  void merge(const SampleExtrema &other) {
    count += other.count;
    minSum.add(other.minSum);
    maxSum.add(other.maxSum);
  }

  /// Arithmetic means, each a sum rounded to f64 over the count; the count is
  /// not 0.
  double meanMin() const { return minSum.toDouble() / double(count); }
  double meanMax() const { return maxSum.toDouble() / double(count); }

  bool operator==(const SampleExtrema &o) const {
    return count == o.count && minSum == o.minSum && maxSum == o.maxSum;
  }
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_SAMPLEEXTREMA_H
