//===- CalibrationJson.h - Writing calibration tables -----------*- C++ -*-===//
//
// The one writer of the table's file format, without LLVM, so that the runtime
// on a target and the compiler write the same bytes for the same statistics.
// The format is described at CalibrationTable, which reads it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_CALIBRATIONJSON_H
#define QUANTOPT_SUPPORT_CALIBRATIONJSON_H

#include "quantopt/Support/ChannelMeans.h"
#include "quantopt/Support/Histogram.h"
#include "quantopt/Support/SampleExtrema.h"

#include <map>
#include <string>

namespace quantopt {

/// What calibration knows of one observed value.
struct CalibrationRecord {
  Histogram histogram;
  /// Of single samples. Its count is 0 where any finite value of the histogram
  /// came without them, as in tables of version 1.
  SampleExtrema samples;
  /// Of what the operation that makes the value multiplies by its weights, with
  /// the indices of the weights. Its count is 0 where that is not observed or a
  /// part of the values came without it, as in tables of version 2.
  ChannelMeans inputMeans;
  /// The value's type as text, "tensor<1x16x8x8xf32>", by which a reader tells
  /// the tables of models apart; empty where it is not known.
  std::string type;

  /// Counts the values of one sample.
  void add(const float *data, size_t size) {
    const bool known = hasSamples();
    if (const auto seen = histogram.add(data, size); seen && known)
      samples.add(seen->min, seen->max);
  }

  /// Adds the statistics of `other`; the type stays.
  void merge(const CalibrationRecord &other) {
    const bool known = hasSamples() && other.hasSamples();
    const bool meansKnown = hasInputMeans() && other.hasInputMeans();
    histogram.merge(other.histogram);
    samples.merge(other.samples);
    if (!known)
      samples = SampleExtrema();
    inputMeans.merge(other.inputMeans);
    if (!meansKnown)
      inputMeans = ChannelMeans();
  }

  /// Whether `samples` covers all finite values of the histogram.
  bool hasSamples() const {
    return samples.count != 0 || histogram.finite() == 0;
  }

  /// Whether `inputMeans` covers all samples of the histogram.
  bool hasInputMeans() const {
    return inputMeans.count != 0 || histogram.empty();
  }

  bool operator==(const CalibrationRecord &o) const {
    return type == o.type && histogram == o.histogram && samples == o.samples &&
           inputMeans == o.inputMeans;
  }
};

/// By observer id, in byte order: the order in which ids were met is not kept.
using CalibrationRecords = std::map<std::string, CalibrationRecord>;

inline constexpr const char *kCalibrationFormat = "quant-opt calibration table";
/// What is written. Version 2, without the means of inputs, and version 1,
/// without the extrema of samples either, are read as well.
inline constexpr int kCalibrationVersion = 3;

/// The table as JSON; equal records give equal bytes, whatever the locale.
std::string calibrationToJson(const CalibrationRecords &records);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CALIBRATIONJSON_H
