//===- RangeEstimator.cpp - From statistics to a clipping range -----------===//

#include "quantopt/Support/RangeEstimator.h"
#include "RangeSearch.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <tuple>

using namespace quantopt;

ValueState quantopt::classify(const Histogram &histogram, int64_t qmin,
                              int64_t qmax) {
  if (histogram.empty())
    return ValueState::Unobserved;
  if (histogram.finite() == 0)
    return ValueState::NonFinite;
  const double low = std::min(0.0, double(histogram.min()));
  const double high = std::max(0.0, double(histogram.max()));
  if (low == high)
    return ValueState::Dead;
  if ((high - low) / double(qmax - qmin) < double(FLT_MIN))
    return ValueState::Tiny;
  return histogram.min() == histogram.max() ? ValueState::Constant
                                            : ValueState::Ordinary;
}

const char *quantopt::getName(ValueState state) {
  switch (state) {
  case ValueState::Ordinary:
    return "";
  case ValueState::Empty:
    return "empty";
  case ValueState::Unobserved:
    return "unobserved";
  case ValueState::NonFinite:
    return "non-finite";
  case ValueState::Dead:
    return "dead";
  case ValueState::Constant:
    return "constant";
  case ValueState::Tiny:
    return "tiny";
  }
  return "";
}

std::optional<QuantParams>
quantopt::paramsOfRange(const Range &range, const RangeOptions &options) {
  if (options.symmetric)
    return chooseSymmetricInRange(
        std::max(std::fabs(range.min), std::fabs(range.max)), options.qmin,
        options.qmax);
  return chooseAsymmetric(range.min, range.max, options.qmin, options.qmax);
}

static Range symmetricRange(double limit) { return {0.0 - limit, limit}; }

static Range minMaxRange(const Histogram &histogram, bool symmetric) {
  if (symmetric)
    return symmetricRange(histogram.absMax());
  return {std::min(0.0, double(histogram.min())),
          std::max(0.0, double(histogram.max()))};
}

//===----------------------------------------------------------------------===//
// Percentile
//===----------------------------------------------------------------------===//

/// |x| of the bins, ascending, both signs together.
static std::vector<HistogramBin>
magnitudeBins(const std::vector<HistogramBin> &bins) {
  std::vector<HistogramBin> result = bins;
  for (HistogramBin &bin : result)
    if (bin.representative < 0)
      bin = {-bin.upper, -bin.lower, -bin.representative, bin.count};
  // A total order, so that equal magnitudes of both signs cannot change places.
  auto key = [](const HistogramBin &b) {
    return std::make_tuple(b.representative, b.upper, b.count);
  };
  std::sort(result.begin(), result.end(),
            [&](const HistogramBin &a, const HistogramBin &b) {
              return key(a) < key(b);
            });
  return result;
}

/// Index of the first bin at which the running count reaches `wanted`.
template <typename Iterator>
static Iterator findQuantile(Iterator begin, Iterator end, double wanted) {
  double running = 0;
  for (Iterator it = begin; it != end; ++it) {
    running += double(it->count);
    if (running >= wanted)
      return it;
  }
  return std::prev(end);
}

static Range percentileRange(const Histogram &histogram,
                             const RangeOptions &options) {
  const std::vector<HistogramBin> bins = histogram.bins();
  const double total = double(histogram.finite());
  const double inside = options.percentile / 100.0;
  if (options.symmetric) {
    const std::vector<HistogramBin> magnitudes = magnitudeBins(bins);
    return symmetricRange(
        findQuantile(magnitudes.begin(), magnitudes.end(), inside * total)
            ->upper);
  }
  // An end at zero stays there, and the other one gets the whole tail.
  const bool oneSided = histogram.min() >= 0 || histogram.max() <= 0;
  const double wanted = (oneSided ? inside : (1 + inside) / 2) * total;
  Range range;
  if (histogram.max() > 0)
    range.max =
        std::max(0.0f, findQuantile(bins.begin(), bins.end(), wanted)->upper);
  if (histogram.min() < 0)
    range.min =
        std::min(0.0f, findQuantile(bins.rbegin(), bins.rend(), wanted)->lower);
  return range;
}

//===----------------------------------------------------------------------===//
// Entropy
//===----------------------------------------------------------------------===//

namespace {
constexpr int kEntropyBins = 2048;
constexpr int kEntropyStart = 128;
/// Divergences closer than this are equal: what 2048 sums round by is less.
constexpr double kEqualDivergence = 1e-9;
/// The share of the values off zero that a window may leave out. Both rules
/// move what they cut off to the ends of P, so where that is most of the
/// values, P and Q are one spike each and agree about nothing. What is far
/// from the others is seldom more than a few percent.
constexpr double kMostOutliers = 0.1;
} // namespace

