//===- ValueStatistics.cpp - An exact histogram, as it is shown -----------===//

#include "quantopt/Report/Report.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace quantopt;

namespace {
/// How many values lie below a place, asked in ascending order.
class CumulativeCount {
public:
  explicit CumulativeCount(const std::vector<HistogramBin> &bins)
      : bins(bins) {}

  /// The values below `place`, those of a bin taken as spread evenly over it.
  /// A bin of one value lies below all greater places.
  double below(double place) {
    while (next < bins.size() && double(bins[next].upper) < place)
      passed += bins[next++].count;
    double count = double(passed);
    if (next < bins.size() && double(bins[next].lower) < place)
      count += double(bins[next].count) * (place - double(bins[next].lower)) /
               (double(bins[next].upper) - double(bins[next].lower));
    return count;
  }

private:
  const std::vector<HistogramBin> &bins;
  size_t next = 0;
  uint64_t passed = 0;
};
} // namespace

static DisplayHistogram display(const std::vector<HistogramBin> &bins,
                                uint64_t total, double lower, double upper) {
  DisplayHistogram shown;
  shown.lower = lower;
  shown.upper = upper;
  const size_t count = lower < upper ? DisplayHistogram::kMaxBins : 1;
  CumulativeCount cumulative(bins);
  // Rounding the sums and not the counts keeps their total.
  uint64_t before = uint64_t(std::llround(cumulative.below(lower)));
  shown.below = before;
  for (size_t i = 1; i <= count; ++i) {
    // The last bin holds its upper end, too.
    double end = i < count ? lower + (upper - lower) * double(i) / double(count)
                           : std::nextafter(upper, HUGE_VAL);
    uint64_t here =
        std::max(before, uint64_t(std::llround(cumulative.below(end))));
    shown.counts.push_back(here - before);
    before = here;
  }
  shown.above = total - before;
  return shown;
}

ValueStatistics quantopt::summarize(const Histogram &histogram,
                                    const std::optional<QuantParams> &params) {
  ValueStatistics statistics;
  statistics.count = histogram.finite();
  statistics.min = histogram.min();
  statistics.max = histogram.max();
  statistics.zeros = histogram.zeros();
  statistics.nans = histogram.nans();
  statistics.posInfs = histogram.posInfs();
  statistics.negInfs = histogram.negInfs();
  if (statistics.count == 0)
    return statistics;

  const std::vector<HistogramBin> bins = histogram.bins();
  const double total = double(statistics.count);
  double lower = statistics.min, upper = statistics.max;
  if (params) {
    const double low = params->realMin(), high = params->realMax();
    const double half = params->scale / 2;
    uint64_t below = 0, above = 0;
    for (const HistogramBin &bin : bins) {
      if (double(bin.upper) < low - half)
        below += bin.count;
      if (double(bin.lower) > high + half)
        above += bin.count;
    }
    statistics.clippedBelow = double(below) / total;
    statistics.clippedAbove = double(above) / total;
    const int64_t first = quantize(statistics.min, *params);
    statistics.levels = quantize(statistics.max, *params) - first + 1;
    lower = std::max(std::min(lower, low), low - (high - low) / 2);
    upper = std::min(std::max(upper, high), high + (high - low) / 2);
  }
  statistics.histogram = display(bins, statistics.count, lower, upper);
  return statistics;
}

size_t QuantizationReport::countOperations(const std::string &state) const {
  return llvm::count_if(values, [&](const ValueReport &value) {
    return value.op != "input" && value.state == state;
  });
}
