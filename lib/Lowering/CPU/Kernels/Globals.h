//===- Globals.h - Constant data made by kernels ----------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H

#include "mlir/IR/Builders.h"

namespace mlir::qopt {

/// Adds a private constant of `count` elements to the module around the
/// builder's insertion point and returns a flat memref of it. The bytes go into
/// a resource blob of their own: they are never hashed or copied by passes.
Value emitConstantData(OpBuilder &builder, Location loc, StringRef name,
                       Type element, int64_t count, ArrayRef<char> bytes);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_GLOBALS_H
