//===- Globals.h - Constant data made by kernels ----------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"

namespace mlir::qopt {

/// Adds a private constant of `bytes` to the module around the builder's
/// insertion point and returns a flat memref of it. The bytes stay in a
/// resource blob of their own: they are never hashed or copied by passes.
Value emitConstantData(OpBuilder &builder, Location loc, StringRef name,
                       Type element, AsmResourceBlob bytes);

/// The same with a copy of `bytes`.
Value emitConstantData(OpBuilder &builder, Location loc, StringRef name,
                       Type element, ArrayRef<char> bytes);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H