/// Counts of |x| in equal bins over [0, limit]; the count of a histogram bin is
/// split by the lengths that it shares with them.
static std::vector<double> equalBins(const std::vector<HistogramBin> &bins,
                                     double limit) {
  std::vector<double> result(kEntropyBins, 0.0);
  const double width = limit / kEntropyBins;
  auto indexOf = [&](double x) {
    return std::min(kEntropyBins - 1, static_cast<int>(x / width));
  };
  for (const HistogramBin &bin : magnitudeBins(bins)) {
    const int first = indexOf(bin.lower), last = indexOf(bin.upper);
    if (first == last) {
      result[first] += double(bin.count);
      continue;
    }
    const double density =
        double(bin.count) / (double(bin.upper) - double(bin.lower));
    for (int i = first; i <= last; ++i) {
      const double from = i == first ? double(bin.lower) : i * width;
      const double to = i == last ? double(bin.upper) : (i + 1) * width;
      result[i] += density * (to - from);
    }
  }
  return result;
}

static Range entropyRange(const Histogram &histogram,
                          const RangeOptions &options) {
  const Range widest = minMaxRange(histogram, options.symmetric);
  const double limit = histogram.absMax();
  if (limit == 0)
    return widest;
  std::vector<double> counts = equalBins(histogram.bins(), limit);
  // Zeros are exact in every candidate; their spike must not decide.
  counts[0] = counts[1];

  const bool wholeStorage =
      !options.symmetric && (histogram.min() >= 0 || histogram.max() <= 0);
  const int64_t storage = options.qmax - options.qmin + 1;
  const int levels = static_cast<int>(std::min<int64_t>(
      kEntropyBins,
      std::max<int64_t>(2, wholeStorage ? storage : storage / 2)));

  // Running sums of counts, of non-empty bins and of p log p.
  std::vector<double> mass(kEntropyBins + 1, 0), used(kEntropyBins + 1, 0),
      plogp(kEntropyBins + 1, 0);
  auto xlogx = [](double x) { return x > 0 ? x * std::log(x) : 0.0; };
  for (int i = 0; i < kEntropyBins; ++i) {
    mass[i + 1] = mass[i] + counts[i];
    used[i + 1] = used[i] + (counts[i] > 0 ? 1 : 0);
    plogp[i + 1] = plogp[i] + xlogx(counts[i]);
  }
  const double total = mass[kEntropyBins];

  double bestDivergence = INFINITY;
  int best = kEntropyBins;
  for (int size = kEntropyStart; size <= kEntropyBins; ++size) {
    // P is the first `size` bins with all that lies beyond in the last of them;
    // Q is the same bins, without the outliers, made flat in each level.
    const double outliers = total - mass[size];
    const double last = counts[size - 1];
    // Infinite, or of one spike, which is its own projection at no divergence
    // whatever it cuts off.
    const bool cuts = size < kEntropyBins && outliers > 0;
    if (mass[size] <= 0 || (cuts && (last <= 0 || used[size] <= 1)))
      continue;
    if (cuts && outliers > kMostOutliers * total)
      continue;
    double plogq = 0;
    int end = 0;
    for (int level = 0; level < levels; ++level) {
      const int begin = end;
      end = static_cast<int>((int64_t(level + 1) * size + levels - 1) / levels);
      const double inLevel = mass[end] - mass[begin];
      if (inLevel <= 0)
        continue;
      const double logQ =
          std::log(inLevel / ((used[end] - used[begin]) * mass[size]));
      plogq += (inLevel + (end == size ? outliers : 0.0)) * logQ;
      if (end == size)
        break;
    }
    const double divergence =
        (plogp[size] - xlogx(last) + xlogx(last + outliers) -
         total * std::log(total) - plogq) /
        total;
    if (divergence <= bestDivergence + kEqualDivergence) {
      bestDivergence = std::min(bestDivergence, divergence);
      best = size;
    }
  }
  const double threshold = limit * best / kEntropyBins;
  if (options.symmetric)
    return symmetricRange(threshold);
  return {std::max(widest.min, -threshold), std::min(widest.max, threshold)};
}

/// Counts in equal bins over [-limit, limit], whole numbers: the count of a
/// histogram bin is split by the lengths that it shares with them.
static std::vector<uint64_t> signedBins(const std::vector<HistogramBin> &bins,
                                        double limit) {
  std::vector<uint64_t> result(kEntropyBins, 0);
  const double width = 2 * limit / kEntropyBins;
  auto indexOf = [&](double x) {
    return std::min(kEntropyBins - 1, static_cast<int>((x + limit) / width));
  };
  for (const HistogramBin &bin : bins) {
    const int last = indexOf(bin.upper);
    const double length = double(bin.upper) - double(bin.lower);
    uint64_t before = 0;
    for (int i = indexOf(bin.lower); i <= last; ++i) {
      const double share = ((i + 1) * width - limit - bin.lower) / length;
      const uint64_t upTo =
          i == last ? bin.count
                    : std::clamp(static_cast<uint64_t>(
                                     share * double(bin.count) + 0.5),
                                 before, bin.count);
      result[i] += upTo - before;
      before = upTo;
    }
  }
  return result;
}

