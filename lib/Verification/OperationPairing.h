//===- OperationPairing.h - Which operation is which after a pass -*- C++ -*-=//

#ifndef QUANTOPT_LIB_VERIFICATION_OPERATIONPAIRING_H
#define QUANTOPT_LIB_VERIFICATION_OPERATIONPAIRING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qopt {

/// Operations of `after`, and what they were in `before`.
using OperationPairs = DenseMap<Operation *, Operation *>;

/// Pairs operations that are the same but for operands and discardable
/// attributes: name, properties, regions, result types and location. Among
/// equals, those of one `qopt.name` belong together, then those in the same
/// order between neighbours that are paired. Where an operation lies in memory
/// has no part in it: a pass may create one where it has erased another. Both
/// functions have one block.
OperationPairs pairOperations(func::FuncOp before, func::FuncOp after);

/// Pairs operations of one result that are not in `pairs`: the one of `after`
/// stands in for one of `before` that is gone. Both have results of one type,
/// and one `qopt.name`, or else one location; among equals, the last belong
/// together, then those before them.
OperationPairs pairReplacements(func::FuncOp before, func::FuncOp after,
                                const OperationPairs &pairs);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_OPERATIONPAIRING_H
