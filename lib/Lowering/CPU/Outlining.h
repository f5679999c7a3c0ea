//===- Outlining.h - Code that moves into a function of its own -*- C++ -*-===//
//
// What the passes have in common that make functions of parts of a function:
// of what such a part uses from outside, some is made again inside and the rest
// is handed over.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_OUTLINING_H
#define QUANTOPT_LIB_LOWERING_CPU_OUTLINING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::qopt {

/// Whether `op` may run again where a value of it is needed: it costs next to
/// nothing there and has no effect (constants, views, index arithmetic).
bool isRepeatable(Operation *op);

/// What code needs of the values that it uses from outside.
struct OutsideValues {
  /// Operations to repeat inside, each behind those that it reads.
  llvm::SetVector<Operation *> repeated;
  /// Values to hand over.
  llvm::SetVector<Value> handed;

  /// Adds what `value` needs.
  void add(Value value);
};

/// An empty private function behind `parent`, called by its name and `suffix`,
/// and a number where that is taken. No two modules that are linked together
/// see each other's.
func::FuncOp createOutlined(SymbolTable &symbols, func::FuncOp parent,
                            StringRef suffix, Location loc, FunctionType type);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_OUTLINING_H