static Range entropyOrtRange(const Histogram &histogram,
                             const RangeOptions &options) {
  constexpr int kLevels = 128;
  const Range widest = minMaxRange(histogram, options.symmetric);
  const double limit = histogram.absMax();
  if (limit == 0)
    return widest;
  const std::vector<uint64_t> counts = signedBins(histogram.bins(), limit);
  std::vector<double> divergences = windowDivergences(counts, kLevels);
  constexpr int kMiddle = kEntropyBins / 2;
  const double allowed =
      kMostOutliers * double(histogram.finite() - histogram.zeros());
  // From the widest window, which leaves nothing out, inwards.
  uint64_t outside = 0;
  for (int size = kMiddle - 1; size >= kLevels / 2; --size) {
    outside += counts[kMiddle - size - 1];
    if (size + kMiddle + 1 < kEntropyBins)
      outside += counts[kMiddle + size + 1];
    if (double(outside) > allowed)
      divergences[size - kLevels / 2] = INFINITY;
  }
  const auto best = std::min_element(divergences.begin(), divergences.end());
  // Where every window is infinite, the widest.
  const auto i =
      std::isinf(*best) ? kMiddle : kLevels / 2 + (best - divergences.begin());
  const double width = 2 * limit / kEntropyBins;
  // The window has a bin more above zero than below.
  const double low = std::max(double(histogram.min()), -double(i) * width);
  const double high = std::min(double(histogram.max()), double(i + 1) * width);
  if (options.symmetric)
    return symmetricRange(std::max(std::fabs(low), std::fabs(high)));
  return {std::min(0.0, low), std::max(0.0, high)};
}

//===----------------------------------------------------------------------===//
// Moving average
//===----------------------------------------------------------------------===//

static Range averageRange(const Histogram &histogram,
                          const SampleExtrema &samples, bool symmetric) {
  // The quotients may round to the outside of what they are means of.
  const double low = std::max(samples.meanMin(), double(histogram.min()));
  const double high = std::min(samples.meanMax(), double(histogram.max()));
  if (symmetric)
    return symmetricRange(std::max(std::fabs(low), std::fabs(high)));
  return {std::min(0.0, low), std::max(0.0, high)};
}

//===----------------------------------------------------------------------===//
// OCTAV
//===----------------------------------------------------------------------===//

static Range octavRange(const Histogram &histogram,
                        const RangeOptions &options) {
  constexpr int kIterations = 200;
  constexpr double kPrecision = 1e-7;
  const Range widest = minMaxRange(histogram, options.symmetric);
  const double limit = histogram.absMax();
  if (limit == 0)
    return widest;
  const std::vector<HistogramBin> bins = magnitudeBins(histogram.bins());
  // The rounding error of a step d is d^2 / 12, and a clipping at c has steps
  // of 2 c / levels, or c / levels where values have one sign.
  const double levels = double(options.qmax - options.qmin + 1);
  const bool oneSided =
      !options.symmetric && (histogram.min() >= 0 || histogram.max() <= 0);
  const double rounding = 1 / (levels * levels * (oneSided ? 12 : 3));
  const double total = double(histogram.finite());
  double sum = 0;
  for (const HistogramBin &bin : bins)
    sum += double(bin.representative) * double(bin.count);
  double clipping = sum / total;
  for (int i = 0; i < kIterations; ++i) {
    double beyond = 0, count = 0;
    for (const HistogramBin &bin : bins)
      if (bin.representative >= clipping) {
        beyond += double(bin.representative) * double(bin.count);
        count += double(bin.count);
      }
    const double next = beyond / ((1 - rounding) * count + rounding * total);
    const bool isStable = std::fabs(next - clipping) <= kPrecision * clipping;
    clipping = next;
    if (isStable || clipping <= 0)
      break;
  }
  // Nothing lies beyond a clipping that the widest value does not reach.
  if (!(clipping > 0 && clipping < limit))
    return widest;
  if (options.symmetric)
    return symmetricRange(clipping);
  return {std::max(widest.min, -clipping), std::min(widest.max, clipping)};
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

std::optional<Range> quantopt::estimateRange(const Histogram &histogram,
                                             const RangeOptions &options,
                                             const SampleExtrema *samples) {
  if (histogram.finite() == 0 || options.qmin >= options.qmax)
    return std::nullopt;
  switch (options.method) {
  case RangeMethod::MinMax:
    return minMaxRange(histogram, options.symmetric);
  case RangeMethod::Percentile:
    if (!(options.percentile > 0 && options.percentile <= 100))
      return std::nullopt;
    return percentileRange(histogram, options);
  case RangeMethod::Entropy:
    return entropyRange(histogram, options);
  case RangeMethod::Mse:
    return searchLeastSquares(histogram, options,
                              minMaxRange(histogram, options.symmetric));
  case RangeMethod::EntropyOrt:
    return entropyOrtRange(histogram, options);
  case RangeMethod::Octav:
    return octavRange(histogram, options);
  case RangeMethod::MovingAverage:
    if (!samples || samples->count == 0)
      return std::nullopt;
    return averageRange(histogram, *samples, options.symmetric);
  }
  return std::nullopt;
}
