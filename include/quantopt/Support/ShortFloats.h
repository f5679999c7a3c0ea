//===- ShortFloats.h - f32 as f16 and bf16 ----------------------*- C++ -*-===//
//
// Downcasts of stored values. Both round half to even, keep subnormals, make
// what rounds beyond the largest finite value infinite, and keep NaN a (quiet)
// NaN: IEEE 754-2019, convertFormat.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_SHORTFLOATS_H
#define QUANTOPT_SUPPORT_SHORTFLOATS_H

#include <cstdint>
#include <cstring>

namespace quantopt {

/// The bits of `value` as bf16: the upper half of an f32.
inline uint16_t roundToBFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7FFFFFFF) > 0x7F800000)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// The bits of `value` as IEEE f16. From 65520 on it is infinite.
inline uint16_t roundToFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000)
    return static_cast<uint16_t>(sign | 0x7E00);
  constexpr uint32_t kOverflow = 0x477FF000;       // 65520
  constexpr uint32_t kSmallestNormal = 0x38800000; // 2^-14
  if (magnitude >= kOverflow)
    return static_cast<uint16_t>(sign | 0x7C00);
  if (magnitude < kSmallestNormal) {
    // A unit of f32 between 1/2 and 1 is one of subnormal f16: the addition
    // rounds.
    float shifted;
    std::memcpy(&shifted, &magnitude, sizeof shifted);
    shifted += 0.5f;
    std::memcpy(&magnitude, &shifted, sizeof magnitude);
    return static_cast<uint16_t>(sign | (magnitude - 0x3F000000));
  }
  // 13 bits of mantissa go; the exponent's bias falls from 127 to 15.
  magnitude += 0xFFF + (magnitude >> 13 & 1) - ((127u - 15u) << 23);
  return static_cast<uint16_t>(sign | magnitude >> 13);
}

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_SHORTFLOATS_H
