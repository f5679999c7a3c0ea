//===- Steps.h - Steps that lowerings to CPU and GPU share ------*- C++ -*-===//
//
// Up to buffers both are the same passes in the same order: so both compute the
// same operations, and sums in the same order.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_STEPS_H
#define QUANTOPT_LIB_LOWERING_COMMON_STEPS_H

#include "quantopt/Lowering/CPU/Passes.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::qopt {

/// Conversions become linalg and arith, and the order of sums is fixed.
void addConversions(OpPassManager &pm, const ConvertToLinalgOptions &options);

/// Constants are computed now, and chains of elementwise operations become one:
/// kernels take one operation on either side.
void addFusion(OpPassManager &pm);

/// Tensors become buffers, and calibration hooks calls.
void addBuffers(OpPassManager &pm);

/// What computes on bf16, and functions of f16, compute in f32 and round, as
/// LLVM has it; the roundings of bf16 become integer arithmetic behind this.
/// Functions become polynomials.
void addMath(OpPassManager &pm);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_STEPS_H
