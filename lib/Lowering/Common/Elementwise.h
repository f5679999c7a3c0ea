//===- Elementwise.h - Arithmetic on tensors as linalg ----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_ELEMENTWISE_H
#define QUANTOPT_LIB_LOWERING_COMMON_ELEMENTWISE_H

#include "mlir/IR/Builders.h"

namespace mlir::qopt {

/// What a generic computes of one element of each input.
using ElementBody =
    llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// A generic over `inputs`, at least one, of one static shape, whose result has
/// elements of type `element`.
Value emitElementwise(OpBuilder &builder, Location loc, ArrayRef<Value> inputs,
                      Type element, ElementBody body);

/// `1 / x` for each element of a tensor of f32.
Value emitReciprocals(OpBuilder &builder, Location loc, Value x);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_ELEMENTWISE_H
