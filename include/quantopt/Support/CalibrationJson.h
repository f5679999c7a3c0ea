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

#include <map>
#include <string>

namespace quantopt {

/// What calibration knows of one observed value.
struct CalibrationRecord {
  Histogram histogram;
  /// The value's type as text, for the reader of the file; may be empty.
  std::string type;

  bool operator==(const CalibrationRecord &o) const {
    return type == o.type && histogram == o.histogram;
  }
};

/// By observer id, in byte order: the order in which ids were met is not kept.
using CalibrationRecords = std::map<std::string, CalibrationRecord>;

inline constexpr const char *kCalibrationFormat = "quant-opt calibration table";
inline constexpr int kCalibrationVersion = 1;

/// The table as JSON; equal records give equal bytes, whatever the locale.
std::string calibrationToJson(const CalibrationRecords &records);

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CALIBRATIONJSON_H
