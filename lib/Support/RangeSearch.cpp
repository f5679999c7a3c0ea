//===- RangeSearch.cpp - Least-squares clipping range ---------------------===//
//
// The error of a range has a smooth part (clipping, s^2/12 per value inside,
// x^2 for values under half a step) and a small ripple from where the grid
// points fall. The smooth part needs a few look-ups in running sums, so a whole
// grid of ranges is cheap; the ripple is then searched with the exact error.
//
//===----------------------------------------------------------------------===//

#include "RangeSearch.h"
#include "quantopt/Support/GoldenSection.h"
#include "quantopt/Support/QuantArrays.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace quantopt;

namespace {

/// Integral from 0 to u of (t - round(t))^2 dt: 1/12 for each whole period.
double sawtoothIntegral(double u) {
  const double whole = roundToIntegral(u, RoundingMode::HalfEven);
  const double d = u - whole;
  return whole / 12 + d * d * d / 3;
}

/// Integral over [a, b] of (x - c)^2 dx; the ends have one sign around c.
double clippedIntegral(double a, double b, double c) {
  const double p = a - c, q = b - c;
  return (b - a) * (p * p + p * q + q * q) / 3;
}

/// The histogram's bins with running sums of count, x and x^2 over them.
class ErrorModel {
public:
  explicit ErrorModel(const Histogram &histogram)
      : bins(histogram.bins()), total(double(histogram.finite())) {
    counts.reserve(bins.size() + 1);
    counts.push_back(0), sums.push_back(0), squares.push_back(0);
    for (const HistogramBin &bin : bins) {
      const double n = double(bin.count), a = bin.lower, b = bin.upper;
      counts.push_back(counts.back() + n);
      sums.push_back(sums.back() + n * bin.representative);
      // Mean of x^2 over an even spread on [a, b].
      squares.push_back(squares.back() + n * ((a * a + a * b + b * b) / 3));
    }
  }

  /// Mean squared error of these parameters.
  double exact(const QuantParams &params) const {
    const double s = params.scale, low = params.realMin(),
                 high = params.realMax();
    const size_t inside = firstReaching(low), above = firstBeyond(high);
    // Where zero is on the grid everything within half a step of it becomes
    // zero, clipped or not: no need to visit those bins, the most numerous
    // ones.
    const bool hasZero = low <= 0 && high >= 0;
    const size_t nearBegin = hasZero ? firstBeyond(-s / 2) : inside;
    const size_t nearEnd = hasZero ? firstReaching(s / 2) : inside;

    double error = squares[nearEnd] - squares[nearBegin] +
                   clippedSum(0, std::min(inside, nearBegin), low) +
                   clippedSum(std::max(above, nearEnd), bins.size(), high);
    for (size_t i = inside; i < nearBegin; ++i)
      error += binError(bins[i], s, low, high);
    for (size_t i = nearEnd; i < above; ++i)
      error += binError(bins[i], s, low, high);
    return total > 0 ? std::max(0.0, error) / total : 0.0;
  }

  /// The smooth part of the error of a range, by running sums only.
  double smooth(double low, double high, double step) const {
    const size_t inside = firstReaching(low),
                 above = std::max(inside, firstBeyond(high));
    const size_t nearBegin = std::clamp(firstBeyond(-step / 2), inside, above);
    const size_t nearEnd =
        std::clamp(firstReaching(step / 2), nearBegin, above);
    const double rounded = (counts[nearBegin] - counts[inside]) +
                           (counts[above] - counts[nearEnd]);
    return clippedSum(0, inside, low) + clippedSum(above, bins.size(), high) +
           (squares[nearEnd] - squares[nearBegin]) + rounded * step * step / 12;
  }

  const std::vector<HistogramBin> bins;

private:
  /// First bin with a value >= x, and first bin with all values > x.
  size_t firstReaching(double x) const {
    return std::partition_point(
               bins.begin(), bins.end(),
               [x](const HistogramBin &b) { return b.upper < x; }) -
           bins.begin();
  }
  size_t firstBeyond(double x) const {
    return std::partition_point(
               bins.begin(), bins.end(),
               [x](const HistogramBin &b) { return b.lower <= x; }) -
           bins.begin();
  }

