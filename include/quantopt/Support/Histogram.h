//===- Histogram.h - Exact statistics of f32 values -------------*- C++ -*-===//
//
// All statistics of calibration are integers, so the order of the samples, the
// number of threads and the way in which a data set is cut cannot change a bit
// of the result, and its size does not depend on the number of samples.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_HISTOGRAM_H
#define QUANTOPT_SUPPORT_HISTOGRAM_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace quantopt {

/// One non-empty bin, in real units. `lower` and `upper` are the smallest and
/// the largest f32 that can be in it (both included, cut to the observed
/// extrema); zeros form a bin of their own with lower == upper == 0.
struct HistogramBin {
  float lower = 0, upper = 0;
  /// (lower + upper) / 2 in f64: within 0.4 % of every value of the bin.
  double representative = 0;
  uint64_t count = 0;
};

/// Counts of f32 values by the top 16 bits of their pattern (sign, exponent and
/// 7 bits of mantissa), with exact extrema beside them. Never re-binned; two
/// histograms merge by addition. The table of 512 KiB is allocated when the
/// first non-zero value arrives, and the system backs only the pages that are
/// touched.
class Histogram {
public:
  static constexpr size_t kNumBins = 65536;

  /// Everything a histogram holds, as plain values: its serialized form.
  struct State {
    float min = 0, max = 0;
    uint64_t zeros = 0, nans = 0, posInfs = 0, negInfs = 0;
    /// (top 16 bits of the pattern, count > 0), by ascending pattern. Zeros and
    /// values that are not finite are not in it.
    std::vector<std::pair<uint16_t, uint64_t>> bins;
  };

  Histogram() = default;
  Histogram(const Histogram &other);
  Histogram(Histogram &&) = default;
  Histogram &operator=(const Histogram &other);
  Histogram &operator=(Histogram &&) = default;

  struct Extrema {
    float min = 0, max = 0;
  };

  /// Counts `size` values; about a nanosecond each. Returns the extrema of the
  /// finite ones among them, if any.
  std::optional<Extrema> add(const float *data, size_t size);
  /// Adds the counts of `other`: the same as having seen its values here.
  void merge(const Histogram &other);

  bool operator==(const Histogram &other) const;
  bool operator!=(const Histogram &other) const { return !(*this == other); }

  /// All values seen, finite or not.
  uint64_t count() const { return finite_ + nonFinite(); }
  uint64_t finite() const { return finite_; }
  uint64_t nonFinite() const { return nans_ + posInfs_ + negInfs_; }
  uint64_t zeros() const { return zeros_; } ///< of either sign
  uint64_t nans() const { return nans_; }
  uint64_t posInfs() const { return posInfs_; }
  uint64_t negInfs() const { return negInfs_; }
  bool empty() const { return count() == 0; }

  /// Extrema of the finite values; 0 where there is none. Never -0.
  float min() const { return min_; }
  float max() const { return max_; }
  float absMax() const { return -min_ > max_ ? -min_ : max_; }

  /// The non-empty bins by ascending value.
  std::vector<HistogramBin> bins() const;

  State state() const;
  /// The histogram of a state. Empty where the state cannot have come from
  /// values: bins unordered or not finite, a zero count, a total that
  /// overflows, or extrema that do not lie in the outermost bins.
  static std::optional<Histogram> fromState(const State &state);

private:
  struct Free {
    void operator()(uint64_t *p) const { std::free(p); }
  };

  uint64_t *table();
  void addBlock(const float *data, size_t size, std::optional<Extrema> &seen);
  void addWithNonFinite(const float *data, size_t size,
                        std::optional<Extrema> &seen);
  void noteExtrema(const Extrema &extrema);

  std::unique_ptr<uint64_t[], Free> counts_;
  uint64_t finite_ = 0, zeros_ = 0, nans_ = 0, posInfs_ = 0, negInfs_ = 0;
  float min_ = 0, max_ = 0;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_HISTOGRAM_H
