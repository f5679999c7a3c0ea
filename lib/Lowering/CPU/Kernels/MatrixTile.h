//===- MatrixTile.h - Contractions on tile registers ------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H

#include "MatrixPlan.h"

namespace mlir::qopt {

/// Emits `nest` on AMX's tile registers at the builder's insertion point, in
/// blocks as `plan` says. A block's accumulators stay in tiles while the
/// reduction passes; results that need no more leave from there, others go
/// through a buffer to the epilogue on vectors, which runs between the products
/// of the next block. Weights are packed as for `kernel`. Chunks of blocks may
/// run on several threads, if not `onOneThread`.
LogicalResult emitMatrixTiles(OpBuilder &builder, Nest &nest,
                              const Contraction &contraction,
                              const MicroKernel &kernel, const MatrixPlan &plan,
                              bool onOneThread);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H