  /// Sum over bins [begin, end) of (x - c)^2.
  double clippedSum(size_t begin, size_t end, double c) const {
    if (begin >= end)
      return 0;
    const double n = counts[end] - counts[begin];
    return (squares[end] - squares[begin]) - 2 * c * (sums[end] - sums[begin]) +
           c * c * n;
  }

  static double binError(const HistogramBin &bin, double s, double low,
                         double high) {
    double a = bin.lower, b = bin.upper;
    const double width = b - a, n = double(bin.count);
    if (width < s * 1e-3) {
      // Too narrow for the difference of two integrals: take the middle.
      const double x = bin.representative;
      const double u = x / s;
      const double d =
          x < low    ? x - low
          : x > high ? x - high
                     : (u - roundToIntegral(u, RoundingMode::HalfEven)) * s;
      return n * d * d;
    }
    double integral = 0;
    if (a < low) {
      const double to = std::min(b, low);
      integral += clippedIntegral(a, to, low);
      a = to;
    }
    if (b > high) {
      const double from = std::max(a, high);
      integral += clippedIntegral(from, b, high);
      b = from;
    }
    if (b > a)
      integral +=
          s * s * s * (sawtoothIntegral(b / s) - sawtoothIntegral(a / s));
    return n * integral / width;
  }

  const double total;
  std::vector<double> counts, sums, squares;
};

} // namespace

double quantopt::quantizationMse(const Histogram &histogram,
                                 const QuantParams &params) {
  return ErrorModel(histogram).exact(params);
}

//===----------------------------------------------------------------------===//
// The search
//===----------------------------------------------------------------------===//

