//===- SplitReductions.h - What a split reduction looks like ----*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_SPLITREDUCTIONS_H
#define QUANTOPT_LIB_LOWERING_CPU_SPLITREDUCTIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {

/// Whether `op` puts partial results together: all of its inputs are one value,
/// and input `i` reads entry `i` of its innermost dimension.
bool isCombination(linalg::GenericOp op);

/// Whether `op` is the reduction into partial results that
/// `--qopt-split-reductions` writes: its innermost loop is parallel, and walks
/// one block after the other of the operand's innermost dimension.
bool isBlockwise(linalg::GenericOp op);

/// The operation by which the body of reduction `op` takes the next term, where
/// neither order nor repetition changes what it ends in, as for a maximum; null
/// otherwise.
Operation *getOrderFreeCombiner(linalg::GenericOp op);

/// Whether `op` is such a combination over several whole dimensions of its
/// operand: kernels run along memory, whatever the layout.
bool isExtremumOverDims(linalg::GenericOp op);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_SPLITREDUCTIONS_H
