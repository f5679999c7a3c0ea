//===- MatrixTile.h - Contractions on tile registers ------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H

#include "Contraction.h"

namespace mlir::qopt {

/// Whether AMX does `contraction` faster than vectors: constant weights, enough
/// rows at one distance to fill a tile, and a reduction that is cut into equal
/// steps of nearly 64 products. `kernel` is the target's kernel for vectors.
bool suitsMatrixTiles(const Nest &nest, const Contraction &contraction,
                      const MicroKernel &kernel);

/// Emits `nest` on AMX's tile registers at the builder's insertion point:
/// blocks of 32 rows by 32 columns, whose accumulators stay in four tiles while
/// the reduction passes and go through a buffer to the epilogue on vectors.
/// Weights are packed as for `kernel`.
LogicalResult emitMatrixTiles(OpBuilder &builder, Nest &nest,
                              const Contraction &contraction,
                              const MicroKernel &kernel);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXTILE_H
