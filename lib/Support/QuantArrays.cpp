//===- QuantArrays.cpp - QuantMath over arrays ----------------------------===//
//
// Written in the compilers' vector extension, which means the same on every
// machine, and compiled for several processors where that pays: what is chosen
// when the program starts differs in speed only. Lambdas and helpers with
// vector arguments would not be compiled for the processor of their caller, so
// each function is one block.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Support/QuantArrays.h"

#include <algorithm>
#include <cassert>
#include <cstring>

using namespace quantopt;

#if defined(__has_feature)
#define QUANTOPT_HAS_FEATURE(name) __has_feature(name)
#else
#define QUANTOPT_HAS_FEATURE(name) 0
#endif
// A sanitizer is not set up yet when the dynamic linker chooses.
#if defined(__x86_64__) && defined(__clang__) && defined(__ELF__) &&           \
    !QUANTOPT_HAS_FEATURE(address_sanitizer)
#define QUANTOPT_FOR_PROCESSORS                                                \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QUANTOPT_FOR_PROCESSORS
#endif

namespace {
constexpr size_t kLanes = 16;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Words = int32_t __attribute__((vector_size(kLanes * sizeof(int32_t))));
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Bytes = int8_t __attribute__((vector_size(kLanes)));

constexpr int32_t kSign = int32_t(0x80000000), kMagnitude = 0x7FFFFFFF;
constexpr int32_t kInfinity = 0x7F800000;
/// 2^23 as bits: adding it with the sign of a number pushes the fraction out
/// and rounds to even, as roundToIntegral does. Above 2^23 that may be off by
/// one, where all clamp anyway.
constexpr int32_t kMagic = 0x4B000000;

float floatOf(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
int32_t bitsOf(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
} // namespace

// Bits of magnitudes order as the floats do, infinity and then NaN on top:
// integer maxima need no rules for NaN.
QUANTOPT_FOR_PROCESSORS
float quantopt::largestMagnitude(const float *data, size_t size) {
  int32_t largest = 0;
  for (size_t i = 0; i < size; ++i)
    largest = std::max(largest, bitsOf(data[i]) & kMagnitude);
  return floatOf(std::min(largest, kInfinity));
}

QUANTOPT_FOR_PROCESSORS
double quantopt::sumOfSquaredErrors(const float *data, size_t size,
                                    const QuantParams &params) {
  assert(params.qmax - params.qmin <= 0xFFFF &&
         "an f32 quotient is too coarse");
  const float scale = static_cast<float>(params.scale);
  const float zero = static_cast<float>(params.zeroPoint);
  const float low = static_cast<float>(params.qmin);
  const float high = static_cast<float>(params.qmax);
  Doubles sums = {};
  for (size_t i = 0; i < size; i += kLanes) {
    // Behind the end come zeros, which have no error.
    Floats x = {};
    if (size - i >= kLanes)
      std::memcpy(&x, data + i, sizeof(x));
    else
      std::memcpy(&x, data + i, (size - i) * sizeof(float));
    const Floats quotient = x / scale;
    Words magicBits;
    std::memcpy(&magicBits, &quotient, sizeof(magicBits));
    magicBits = (magicBits & kSign) | kMagic;
    Floats magic;
    std::memcpy(&magic, &magicBits, sizeof(magic));
    Floats t = ((quotient + magic) - magic) + zero;
    t = t > low ? t : Floats{} + low;
    t = t < high ? t : Floats{} + high;
    const Floats back = (t - zero) * scale;
    const Doubles d = __builtin_convertvector(x, Doubles) -
                      __builtin_convertvector(back, Doubles);
    sums += d * d;
  }
  double total = 0;
  for (size_t lane = 0; lane < kLanes; ++lane)
    total += sums[lane];
  return total;
}

QUANTOPT_FOR_PROCESSORS
double quantopt::sumOfSquares(const float *data, size_t size) {
  Doubles sums = {};
  for (size_t i = 0; i < size; i += kLanes) {
    Floats x = {};
    if (size - i >= kLanes)
      std::memcpy(&x, data + i, sizeof(x));
    else
      std::memcpy(&x, data + i, (size - i) * sizeof(float));
    const Doubles wide = __builtin_convertvector(x, Doubles);
    sums += wide * wide;
  }
  double total = 0;
  for (size_t lane = 0; lane < kLanes; ++lane)
    total += sums[lane];
  return total;
}

QUANTOPT_FOR_PROCESSORS
void quantopt::quantizeSymmetric(const float *data, size_t size,
                                 const float *scales, bool perElement,
                                 int64_t qmin, int64_t qmax, int8_t *out) {
  const float low = static_cast<float>(qmin), high = static_cast<float>(qmax);
  for (size_t i = 0; i < size; i += kLanes) {
    // Sizes that the compiler knows make copies loads.
    const bool isWhole = size - i >= kLanes;
    const size_t count = isWhole ? kLanes : size - i;
    Floats x = {}, scale = Floats{} + scales[0];
    if (isWhole) {
      std::memcpy(&x, data + i, sizeof(x));
      if (perElement)
        std::memcpy(&scale, scales + i, sizeof(scale));
    } else {
      std::memcpy(&x, data + i, count * sizeof(float));
      if (perElement)
        std::memcpy(&scale, scales + i, count * sizeof(float));
    }
    const Floats quotient = x / scale;
    Words magicBits;
    std::memcpy(&magicBits, &quotient, sizeof(magicBits));
    magicBits = (magicBits & kSign) | kMagic;
    Floats magic;
    std::memcpy(&magic, &magicBits, sizeof(magic));
    Floats t = (quotient + magic) - magic;
    t = t > low ? t : Floats{} + low; // NaN compares false: becomes `low`
    t = t < high ? t : Floats{} + high;
    const Bytes stored =
        __builtin_convertvector(__builtin_convertvector(t, Words), Bytes);
    if (isWhole)
      std::memcpy(out + i, &stored, sizeof(stored));
    else
      std::memcpy(out + i, &stored, count);
  }
}
