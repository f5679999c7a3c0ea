//===- QuantMath.h - The one definition of quantized arithmetic -*- C++ -*-===//
//
// Every rounding, clamp and multiplier of the compiler is defined here and only
// here: folders, constant quantization, calibration and the lowerings' tests
// all compare with these functions, bit for bit. No LLVM, no allocation, and
// nothing that depends on libm or on the floating-point environment beyond the
// default round-to-nearest-even of +, -, * and /.
//
// Notation: s scale, z zero point, q stored integer, x real value.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_QUANTMATH_H
#define QUANTOPT_SUPPORT_QUANTMATH_H

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace quantopt {

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// What happens to a value half-way between two integers.
enum class RoundingMode {
  HalfEven, ///< to the even one (IEEE 754, ONNX, torch): 0.5 -> 0, 1.5 -> 2
  HalfAway, ///< away from zero (C round(), TFLite): 0.5 -> 1, -0.5 -> -1
  HalfUp,   ///< towards plus infinity: 0.5 -> 1, -0.5 -> 0
};

namespace detail {
/// 2^(mantissa bits): from here on every value of type T is an integer.
template <typename T>
inline constexpr T kIntegersFrom = T(1) / std::numeric_limits<T>::epsilon();

template <typename T>
inline T truncate(T x) {
  // |x| < 2^52 here, so the conversion is defined and exact.
  return static_cast<T>(static_cast<int64_t>(x));
}
} // namespace detail

/// Rounds to an integral value of the same type. NaN, infinities and values too
/// large to have a fraction come back unchanged. Exact for every input: the
/// naive floor(x + 0.5) is wrong at the largest value below 0.5.
template <typename T>
inline T roundToIntegral(T x, RoundingMode mode) {
  if (!(std::fabs(x) < detail::kIntegersFrom<T>))
    return x;
  switch (mode) {
  case RoundingMode::HalfEven: {
    // Adding 2^mantissa pushes the fraction out; the hardware rounds it to
    // even.
    const T magic = std::copysign(detail::kIntegersFrom<T>, x);
    return (x + magic) - magic;
  }
  case RoundingMode::HalfAway: {
    const T magnitude = std::fabs(x);
    const T whole = detail::truncate(magnitude);
    return std::copysign(magnitude - whole >= T(0.5) ? whole + 1 : whole, x);
  }
  case RoundingMode::HalfUp: {
    T whole = detail::truncate(x);
    if (whole > x)
      whole -= 1;
    return x - whole >= T(0.5) ? whole + 1 : whole;
  }
  }
  return x;
}

//===----------------------------------------------------------------------===//
// Affine quantization: Q0 and D0
//===----------------------------------------------------------------------===//

/// One affine mapping x = (q - zeroPoint) * scale with q in [qmin, qmax].
/// `scale` always holds an f32 value, so that code computing in f32 and code
/// computing in f64 see the same number.
struct QuantParams {
  double scale = 1.0;
  int64_t zeroPoint = 0;
  int64_t qmin = -128;
  int64_t qmax = 127;

  bool operator==(const QuantParams &o) const {
    return scale == o.scale && zeroPoint == o.zeroPoint && qmin == o.qmin &&
           qmax == o.qmax;
  }
  bool operator!=(const QuantParams &o) const { return !(*this == o); }

  /// The real values that the ends of the storage range stand for.
  double realMin() const { return double(qmin - zeroPoint) * scale; }
  double realMax() const { return double(qmax - zeroPoint) * scale; }
};

/// A scale that is computed when the program runs (rules Y0 and Y1) is 1 where
/// it would be smaller: from here on the remainder of a quotient is exact in
/// f32.
inline constexpr float kLeastDynamicScale = 0x1p-100f;

/// Smaller exponentials are 0 where a softmax divides them by their sum, for
/// the same reason.
inline constexpr float kLeastDividend = 0x1p-100f;

namespace detail {
/// sat(round(x) + z): adds after rounding, clamps while still in floating point
/// (a conversion out of range would be undefined), and sends NaN to `lo`.
template <typename T>
inline int64_t roundAddClamp(T x, int64_t zeroPoint, int64_t lo, int64_t hi,
                             RoundingMode mode) {
  const T low = static_cast<T>(lo), high = static_cast<T>(hi);
  T t = roundToIntegral(x, mode) + static_cast<T>(zeroPoint);
  t = t > low ? t : low; // NaN compares false: becomes `lo`
  t = t < high ? t : high;
  return static_cast<int64_t>(t);
}
} // namespace detail

/// Q0: q = sat(round(x / s) + z, qmin, qmax). The division is in f32, or in f64
/// where the storage is wider than 16 bits (an f32 quotient would be too
/// coarse). NaN -> qmin, infinities saturate. ONNX QuantizeLinear with
/// HalfEven.
inline int64_t quantize(float x, const QuantParams &p,
                        RoundingMode mode = RoundingMode::HalfEven) {
  if (p.qmax - p.qmin > 0xFFFF)
    return detail::roundAddClamp<double>(double(x) / p.scale, p.zeroPoint,
                                         p.qmin, p.qmax, mode);
  return detail::roundAddClamp<float>(x / static_cast<float>(p.scale),
                                      p.zeroPoint, p.qmin, p.qmax, mode);
}

/// D0: x = f32(q - z) * f32(s): the subtraction in integers, one conversion
/// (exact up to 24 bits), one rounded multiplication.
inline float dequantize(int64_t q, const QuantParams &p) {
  return static_cast<float>(q - p.zeroPoint) * static_cast<float>(p.scale);
}

/// QAT's fake quantization: by definition D0(Q0(x)).
inline float fakeQuantize(float x, const QuantParams &p,
                          RoundingMode mode = RoundingMode::HalfEven) {
  return dequantize(quantize(x, p, mode), p);
}

//===----------------------------------------------------------------------===//
// Choosing parameters from a range
//===----------------------------------------------------------------------===//

/// What the largest magnitude maps to in a symmetric quantizer of `bits` bits.
enum class SymmetricConvention {
  Restricted,    ///< s = amax / (2^(b-1)-1), q in +-(2^(b-1)-1): TFLite, ORT
                 ///< weights
  FullHalfRange, ///< s = 2 amax / (2^b-1), q in [-2^(b-1), 2^(b-1)-1]: torch
  NoClipping,    ///< s = max(rmin/qmin, rmax/qmax), full range: torchao
};

/// Asymmetric parameters of [rmin, rmax] (ORT compute_scale_zp, torch, TFLite):
/// the range is widened to hold zero, s = f32((rmax-rmin)/(qmax-qmin)),
/// z = sat(round(qmin - rmin/s)) with the quotient in f64 before s is rounded.
/// A range whose scale would be below the smallest normal f32 (all zeros) gives
/// s = 1 and the legal z nearest 0. Empty for a NaN, infinite or reversed
/// range, or for qmin >= qmax.
std::optional<QuantParams>
chooseAsymmetric(double rmin, double rmax, int64_t qmin, int64_t qmax,
                 RoundingMode zeroPointRounding = RoundingMode::HalfEven);

/// Symmetric signed parameters (z = 0) of [rmin, rmax] in `bits` bits (2..32).
/// All-zero -> s = 1. Empty for a NaN, infinite or reversed range.
std::optional<QuantParams> chooseSymmetric(double rmin, double rmax, int bits,
                                           SymmetricConvention convention);

/// The same for the range [-absmax, absmax].
std::optional<QuantParams> chooseSymmetric(
    double absmax, int bits,
    SymmetricConvention convention = SymmetricConvention::Restricted);

/// Symmetric parameters in an explicit storage range, signed or unsigned:
/// z = middle, (qmin+qmax+1)/2 rounded down (0 for i8 and 128 for u8), and
/// s = f32(absmax / (qmax - z)), so that +absmax is not clipped.
std::optional<QuantParams> chooseSymmetricInRange(double absmax, int64_t qmin,
                                                  int64_t qmax);

/// Parameters of TensorFlow's FakeQuant ops and the range they really cover.
struct NudgedParams {
  QuantParams params; ///< unsigned: qmin is 0, or 1 with a narrow range
  double nudgedMin, nudgedMax;
};

/// TensorFlow's zero-point nudging (fake_quant_ops_functor.h): the range is
/// *shifted*, not widened, so that zero falls on the grid; a range without zero
/// loses its far end. Empty for a non-finite or reversed range. min == max
/// gives s = 1, z = qmin and the range [0, 0].
std::optional<NudgedParams> chooseNudged(double min, double max, int bits,
                                         bool narrowRange);

//===----------------------------------------------------------------------===//
// Requantization: accumulator to stored integer
//===----------------------------------------------------------------------===//

/// f32 multiplier of a requantize: f32(double(from) / double(to)).
inline float requantMultiplier(double fromScale, double toScale) {
  return static_cast<float>(fromScale / toScale);
}

/// q = sat(round(f32(acc) * m) + z, lo, hi), the product rounded once to f32.
/// The default profile. ONNX Runtime's QLinear* kernels do the same.
inline int64_t requantizeF32(int32_t acc, float multiplier, int64_t zeroPoint,
                             int64_t lo, int64_t hi,
                             RoundingMode mode = RoundingMode::HalfEven) {
  return detail::roundAddClamp<float>(static_cast<float>(acc) * multiplier,
                                      zeroPoint, lo, hi, mode);
}

/// M = mantissa * 2^(exponent - 31), mantissa in [2^30, 2^31) or 0.
struct FixedPointMultiplier {
  int32_t mantissa = 0;
  int exponent = 0;
  bool operator==(const FixedPointMultiplier &o) const {
    return mantissa == o.mantissa && exponent == o.exponent;
  }
};

/// How the 62-bit product comes back to an integer.
enum class FixedPointRounding {
  Single, ///< one rounding shift (TFLite single rounding, TOSA SINGLE_ROUND)
  Double, ///< doubling high multiply, then rounding shift (gemmlowp, TOSA
          ///< DOUBLE)
};

/// TFLite's QuantizeMultiplier. M = f 2^e with f in [0.5, 1), mantissa =
/// half_away(f 2^31); 2^31 becomes (2^30, e+1). e < -31 flushes to (0, 0); with
/// Single, e > 30 saturates to (2^31-1, 30). M must be finite and >= 0 (else
/// 0).
FixedPointMultiplier
decompose(double multiplier,
          FixedPointRounding rounding = FixedPointRounding::Double);

/// floor((a*b + 2^30) / 2^31), and INT32_MAX for INT32_MIN * INT32_MIN
/// (gemmlowp SaturatingRoundingDoublingHighMul): ties go up.
inline int32_t saturatingRoundingDoublingHighMul(int32_t a, int32_t b) {
  constexpr int32_t lowest = std::numeric_limits<int32_t>::min();
  if (a == lowest && b == lowest)
    return std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>((int64_t(a) * b + (int64_t(1) << 30)) >> 31);
}

/// x / 2^exponent, ties away from zero (gemmlowp RoundingDivideByPOT); 0..31.
inline int32_t roundingDivideByPowerOfTwo(int32_t x, int exponent) {
  const int32_t mask = static_cast<int32_t>((int64_t(1) << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/// R1: (x*m + 2^(30-e)) >> (31-e), -31 <= e <= 30. Not yet saturated.
inline int64_t multiplySingleRounding(int32_t x, FixedPointMultiplier m) {
  const int shift = 31 - m.exponent;
  return (int64_t(x) * m.mantissa + (int64_t(1) << (shift - 1))) >> shift;
}

/// R2: RDBPOT(SRDHM(x << max(e,0), m), max(-e,0)), -31 <= e <= 31. The left
/// shift saturates where TFLite leaves the overflow undefined.
inline int32_t multiplyDoubleRounding(int32_t x, FixedPointMultiplier m) {
  const int left = m.exponent > 0 ? m.exponent : 0;
  int64_t shifted = int64_t(x) * (int64_t(1) << left);
  constexpr int64_t lowest = std::numeric_limits<int32_t>::min();
  constexpr int64_t highest = std::numeric_limits<int32_t>::max();
  shifted = shifted < lowest ? lowest : shifted > highest ? highest : shifted;
  const int32_t high = saturatingRoundingDoublingHighMul(
      static_cast<int32_t>(shifted), m.mantissa);
  return roundingDivideByPowerOfTwo(high, m.exponent < 0 ? -m.exponent : 0);
}

/// sat(multiply(acc) + z, lo, hi) in the given fixed-point profile.
inline int64_t requantizeQ31(int32_t acc, FixedPointMultiplier m,
                             FixedPointRounding rounding, int64_t zeroPoint,
                             int64_t lo, int64_t hi) {
  const int64_t q = zeroPoint + (rounding == FixedPointRounding::Single
                                     ? multiplySingleRounding(acc, m)
                                     : multiplyDoubleRounding(acc, m));
  return q < lo ? lo : q > hi ? hi : q;
}

/// 16x8: a 64-bit accumulator (|x| < 2^47, -31 <= e <= 7) times the mantissa
/// cut to 16 bits: (x*m16 + 2^(14-e)) >> (15-e), m16 = (m + 2^15) >> 16, at
/// most 0x7FFF (TFLite MultiplyByQuantizedMultiplier of int64). Not yet
/// saturated.
inline int64_t multiplyInt64(int64_t x, FixedPointMultiplier m) {
  const int64_t m16 = m.mantissa < 0x7FFF0000
                          ? (int64_t(m.mantissa) + (1 << 15)) >> 16
                          : 0x7FFF;
  const int shift = 15 - m.exponent;
  return (x * m16 + (int64_t(1) << (shift - 1))) >> shift;
}

/// The operands of TOSA's RESCALE and apply_scale: M = multiplier * 2^-shift.
struct TosaScale {
  int32_t multiplier = 0;
  int shift = 2;
};

/// TOSA scale of a finite M >= 0: 31-bit multiplier with scale32, else 15-bit;
/// shifts over 62 are taken from the multiplier (MLIR
/// computeMultiplierAndShift). Empty where M is negative, not finite, or too
/// large for a shift >= 2.
std::optional<TosaScale> tosaScale(double multiplier, bool scale32);

/// TOSA apply_scale_32: (v*m + 2^(shift-1) [+-2^30 with double rounding and
/// shift > 31]) >> shift, shift in [2, 62]. Not yet saturated.
inline int64_t tosaApplyScale32(int32_t value, TosaScale s, bool doubleRound) {
  int64_t round = int64_t(1) << (s.shift - 1);
  if (doubleRound && s.shift > 31)
    round += value >= 0 ? (int64_t(1) << 30) : -(int64_t(1) << 30);
  return (int64_t(value) * s.multiplier + round) >> s.shift;
}

/// TOSA apply_scale_16: a 48-bit value, a 16-bit multiplier, one rounding.
inline int64_t tosaApplyScale16(int64_t value, TosaScale s) {
  return (value * s.multiplier + (int64_t(1) << (s.shift - 1))) >> s.shift;
}

//===----------------------------------------------------------------------===//
// Bias and accumulators
//===----------------------------------------------------------------------===//

/// Bias in accumulator units: sat(half_even(b / (s_x s_w))) in 32 bits, in f64.
inline int32_t quantizeBias(double bias, double accumulatorScale) {
  return static_cast<int32_t>(detail::roundAddClamp<double>(
      bias / accumulatorScale, 0, std::numeric_limits<int32_t>::min(),
      std::numeric_limits<int32_t>::max(), RoundingMode::HalfEven));
}

/// The smallest accumulator scale at which |bias| fits 32 bits with ONNX
/// Runtime's margin: 1.0001 * 2 |b| / (2^32 - 2).
inline double minimumBiasScale(double maxAbsBias) {
  return 1.0001 * 2.0 * maxAbsBias / 4294967294.0;
}

/// How many products of magnitude <= maxProduct a 32-bit accumulator can sum.
inline int64_t maxAccumulationDepth(int64_t maxProduct) {
  return maxProduct > 0
             ? int64_t(std::numeric_limits<int32_t>::max()) / maxProduct
             : std::numeric_limits<int64_t>::max();
}

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_QUANTMATH_H
