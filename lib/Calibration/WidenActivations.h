//===- WidenActivations.h - 16 bits where they cost little ------*- C++ -*-===//

#ifndef QUANTOPT_LIB_CALIBRATION_WIDENACTIVATIONS_H
#define QUANTOPT_LIB_CALIBRATION_WIDENACTIVATIONS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantopt/Support/CalibrationTable.h"
#include "quantopt/Support/Config.h"

namespace mlir::qopt {

/// Gives 16 bits to activations whose rounding to 8 hurts most for what the
/// wider products cost:
/// - inputs most of whose values would share a few steps of 8 bits;
/// - then, in ascending order of the ratio that they leave behind the
///   contractions that read them, values whose contractions hold a small share
///   of all products (the configuration's `wide-products`): a classifier behind
///   a pooling, the bottleneck of an autoencoder.
/// Reads the types that are on the observers, and the table.
void widenActivations(ModuleOp module, const quantopt::CalibrationTable &table,
                      quantopt::Config &config);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_CALIBRATION_WIDENACTIVATIONS_H
