//===- QuantizableOpInterface.h - What an op wants --------------*- C++ -*-===//
//
// The interface through which quantization reads every operation: the extension
// point for other dialects. See QuantizableOpInterface.td.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_H
#define QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include <optional>
#include <string>

namespace mlir::qopt {

/// What an operation is to quantization.
enum class QuantRole {
  /// Products of activations and weights (or of two activations), summed in
  /// i32. The result is an accumulator.
  Contraction,
  /// A sum of activations, in i32, with no weights: pooling, means.
  Sum,
  /// One result element from one element of each operand, by operations that
  /// IEEE 754 defines exactly (add, multiply, divide, compare, select, min,
  /// max). Stays in f32 between a dequantize and a quantize of scalars.
  Elementwise,
  /// One result element from one element of one operand, by a function whose
  /// last bit depends on the library (exp, tanh): a table on 8-bit values.
  Unary,
  /// Moves or selects values without arithmetic: result and activations share
  /// one scale and zero point.
  SameScale,
  /// Runs in float between dequantize and quantize.
  Float,
  /// Not a matter of quantization: makes constants, shapes, empty tensors.
  None
};

/// What an operand is to quantization.
enum class OperandKind { Activation, Weight, Accumulator, Ignored };

/// A closed range of real values.
struct RealRange {
  double min;
  double max;
};

/// What an operation becomes on storage.
struct IntegerForm {
  Value value;
  quant::QuantizedType type;
};

/// The role's name as diagnostics print it.
StringRef stringifyQuantRole(QuantRole role);

} // namespace mlir::qopt

#include "quantopt/Interfaces/QuantizableOpInterface.h.inc"

#endif // QUANTOPT_INTERFACES_QUANTIZABLEOPINTERFACE_H
