//===- Coalesce.h - Constants in the order of threads -----------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_COALESCE_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_COALESCE_H

#include "../../Common/Nest.h"

namespace mlir::qopt {

/// Cycles in which a multiprocessor takes the loads of one term by one warp: a
/// sector of 32 bytes each where neighbouring threads are far apart.
double countLoadCycles(const Nest &nest);

/// Gives `nest` copies of constants, made now, in which neighbouring threads
/// have neighbouring elements, where they would read far apart. Constants keep
/// their size: windows that overlap are left.
void coalesceConstants(Nest &nest);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_COALESCE_H
