//===- Records.h - Calibration in process: C++ interface --------*- C++ -*-===//

#ifndef QUANTOPT_RUNTIME_RECORDS_H
#define QUANTOPT_RUNTIME_RECORDS_H

#include "quantopt/Support/CalibrationJson.h"

namespace quantopt {
namespace runtime {

/// Takes the statistics of all observers out of the runtime and forgets the
/// observers, as qopt_calibration_reset does. An observer that was looked up
/// but saw no value is in the result with an empty histogram.
CalibrationRecords takeRecords();

} // namespace runtime
} // namespace quantopt

#endif // QUANTOPT_RUNTIME_RECORDS_H
