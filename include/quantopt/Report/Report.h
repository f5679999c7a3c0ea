//===- Report.h - What quantization did to a model --------------*- C++ -*-===//
//
// The data of a report, as plain values, and its two forms. Who fills it in
// knows the compiler; nothing here does.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_REPORT_REPORT_H
#define QUANTOPT_REPORT_REPORT_H

#include "quantopt/Support/Histogram.h"
#include "quantopt/Support/QuantMath.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantopt {

/// The name and the version of the JSON form. A version only gets new keys.
inline constexpr const char *kReportFormat = "quant-opt quantization report";
inline constexpr int kReportVersion = 1;

/// A histogram as it is shown: bins of equal width.
struct DisplayHistogram {
  static constexpr size_t kMaxBins = 128;

  double lower = 0, upper = 0;   ///< the ends of all bins
  uint64_t below = 0, above = 0; ///< values beyond them
  std::vector<uint64_t> counts;  ///< at most kMaxBins; one where lower==upper
};

/// What the observer of a value saw.
struct ValueStatistics {
  uint64_t count = 0; ///< finite values
  double min = 0, max = 0;
  uint64_t zeros = 0, nans = 0, posInfs = 0, negInfs = 0;
  /// The shares, in [0, 1], of the finite values that surely lie more than half
  /// a step beyond the range of the parameters: those of the bin of the exact
  /// histogram that this border divides do not count. 0 without parameters.
  double clippedBelow = 0, clippedAbove = 0;
  /// How many integers lie between the smallest and the largest value, both
  /// rounded by the parameters and included; 0 without parameters.
  int64_t levels = 0;
  DisplayHistogram histogram;
};

/// Reads `histogram` against `params`, where there are any. Within a bin of the
/// exact histogram (0.8 % of a value wide) values are taken as spread evenly;
/// the counts and those beyond them sum up to all finite values. Shown is what
/// was observed, no further than half a range beyond the range of `params` on
/// either side.
ValueStatistics summarize(const Histogram &histogram,
                          const std::optional<QuantParams> &params);

/// Something about a value that wants to be looked at.
struct Finding {
  std::string kind; ///< a word of docs/Report.md
  std::string text; ///< what was observed, for people
};

/// One input or one operation that quantization could touch.
struct ValueReport {
  std::string name, op, location;
  std::string state;   ///< integer, dynamic, weight-only or float
  std::string reason;  ///< why float
  std::string why;     ///< where the parameters come from
  std::string weights; ///< how they are stored, where that is to be said
  std::string storage; ///< "i8"; empty where there are no parameters
  std::optional<QuantParams> params;
  /// SQNR in dB against the float model, of its own rounding, and of all that
  /// came before, too. +inf: equal; -inf: NaN or infinite where it should not
  /// be. Of values that both models have.
  std::optional<double> aloneDB, accumulatedDB;
  /// Of the constants that the operation reads.
  uint64_t weightBytesBefore = 0, weightBytesAfter = 0;
  std::optional<ValueStatistics> statistics;
};

/// What is remarkable about `value`, by its statistics and SQNR.
std::vector<Finding> findingsOf(const ValueReport &value);

/// How well one output of the integer model meets that of the float model; see
/// OutputComparison for the terms.
struct OutputReport {
  std::string name;
  double sqnrDB, cosine, maxAbsError, top1Agreement;
};

/// Of single runs, in microseconds.
struct LatencyReport {
  double min, median;
};

/// A field is empty where it was not measured.
struct QuantizationReport {
  std::string model, config;
  /// The file of samples or tables that ranges were chosen by.
  std::string calibrationData, calibrationTable;
  std::optional<uint64_t> calibrationSamples;
  /// The samples of SQNR and latency.
  std::string evaluationData;
  std::optional<uint64_t> evaluationSamples;
  uint64_t weightBytesBefore = 0, weightBytesAfter = 0;
  std::vector<OutputReport> outputs;
  std::optional<LatencyReport> floatLatency, quantizedLatency;
  std::string cpu;                 ///< that latency was measured on
  std::vector<ValueReport> values; ///< in the order of the program

  /// How many operations are in `state`; inputs are none.
  size_t countOperations(const std::string &state) const;
};

/// One JSON object, as docs/Report.md describes it. Text that is not UTF-8 is
/// mended; +inf is 1e999.
void writeReportJSON(llvm::raw_ostream &os, const QuantizationReport &report);

/// A page of HTML that refers to nothing outside of it. About 2 KB a value.
void writeReportHTML(llvm::raw_ostream &os, const QuantizationReport &report);

} // namespace quantopt

#endif // QUANTOPT_REPORT_REPORT_H
