//===- Footprint.h - What an element of a result depends on -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_VERIFICATION_FOOTPRINT_H
#define QUANTOPT_LIB_VERIFICATION_FOOTPRINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/SmallBitVector.h"

namespace mlir::qopt {

/// On which elements of a function's arguments one element of a value depends.
struct Footprint {
  /// On elements at its own index only. Constants are.
  bool isPointwise = false;
  llvm::SmallBitVector arguments;
  /// On how many elements, at most.
  double elements = 0;
};

struct FunctionFootprint {
  Footprint result;
  /// Dimensions along which the function is not the same everywhere, where the
  /// result is pointwise.
  llvm::SmallBitVector varying;
  /// Floats are added up.
  bool addsFloats = false;
  /// Operations that round reals to quantized types, on the way that has most
  /// of them. Observers that say how to are none yet.
  unsigned roundings = 0;
  /// Scalar operations in a run, roughly.
  double cost = 0;
  /// The quantized types that occur.
  SmallVector<quant::QuantizedType> types;
};

FunctionFootprint getFootprint(func::FuncOp func);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_FOOTPRINT_H
