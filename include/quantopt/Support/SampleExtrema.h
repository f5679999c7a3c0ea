//===- SampleExtrema.h - Sums of extrema, without rounding ------*- C++ -*-===//
//
// The mean of the samples' minima and that of their maxima, kept so that
// neither the order of samples nor a split into shards changes a bit: as exact
// sums. No LLVM: the runtime on a target fills them, too.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_SAMPLEEXTREMA_H
#define QUANTOPT_SUPPORT_SAMPLEEXTREMA_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace quantopt {

/// The sum of up to 2^64 finite f32 values as one wide integer in units of
/// 2^-149, the smallest of them: addition is exact, so its order is free
/// (Kulisch, "Computer Arithmetic and Validity").
class ExactSum {
public:
  /// `value` is finite.
  void add(float value);
  void add(const ExactSum &other);

  /// The sum, rounded once to f64, half to even.
  double toDouble() const;

  /// "-0x3p-1" for -1.5, as C writes hexadecimal floats: an odd integer and a
  /// power of two, or "0x0p+0". Equal sums have equal texts.
  std::string toText() const;
  /// Reads what toText writes, and nothing else.
  static std::optional<ExactSum> fromText(const std::string &text);

  bool operator==(const ExactSum &o) const { return words == o.words; }

private:
  bool isNegative() const { return words.back() >> 63 != 0; }
  ExactSum negated() const;

  /// 277 bits for the widest value, 64 for their number, and a sign, in two's
  /// complement, the least significant word first.
  std::array<uint64_t, 6> words{};
};

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
