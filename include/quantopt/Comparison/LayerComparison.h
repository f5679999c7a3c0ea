//===- LayerComparison.h - Two forms of a model, value by value -*- C++ -*-===//
//
// The integer form keeps the names that values have in the imported float
// model. What both name is the same value, once rounded and once not: here
// programs are put together that compute it both ways.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_COMPARISON_LAYERCOMPARISON_H
#define QUANTOPT_COMPARISON_LAYERCOMPARISON_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::qopt {

/// A value that both forms have.
struct SharedValue {
  std::string name;
  /// In the float model: f32.
  Value real;
  /// In the integer form: stored integers of `type`, or f32, and no type.
  Value stored;
  quant::UniformQuantizedType type;
};

/// The values that `real`, the entry of an imported float model, and `stored`,
/// that of its integer form, both name, in the order of `stored`. What only
/// moves a value, or depends on constants only, is left out.
SmallVector<SharedValue> matchValues(func::FuncOp real, func::FuncOp stored);

/// Modules with one function `compare` of the model's inputs, whose results are
/// `shared`, all f32: as the float model computes them,
OwningOpRef<ModuleOp> buildRealModule(func::FuncOp real, func::FuncOp stored,
                                      ArrayRef<SharedValue> shared);
/// as the integer form computes them,
OwningOpRef<ModuleOp> buildStoredModule(func::FuncOp real, func::FuncOp stored,
                                        ArrayRef<SharedValue> shared);
/// and as the layer of each computes it from operands that are rounded, but
/// without an error before that: here `compare` takes, behind the model's
/// inputs, each of `shared` in float. Three programs, since the time to compile
/// a function grows faster than its length.
OwningOpRef<ModuleOp> buildAloneModule(func::FuncOp real, func::FuncOp stored,
                                       ArrayRef<SharedValue> shared);

/// A module with one function `compare`: first the results of the float model,
/// then those of a model whose first `count` shared values come from the
/// integer form and all that follows from the float model. With all of
/// `shared`, the results are those of the integer form.
OwningOpRef<ModuleOp> buildHybridModule(func::FuncOp real, func::FuncOp stored,
                                        ArrayRef<SharedValue> shared,
                                        size_t count);

} // namespace mlir::qopt

#endif // QUANTOPT_COMPARISON_LAYERCOMPARISON_H
