//===- ExactSum.cpp - Sums of floats without rounding ---------------------===//

#include "quantopt/Support/ExactSum.h"

#include <cmath>
#include <cstring>

using namespace quantopt;

/// The unit of the sum is 2^-kFraction.
static constexpr int kFraction = 149;

void ExactSum::add(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t exponent = bits >> 23 & 0xFF;
  ExactSum term;
  const uint64_t mantissa =
      (bits & 0x7FFFFF) | (exponent != 0 ? 0x800000u : 0u);
  const uint32_t shift = exponent != 0 ? exponent - 1 : 0;
  const uint32_t word = shift / 64, offset = shift % 64;
  term.words[word] = mantissa << offset;
  if (offset != 0)
    term.words[word + 1] = mantissa >> (64 - offset);
  add(bits >> 31 ? term.negated() : term);
}

void ExactSum::add(const ExactSum &other) {
  uint64_t carry = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t partial = words[i] + carry;
    carry = partial < carry ? 1 : 0;
    words[i] = partial + other.words[i];
    carry += words[i] < partial ? 1 : 0;
  }
}

ExactSum ExactSum::negated() const {
  ExactSum result;
  uint64_t carry = 1;
  for (size_t i = 0; i < words.size(); ++i) {
    result.words[i] = ~words[i] + carry;
    carry = carry != 0 && result.words[i] == 0 ? 1 : 0;
  }
  return result;
}

/// Bit `index` of a magnitude.
static bool bitAt(const std::array<uint64_t, 6> &words, int index) {
  return words[index / 64] >> (index % 64) & 1;
}

/// Position of the highest bit, or -1.
static int highestBit(const std::array<uint64_t, 6> &words) {
  int index = int(words.size()) * 64 - 1;
  while (index >= 0 && !bitAt(words, index))
    --index;
  return index;
}

double ExactSum::toDouble() const {
  const std::array<uint64_t, 6> magnitude =
      isNegative() ? negated().words : words;
  const int high = highestBit(magnitude);
  if (high < 0)
    return 0.0;
  // 64 bits from the highest down; what lies below only breaks ties.
  const int low = high > 63 ? high - 63 : 0;
  uint64_t top = 0;
  for (int i = high; i >= low; --i)
    top = top << 1 | uint64_t(bitAt(magnitude, i));
  for (int i = 0; i < low; ++i)
    top |= uint64_t(bitAt(magnitude, i));
  const double result = std::ldexp(double(top), low - kFraction);
  return isNegative() ? -result : result;
}

std::string ExactSum::toText() const {
  const std::array<uint64_t, 6> magnitude =
      isNegative() ? negated().words : words;
  const int high = highestBit(magnitude);
  if (high < 0)
    return "0x0p+0";
  int low = 0;
  while (!bitAt(magnitude, low))
    ++low;
  std::string digits;
  for (int from = low; from <= high; from += 4) {
    unsigned digit = 0;
    for (int i = 0; i < 4 && from + i <= high; ++i)
      digit |= unsigned(bitAt(magnitude, from + i)) << i;
    digits.insert(digits.begin(), "0123456789abcdef"[digit]);
  }
  const int exponent = low - kFraction;
  return std::string(isNegative() ? "-0x" : "0x") + digits +
         (exponent < 0 ? "p-" : "p+") +
         std::to_string(exponent < 0 ? -exponent : exponent);
}

std::optional<ExactSum> ExactSum::fromText(const std::string &text) {
  const bool negative = text[0] == '-';
  const size_t begin = negative ? 1 : 0, p = text.find('p');
  // At most 341 bits of digits, and an exponent of three digits.
  if (text.compare(begin, 2, "0x") != 0 || p == std::string::npos ||
      p - begin > 2 + 86 || text.size() < p + 3 || text.size() > p + 5)
    return std::nullopt;
  int exponent = 0;
  for (size_t i = p + 2; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    exponent = exponent * 10 + (text[i] - '0');
  }
  if (text[p + 1] == '-')
    exponent = -exponent;
  ExactSum result;
  int position = exponent + kFraction + 4 * int(p - begin - 2);
  for (size_t i = begin + 2; i < p; ++i) {
    const std::string all = "0123456789abcdef";
    const size_t digit = all.find(text[i]);
    if (digit == std::string::npos)
      return std::nullopt;
    position -= 4;
    for (int bit = 0; bit < 4; ++bit) {
      if (!(digit >> bit & 1))
        continue;
      const int at = position + bit;
      if (at < 0 || at >= int(result.words.size()) * 64 - 1)
        return std::nullopt;
      result.words[at / 64] |= uint64_t(1) << (at % 64);
    }
  }
  if (negative)
    result = result.negated();
  // One spelling for each sum, so that equal tables are equal bytes.
  return result.toText() == text ? std::optional<ExactSum>(result)
                                 : std::nullopt;
}
