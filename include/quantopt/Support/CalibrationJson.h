//===- CalibrationJson.h - Writing calibration tables -----------*- C++ -*-===//
//
// The one writer of the table's file format, without LLVM, so that the runtime
// on a target and the compiler write the same bytes for the same statistics.
// The format is described at CalibrationTable, which reads it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_SUPPORT_CALIBRATIONJSON_H
#define QUANTOPT_SUPPORT_CALIBRATIONJSON_H

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
  /// The value's type as text, for the reader of the file; may be empty.
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
    histogram.merge(other.histogram);
    samples.merge(other.samples);
    if (!known)
      samples = SampleExtrema();
  }

  /// Whether `samples` covers all finite values of the histogram.
  bool hasSamples() const {
    return samples.count != 0 || histogram.finite() == 0;
  }

  bool operator==(const CalibrationRecord &o) const {
    return type == o.type && histogram == o.histogram && samples == o.samples;
  }
};

/// By observer id, in byte order: the order in which ids were met is not kept.
using CalibrationRecords = std::map<std::string, CalibrationRecord>;

inline constexpr const char *kCalibrationFormat = "quant-opt calibration table";
/// What is written. Version 1, without the extrema of samples, is read as well.
inline constexpr int kCalibrationVersion = 2;

/// The table as JSON; equal records give equal bytes, whatever the locale.
std::string calibrationToJson(const CalibrationRecords &records);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CALIBRATIONJSON_H
