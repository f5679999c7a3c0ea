//===- RuntimePacking.h - Weights that are computed at run time -*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_RUNTIMEPACKING_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_RUNTIMEPACKING_H

#include "Contraction.h"
#include "LaneBuilder.h"

namespace mlir::qopt {

/// Where weights come from and where they go: `full` panels of `width` columns
/// and one of `lastWidth` (0: none).
struct RuntimePacking {
  Value source;
  Value packed;
  /// Takes the sum of each column, times minus the kernel's shift; null where
  /// that is zero.
  Value compensation;
  int64_t full;
  int64_t width;
  int64_t lastWidth;
};

/// Packs the weights of one batch, as `packWeights` does at compile time.
void emitRuntimePacking(OpBuilder &builder, LaneBuilder &lanes,
                        const Contraction &contraction,
                        const MicroKernel &kernel, const Point &batch,
                        const RuntimePacking &packing);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_RUNTIMEPACKING_H
