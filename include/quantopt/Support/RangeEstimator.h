//===- RangeEstimator.h - From a histogram to a clipping range --*- C++ -*-===//
//
// Every calibration method reads the same statistics, so a table that was
// written once can be tried with each of them.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_RANGEESTIMATOR_H
#define QUANTOPT_SUPPORT_RANGEESTIMATOR_H

#include "quantopt/Support/Histogram.h"
#include "quantopt/Support/QuantMath.h"
#include "quantopt/Support/SampleExtrema.h"

#include <optional>
#include <vector>

namespace quantopt {

enum class RangeMethod {
  MinMax,     ///< the exact extrema
  Percentile, ///< what holds `percentile` percent of the values
  Entropy,    ///< least Kullback-Leibler divergence (TensorRT's rule on |x|)
  EntropyOrt, ///< the same by ONNX Runtime's rule, on signed values
  Mse,        ///< least mean squared error of quantize-dequantize
  /// The clipping at which what rounding costs and what clipping costs balance:
  /// Sakr et al., "Optimal Clipping and Magnitude-aware Differentiation for
  /// Improved Quantization-aware Training", ICML 2022, equation 6. Near Mse,
  /// from a model of rounding errors in place of their sum.
  Octav,
  /// The mean of the samples' minima and that of their maxima: TensorFlow's
  /// AverageMinMax, and what ONNX Runtime's moving average is within one
  /// collection. torch's decaying average depends on the order of samples and
  /// is not offered.
  MovingAverage,
};

struct RangeOptions {
  RangeMethod method = RangeMethod::Mse;
  /// In (0, 100]; of Percentile only.
  double percentile = 99.999;
  /// The storage range that the result is for.
  int64_t qmin = -128, qmax = 127;
  /// Zero point in the middle of the storage range and max = -min.
  bool symmetric = false;
};

/// What statistics are fit for (docs/NumericContract.md, "Degenerate values").
enum class ValueState {
  Ordinary,
  Empty,      ///< of no elements, so that there is nothing to observe
  Unobserved, ///< no value at all
  NonFinite,  ///< values, but no finite one
  Dead,       ///< every finite value is zero
  Constant,   ///< every finite value is the same, not zero
  Tiny,       ///< a step of the whole range would be below 2^-126
};

/// The state of values that are to be stored in qmax - qmin steps. Never Empty,
/// which statistics do not tell from Unobserved.
ValueState classify(const Histogram &histogram, int64_t qmin, int64_t qmax);

/// "dead", "constant", ...; empty for Ordinary.
const char *getName(ValueState state);

struct Range {
  double min = 0, max = 0;
  bool operator==(const Range &o) const { return min == o.min && max == o.max; }
};

/// The clipping range of the values in `histogram`; it always holds zero, and
/// is
/// [-t, t] where options.symmetric. Values that are not finite take no part.
/// Empty where the histogram has no finite value, percentile or the storage
/// range make no sense, or MovingAverage has no `samples`, which nothing else
/// reads. Deterministic: equal statistics give equal bits.
///
///  * Percentile: symmetric over |x|; asymmetric (100-p)/2 percent off each
///  tail,
///    none off an end that is at zero. The outer edge of the bin that reaches
///    the quantile, so that at least p percent stay inside (ORT takes the inner
///    edge).
///  * Entropy: |x| in 2048 equal bins, the first 128..2048 of them against
///    their projection on half as many levels as the storage has (on all of
///    them where values have one sign and the storage is asymmetric); empty
///    bins take no part, the last minimum wins (TensorRT 2017, as in NVIDIA's
///    ModelOpt). Divergences within 1e-9 are equal.
///  * EntropyOrt: 2048 equal bins on [-absmax, absmax], windowDivergences with
///    128 levels, the first minimum, cut to the extrema. For parity: it clips
///    harder than the others.
///  * Neither looks at windows that leave out more than a tenth of the values
///    off zero, nor Entropy at those that leave out anything and hold one
///    spike: their divergence is small because nothing is left to compare. So
///    values of few levels, mostly zeros, or far from zero, keep their range.
///  * MovingAverage: where symmetric, t is the larger magnitude of both means.
///  * Mse: a grid over both ends (one where symmetric or one-sided) with the
///    closed form of quantizationMse's smooth part, then a pattern search on
///    quantizationMse itself from the best points. The wider range wins a tie.
std::optional<Range> estimateRange(const Histogram &histogram,
                                   const RangeOptions &options,
                                   const SampleExtrema *samples = nullptr);

/// ONNX Runtime's divergences (HistogramCollector.get_entropy_threshold) for
/// counts in n equal bins around zero. Entry k is that of the window [n/2 - i,
/// min(n/2 + i + 1, n)) of bins, i = levels/2 + k up to n/2: of what it holds,
/// with all that lies outside in its end bins, from the same flattened to
/// `levels` levels. Infinite where the window holds nothing of its own.
std::vector<double> windowDivergences(const std::vector<uint64_t> &counts,
                                      int levels);

/// The parameters of a range under these options: chooseAsymmetric, or
/// chooseSymmetricInRange of the larger magnitude.
std::optional<QuantParams> paramsOfRange(const Range &range,
                                         const RangeOptions &options);

/// Mean of (x - D0(Q0(x)))^2 over the finite values, with the values of one bin
/// taken as spread evenly over it (bins near the extrema are as wide as a step
/// of 8 bits, so one representative would not do). Clipping included. 0 for an
/// empty histogram.
double quantizationMse(const Histogram &histogram, const QuantParams &params);

/// Least-squared-error symmetric parameters for `size` known values `stride`
/// elements apart (one channel of a weight): the exact sum over every value,
/// for 100 clipping ratios in (0.5, 1] and a golden-section refinement. The
/// unclipped range wins a tie. Storage of at most 16 bits. Empty for values
/// that are not finite.
std::optional<QuantParams> chooseSymmetricByMse(const float *data, size_t size,
                                                size_t stride, int64_t qmin,
                                                int64_t qmax);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_RANGEESTIMATOR_H
