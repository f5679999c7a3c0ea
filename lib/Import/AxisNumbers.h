//===- AxisNumbers.h - Scales and zero points in bodies ---------*- C++ -*-===//
//
// Frontends that take quantization apart leave its parameters as constants:
// scalars, or tensors that vary along one dimension.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_IMPORT_AXISNUMBERS_H
#define QUANTOPT_LIB_IMPORT_AXISNUMBERS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::qopt {

/// Numbers that do not vary, or vary along one loop.
struct AxisNumbers {
  SmallVector<double> values;
  std::optional<int64_t> axis;

  bool operator==(const AxisNumbers &other) const {
    return values == other.values && axis == other.axis;
  }
};

/// The numbers of `value`, a scalar constant or an argument of `op` that reads
/// a constant along at most one loop.
std::optional<AxisNumbers> readNumbers(linalg::GenericOp op, Value value);

/// The storage of 8 or 16 bits that numbers of [min, max] take.
struct StorageRange {
  unsigned width;
  bool isSigned;
  int64_t min, max;
};

/// The quantized type of f32 values of `shape` with these parameters; null
/// where they are none: a scale that is not positive, a zero point that is not
/// whole or outside of the range, scales and zero points along different
/// dimensions.
quant::QuantizedType makeQuantizedType(MLIRContext *context,
                                       ArrayRef<int64_t> shape,
                                       const AxisNumbers &scale,
                                       const AxisNumbers &zero,
                                       const StorageRange &range);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_IMPORT_AXISNUMBERS_H