/// Magnitudes worth trying as an end on one side (bins of one sign, magnitudes
/// ascending): fractions of the largest, and the quantiles 1 - 2^-k, which
/// follow the bulk where outliers are orders of magnitude away.
static std::vector<double>
endCandidates(const std::vector<HistogramBin> &side) {
  if (side.empty())
    return {0.0};
  std::vector<double> ends;
  const double largest = side.back().upper;
  for (int i = 0; i < 28; ++i)
    ends.push_back(largest * (1.0 - 0.03 * i));
  double all = 0;
  for (const HistogramBin &bin : side)
    all += double(bin.count);
  double beyond = 0;
  double tail = 1.0; // values beyond the next quantile to be taken
  for (auto it = side.rbegin(); it != side.rend() && tail < all / 2; ++it) {
    beyond += double(it->count);
    if (beyond >= tail) {
      ends.push_back(it->upper);
      while (tail <= beyond)
        tail *= 1.5;
    }
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

namespace {
struct Candidate {
  double low, high, error; ///< magnitudes of the two ends
};
} // namespace

Range quantopt::searchLeastSquares(const Histogram &histogram,
                                   const RangeOptions &options,
                                   const Range &widest) {
  const ErrorModel model(histogram);
  const double storage = double(options.qmax - options.qmin);

  // Both ends as magnitudes; a symmetric search has one, kept in `high`.
  std::vector<HistogramBin> positive, negative;
  for (const HistogramBin &bin : model.bins) {
    const HistogramBin mirrored = {-bin.upper, -bin.lower, -bin.representative,
                                   bin.count};
    if (bin.representative > 0)
      positive.push_back(bin);
    else if (bin.representative < 0)
      (options.symmetric ? positive : negative).push_back(mirrored);
  }
  std::sort(positive.begin(), positive.end(),
            [](const HistogramBin &a, const HistogramBin &b) {
              return a.upper < b.upper;
            });
  std::reverse(negative.begin(), negative.end());

  auto rangeOf = [&](double low, double high) {
    return options.symmetric ? Range{0.0 - high, high} : Range{0.0 - low, high};
  };
  auto exactError = [&](double low, double high) {
    const std::optional<QuantParams> params =
        paramsOfRange(rangeOf(low, high), options);
    return params ? model.exact(*params) : INFINITY;
  };

  // The widest range stays unless something is strictly better.
  Candidate best{-widest.min, widest.max, 0};
  best.error = exactError(best.low, best.high);

  std::vector<Candidate> starts;
  for (const double high : endCandidates(positive))
    for (const double low : options.symmetric ? std::vector<double>{high}
                                              : endCandidates(negative)) {
      if (low + high <= 0)
        continue;
      starts.push_back(
          {low, high, model.smooth(-low, high, (low + high) / storage)});
    }
  std::sort(starts.begin(), starts.end(),
            [](const Candidate &a, const Candidate &b) {
              return std::tie(a.error, b.high, b.low) <
                     std::tie(b.error, a.high, a.low); // the wider one first
            });
  if (starts.size() > 4)
    starts.resize(4);

  // Pattern search on the exact error: step each end, halve the step when
  // stuck.
  for (Candidate start : starts) {
    start.error = exactError(start.low, start.high);
    for (double step = 0.04; step > 5e-4;) {
      Candidate next = start;
      const double highs[] = {start.high * (1 + step), start.high * (1 - step),
                              start.high};
      const double lows[] = {start.low * (1 + step), start.low * (1 - step),
                             start.low};
      for (int i = 0; i < 9; ++i) {
        const bool movesZeroEnd = start.low == 0 && i / 3 != 2;
        if (i == 8 || movesZeroEnd || (options.symmetric && i / 3 != i % 3))
          continue;
        const double high = std::min(highs[i % 3], widest.max);
        const double low = std::min(lows[i / 3], -widest.min);
        if (!(low + high > 0))
          continue;
        const double error = exactError(low, high);
        if (error < next.error)
          next = {low, high, error};
      }
      if (next.error < start.error)
        start = next;
      else
        step /= 2;
    }
    if (start.error < best.error)
      best = start;
  }
  return rangeOf(best.low, best.high);
}

//===----------------------------------------------------------------------===//
// Known values
//===----------------------------------------------------------------------===//

namespace {
/// The squared error of clipping ratios on known values.
class KnownValues {
public:
  KnownValues(const float *data, size_t size) : data(data), size(size) {}

  /// The whole error; or nothing as soon as what is clipped alone costs `limit`
  /// or more, which it does for every smaller scale as well.
  std::optional<double> error(const QuantParams &params, double limit) const {
    // Rounding moves a value by half a step; f32 products add a little.
    const double largestRounding = 0.3 * params.scale * params.scale;
    double error = 0;
    for (size_t at = 0; at < size;) {
      const size_t count = std::min(kBlock, size - at);
      error += sumOfSquaredErrors(data + at, count, params);
      at += count;
      if (error - double(at) * largestRounding >= limit)
        return std::nullopt;
    }
    return error;
  }

private:
  static constexpr size_t kBlock = 1024;
  const float *data;
  size_t size;
};
} // namespace

std::optional<QuantParams>
quantopt::chooseSymmetricByMse(const float *data, size_t size, size_t stride,
                               int64_t qmin, int64_t qmax) {
  std::vector<float> gathered;
  if (stride != 1) {
    gathered.reserve(size);
    for (size_t i = 0; i < size; ++i)
      gathered.push_back(data[i * stride]);
    data = gathered.data();
  }
  const double absmax = largestMagnitude(data, size);
  if (!std::isfinite(absmax))
    return std::nullopt;
  auto paramsOf = [&](double ratio) {
    return chooseSymmetricInRange(absmax * ratio, qmin, qmax);
  };
  std::optional<QuantParams> best = paramsOf(1.0);
  if (!best || absmax == 0)
    return best;

  const KnownValues values(data, size);
  double bestError = *values.error(*best, INFINITY), bestRatio = 1.0;
  auto attempt = [&](double ratio, double limit) -> std::optional<double> {
    const std::optional<QuantParams> params = paramsOf(ratio);
    const std::optional<double> error =
        params ? values.error(*params, limit) : INFINITY;
    if (error && *error < bestError) {
      best = params;
      bestError = *error;
      bestRatio = ratio;
    }
    return error;
  };
  constexpr double spacing = 0.005;
  for (int i = 1; i < 100; ++i)
    if (!attempt(1.0 - spacing * i, bestError))
      break;

  // Between the neighbours of the best ratio; `best` keeps the least seen.
  goldenSection(bestRatio - spacing, std::min(1.0, bestRatio + spacing), 6,
                [&](double ratio) { return *attempt(ratio, INFINITY); });
  return best;
}
