//===- QuantMath.cpp - Choosing scales, zero points and multipliers -------===//

#include "quantopt/Support/QuantMath.h"

#include <algorithm>
#include <cfloat>

using namespace quantopt;

/// Rounds a scale to f32, or gives nothing where it overflows.
static std::optional<double> toF32Scale(double scale) {
  const float rounded = static_cast<float>(scale);
  if (!std::isfinite(rounded))
    return std::nullopt;
  return double(rounded);
}

static int64_t nearestToZero(int64_t lo, int64_t hi) {
  return std::clamp<int64_t>(0, lo, hi);
}

static bool isRange(double rmin, double rmax) {
  return std::isfinite(rmin) && std::isfinite(rmax) && rmin <= rmax;
}

std::optional<QuantParams>
quantopt::chooseAsymmetric(double rmin, double rmax, int64_t qmin, int64_t qmax,
                           RoundingMode zeroPointRounding) {
  if (!isRange(rmin, rmax) || qmin >= qmax)
    return std::nullopt;
  rmin = std::min(rmin, 0.0);
  rmax = std::max(rmax, 0.0);

  const double exactScale = (rmax - rmin) / double(qmax - qmin);
  const std::optional<double> scale = toF32Scale(exactScale);
  if (!scale)
    return std::nullopt;
  if (*scale < FLT_MIN)
    return QuantParams{1.0, nearestToZero(qmin, qmax), qmin, qmax};

  const double zeroPoint =
      roundToIntegral(double(qmin) - rmin / exactScale, zeroPointRounding);
  return QuantParams{*scale,
                     std::clamp(static_cast<int64_t>(zeroPoint), qmin, qmax),
                     qmin, qmax};
}

std::optional<QuantParams>
quantopt::chooseSymmetric(double rmin, double rmax, int bits,
                          SymmetricConvention convention) {
  if (!isRange(rmin, rmax) || bits < 2 || bits > 32)
    return std::nullopt;
  const int64_t qmax = (int64_t(1) << (bits - 1)) - 1;
  const int64_t qmin =
      convention == SymmetricConvention::Restricted ? -qmax : -qmax - 1;
  const double absmax = std::max(std::fabs(rmin), std::fabs(rmax));

  double exactScale = 0;
  switch (convention) {
  case SymmetricConvention::Restricted:
    exactScale = absmax / double(qmax);
    break;
  case SymmetricConvention::FullHalfRange:
    exactScale = absmax / (double(qmax - qmin) / 2);
    break;
  case SymmetricConvention::NoClipping:
    exactScale = std::max(rmin / double(qmin), rmax / double(qmax));
    break;
  }
  const std::optional<double> scale = toF32Scale(exactScale);
  if (!scale)
    return std::nullopt;
  return QuantParams{*scale < FLT_MIN ? 1.0 : *scale, 0, qmin, qmax};
}

std::optional<QuantParams>
quantopt::chooseSymmetric(double absmax, int bits,
                          SymmetricConvention convention) {
  return chooseSymmetric(-absmax, absmax, bits, convention);
}

std::optional<QuantParams>
quantopt::chooseSymmetricInRange(double absmax, int64_t qmin, int64_t qmax) {
  if (!isRange(-absmax, absmax) || qmin >= qmax)
    return std::nullopt;
  const int64_t sum = qmin + qmax + 1;
  int64_t zeroPoint = sum >= 0 ? sum / 2 : -((1 - sum) / 2);
  // A two-value storage has no room above the middle.
  if (zeroPoint >= qmax)
    zeroPoint = qmax - 1;
  const std::optional<double> scale =
      toF32Scale(absmax / double(qmax - zeroPoint));
  if (!scale)
    return std::nullopt;
  return QuantParams{*scale < FLT_MIN ? 1.0 : *scale, zeroPoint, qmin, qmax};
}

std::optional<NudgedParams> quantopt::chooseNudged(double min, double max,
                                                   int bits, bool narrowRange) {
  if (!isRange(min, max) || bits < 2 || bits > 16)
    return std::nullopt;
  const int64_t qmin = narrowRange ? 1 : 0;
  const int64_t qmax = (int64_t(1) << bits) - 1;
  const double exactScale = (max - min) / double(qmax - qmin);
  const std::optional<double> scale = toF32Scale(exactScale);
  if (!scale)
    return std::nullopt;
  if (*scale < FLT_MIN)
    return NudgedParams{{1.0, qmin, qmin, qmax}, 0.0, 0.0};

  const double fromMin = double(qmin) - min / exactScale;
  const int64_t zeroPoint = fromMin < double(qmin) ? qmin
                            : fromMin > double(qmax)
                                ? qmax
                                : static_cast<int64_t>(roundToIntegral(
                                      fromMin, RoundingMode::HalfAway));
  const QuantParams params{*scale, zeroPoint, qmin, qmax};
  return NudgedParams{params, params.realMin(), params.realMax()};
}

/// M = mantissa * 2^(exponent - bits), mantissa half_away(f * 2^bits)
/// normalised.
static FixedPointMultiplier splitMultiplier(double multiplier, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(multiplier, &exponent);
  int64_t mantissa = static_cast<int64_t>(
      roundToIntegral(std::ldexp(fraction, bits), RoundingMode::HalfAway));
  if (mantissa == int64_t(1) << bits) {
    mantissa /= 2;
    ++exponent;
  }
  return {static_cast<int32_t>(mantissa), exponent};
}

FixedPointMultiplier quantopt::decompose(double multiplier,
                                         FixedPointRounding rounding) {
  if (!(multiplier > 0) || std::isinf(multiplier))
    return {};
  FixedPointMultiplier m = splitMultiplier(multiplier, 31);
  if (m.exponent < -31)
    return {};
  if (rounding == FixedPointRounding::Single && m.exponent > 30)
    return {std::numeric_limits<int32_t>::max(), 30};
  return m;
}

std::optional<TosaScale> quantopt::tosaScale(double multiplier, bool scale32) {
  if (!(multiplier >= 0) || std::isinf(multiplier))
    return std::nullopt;
  const int bits = scale32 ? 31 : 15;
  if (multiplier == 0)
    return TosaScale{0, bits};
  const FixedPointMultiplier m = splitMultiplier(multiplier, bits);
  TosaScale scale{m.mantissa, bits - m.exponent};
  if (scale.shift < 2)
    return std::nullopt;
  if (scale.shift > 62) {
    scale.multiplier >>= std::min(31, scale.shift - 62);
    scale.shift = 62;
  }
  return scale;
}
