//===- ExactSum.h - Sums of floats without rounding -------------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_EXACTSUM_H
#define QUANTOPT_SUPPORT_EXACTSUM_H

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

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_EXACTSUM_H
