//===- StoredWeights.h - Weights of contractions in float -------*- C++ -*-===//
//
// What a contraction that computes in float has its weights stored as, besides
// integers with a scale a channel.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_QUANTIZATION_STOREDWEIGHTS_H
#define QUANTOPT_LIB_QUANTIZATION_STOREDWEIGHTS_H

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

namespace mlir::qopt {

/// The scale of `values` stored symmetrically up to `limit`, that of the
/// largest magnitude or, `byMse`, the one of least squared error; 0 where all
/// are zero or next to it, and infinite where one is not finite.
double chooseSymmetricScale(ArrayRef<float> values, int64_t limit, bool byMse);

/// The same for integers from -8 to 7, of which there is one more on one side
/// of zero: the scale is negative where the largest values are better there.
/// That of the largest magnitude makes it -8 (as GGML's Q4_0), and never clips
/// it.
double chooseNibbleScale(ArrayRef<float> values, bool byMse);

/// Integers in bytes, of which `size` neighbours along `axis` share a scale.
/// The last group may have fewer.
class GroupedWeights {
public:
  GroupedWeights(RankedTensorType type, int64_t axis, int64_t size);

  /// Stores `values`, those of the whole tensor. `chooseScale` gives a group's
  /// scale, 0 where all of it is zero, and infinity where it cannot: then this
  /// returns false. It is called by several threads.
  bool quantize(ArrayRef<float> values, int64_t qmin, int64_t qmax,
                llvm::function_ref<double(ArrayRef<float>)> chooseScale);

  /// The dequantized weights, in front of `operand`'s owner; `name` is what the
  /// constants are called.
  Value finish(OpOperand &operand, StringRef name) &&;

private:
  RankedTensorType type;
  int64_t axis, size;
  /// Elements of the dimensions around the axis, and groups along it.
  int64_t outer = 1, inner = 1, groups;
  ConstantBuilder stored, scales;
};

/// A constant of `values`, all finite, those of a tensor of `type`, as f16 or
/// bf16: IEEE 754 half to even, subnormals kept, beyond the range infinite.
/// Warns at `op`, which calls them `what`, where a finite one becomes infinite.
Value storeShortFloats(Operation *op, OpBuilder &builder, Location loc,
                       RankedTensorType type, ArrayRef<float> values,
                       WeightFormat format, StringRef name, StringRef what);

/// `values`, those of `operand`, so stored and extended again in front of `op`.
Value downcastWeights(Operation *op, OpOperand &operand, ArrayRef<float> values,
                      WeightFormat format, StringRef name);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_STOREDWEIGHTS_H
