//===- OutputError.h - What rounding a value does to its users --*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_OUTPUTERROR_H
#define QUANTOPT_LIB_CALIBRATION_OUTPUTERROR_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/CalibrationTable.h"
#include "quantopt/Support/QuantMath.h"

namespace mlir::qopt {

/// The signal-to-noise ratio, in dB, that storing the observed value with
/// `params` leaves behind the contractions that read it: the variance of their
/// result against the rounding error of the value times the squared weights,
/// which is how independent errors add up. The lowest where there are several;
/// nothing where no contraction with constant weights reads the value, directly
/// or through operations that only move it.
///
/// It tells what the ratio on the value itself hides: where a few elements are
/// large and take the range, the many small ones that the weights look at
/// drown. Everything it reads is in the table, so it does not depend on the
/// order of samples.
std::optional<double> getOutputSQNR(ObserveOp op,
                                    const quantopt::CalibrationTable &table,
                                    const quantopt::QuantParams &params);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_OUTPUTERROR_H
