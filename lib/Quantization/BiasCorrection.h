//===- BiasCorrection.h - What rounding weights shifts ----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_QUANTIZATION_BIASCORRECTION_H
#define QUANTOPT_LIB_QUANTIZATION_BIASCORRECTION_H

#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// Weights as they were and as they are stored.
struct RoundedWeights {
  ArrayRef<float> values;
  /// i8 or i16, of the same shape.
  ElementsAttr stored;
  /// One scale, or one for each index of `axis`.
  ArrayRef<double> scales;
  std::optional<int64_t> axis;
};

/// A number for each index of some dimensions of a result.
struct BiasCorrection {
  /// Of the result, ascending, and their sizes.
  SmallVector<int64_t> dims, sizes;
  std::vector<float> values;

  float getLargest() const;
};

/// What to add to the bias of `op` so that storing `weight` as `weights` leaves
/// the mean of each result channel: -sum_k (stored_k - w_k) E[x_k], with the
/// means of the operation's qopt.input_means (Nagel et al., "Data-Free
/// Quantization Through Weight Equalization and Bias Correction", 2019, section
/// 4.2, with observed means). In f64, rounded to f32. Nothing where there are
/// no means.
std::optional<BiasCorrection>
computeBiasCorrection(QuantizableOpInterface op, OpOperand &weight,
                      const RoundedWeights &weights);

/// The dimensions of the result of `op` that weight `weight` has, too: those
/// that a correction counts along. In the order of BiasCorrection.
void setDims(BiasCorrection &correction, QuantizableOpInterface op,
             OpOperand &weight);

/// Adds `correction` to the bias of `op`, a constant, in f64 and rounded to
/// f32; false where it has none, or the correction another number of values.
bool addToBias(QuantizableOpInterface op, const BiasCorrection &correction);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_BIASCORRECTION_H
