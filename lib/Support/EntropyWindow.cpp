//===- EntropyWindow.cpp - ONNX Runtime's entropy rule --------------------===//
//
// HistogramCollector.get_entropy_threshold of onnxruntime/quantization/
// calibrate.py, on any histogram of equal bins around zero. It differs from
// TensorRT's rule in that it looks at signed values, keeps empty bins, cuts the
// mean of a level to an integer, and smooths both distributions.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Support/RangeEstimator.h"

#include <algorithm>
#include <cmath>

using namespace quantopt;

/// Gives each empty bin `kSmoothing`, taken evenly from the others. False where
/// there are no others, or where they hold too little.
static bool smooth(std::vector<double> &counts) {
  constexpr double kSmoothing = 1e-4;
  const auto empty = std::count(counts.begin(), counts.end(), 0.0);
  const auto used = std::ptrdiff_t(counts.size()) - empty;
  if (used == 0)
    return false;
  const double taken = kSmoothing * double(empty) / double(used);
  for (double &count : counts)
    count = count == 0 ? kSmoothing : count - taken;
  return *std::min_element(counts.begin(), counts.end()) > 0;
}

/// KL(p || q) of two distributions that need not be normalized.
static double divergence(const std::vector<double> &p,
                         const std::vector<double> &q) {
  double sumP = 0, sumQ = 0, sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    sumP += p[i];
    sumQ += q[i];
    sum += p[i] * std::log(p[i] / q[i]);
  }
  return sum / sumP + std::log(sumQ / sumP);
}

std::vector<double>
quantopt::windowDivergences(const std::vector<uint64_t> &counts, int levels) {
  const size_t numBins = counts.size(), middle = numBins / 2;
  std::vector<uint64_t> before(numBins + 1, 0);
  for (size_t i = 0; i < numBins; ++i)
    before[i + 1] = before[i] + counts[i];

  std::vector<double> result, p, q;
  for (size_t i = size_t(levels) / 2; i <= middle; ++i) {
    const size_t begin = middle - i, end = std::min(middle + i + 1, numBins);
    const size_t size = end - begin, merged = size / size_t(levels);
    // What lies outside goes to the ends of P, and is not in Q.
    p.assign(counts.begin() + begin, counts.begin() + end);
    p.front() += double(before[begin]);
    p.back() += double(before[numBins] - before[end]);
    q.assign(size, 0.0);
    for (int level = 0; level < levels; ++level) {
      const size_t from = size_t(level) * merged, to = from + merged;
      // The last level also holds what the division left over.
      const size_t last = level == levels - 1 ? size : to;
      const uint64_t sum = before[begin + last] - before[begin + from];
      const auto used =
          uint64_t(std::count_if(p.begin() + from, p.begin() + to,
                                 [](double count) { return count != 0; }));
      if (used != 0)
        std::fill(q.begin() + from, q.begin() + to, double(sum / used));
    }
    result.push_back(smooth(p) && smooth(q) ? divergence(p, q) : INFINITY);
  }
  return result;
}
