//===- ParallelLoops.h - Loops that may run on several threads --*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_PARALLELLOOPS_H
#define QUANTOPT_LIB_LOWERING_CPU_PARALLELLOOPS_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::qopt {

/// On a loop whose iterations write different places and read nothing that
/// another one writes: they may run in any order, and at the same time.
inline constexpr StringLiteral kParallelAttrName = "qopt.parallel";

/// For emitters. Not for loops of reductions, and not where iterations share a
/// buffer in which each packs its operands.
inline void markParallel(scf::ForOp loop) {
  loop->setAttr(kParallelAttrName, UnitAttr::get(loop.getContext()));
}

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_PARALLELLOOPS_H
