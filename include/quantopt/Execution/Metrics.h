//===- Metrics.h - How good and how fast a run was --------------*- C++ -*-===//

#ifndef QUANTOPT_EXECUTION_METRICS_H
#define QUANTOPT_EXECUTION_METRICS_H

#include "quantopt/Execution/Profile.h"
#include "quantopt/Target/Signature.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

/// Appends `count` elements of `type` at `data` to `values`, each exact but for
/// i64 beyond 2^53.
void appendAsDouble(const void *data, ElementType type, int64_t count,
                    std::vector<double> &values);

/// Index of the largest value; the lowest of several, and a NaN never wins.
size_t argmax(llvm::ArrayRef<double> values);

/// Compares outputs with expected outputs over many samples.
class OutputComparison {
public:
  /// One sample: `expected` and `actual` have the same number of elements.
  void add(llvm::ArrayRef<double> expected, llvm::ArrayRef<double> actual);

  /// 20 log10(|x| / |x - y|) in dB, x = expected and y = actual, both norms
  /// over all elements of all samples but for infinities and NaN that are
  /// equal: +inf where all are equal, -inf where a value is NaN or infinite and
  /// the other one is not the same.
  double getSQNR() const;
  /// Largest |x - y|; +inf under the condition of getSQNR's -inf.
  double getMaxAbsError() const;
  /// x . y / (|x| |y|) of each sample, on average over the samples: 1 where
  /// both are zero, 0 where one of them is or where anything is NaN or
  /// infinite.
  double getMeanCosine() const;
  /// Share of samples whose largest element stands at the same place.
  double getTop1Agreement() const;

private:
  double signal = 0, noise = 0, maxAbsError = 0, cosines = 0;
  uint64_t samples = 0, agreeing = 0;
};

/// What quant-run reports: a field only where it was measured.
struct RunReport {
  uint64_t samples = 0;
  std::optional<double> sqnrDB, cosine, maxAbsError, top1Agreement, accuracy;
  struct Latency {
    double minMicroseconds, medianMicroseconds;
  };
  std::optional<Latency> latency;
  std::optional<Profile> profile;
};

/// Lines for people.
void printReport(llvm::raw_ostream &os, const RunReport &report);

/// One JSON object: sqnr_db, max_abs_error, top1_agreement, cosine, accuracy,
/// samples, latency_us{min, median}, profile (see writeProfileJSON). Infinities
/// as in Support/JsonNumber.h.
void writeReportJSON(llvm::raw_ostream &os, const RunReport &report);

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_METRICS_H
