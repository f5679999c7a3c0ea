//===- ConstantTensor.h - Tensors known at compile time ---------*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_CONSTANTTENSOR_H
#define QUANTOPT_ANALYSIS_CONSTANTTENSOR_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"

namespace mlir::qopt {

/// A tensor known at compile time: element `i` is element `map(i)` of `values`.
/// The map is a projection, so a bias broadcast over an image costs one number
/// a channel.
struct ConstantTensor {
  ElementsAttr values;
  AffineMap map;
};

/// The tensor of which another is a copy: element `i` is element `map(i)` of
/// `value`.
struct BroadcastSource {
  Value value;
  AffineMap map;
};

/// Whether `value` only repeats or permutes elements of another tensor:
/// `linalg.broadcast` and generics that yield one of their inputs.
std::optional<BroadcastSource> matchBroadcast(Value value);

/// Sees through `arith.constant`, `linalg.fill`, `linalg.broadcast` and
/// generics that only broadcast.
std::optional<ConstantTensor> getConstantTensor(Value value);

/// The one value of a tensor or scalar that is a constant splat of floats.
std::optional<double> getSplatConstant(Value value);

/// Whether `value` depends on constants only (and on empty tensors).
bool isConstantDerived(Value value);

/// Reads all elements of f32, f16, bf16 or f64 values, from dense elements or a
/// resource blob, in row-major order. Fails on other attributes.
FailureOr<SmallVector<float>> readFloats(ElementsAttr values);

/// Reads all elements of integers of at most 64 bits, sign extended.
FailureOr<SmallVector<int64_t>> readIntegers(ElementsAttr values);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_CONSTANTTENSOR_H
