//===- Lanes.h - Elementwise, depthwise and pooling kernels -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANES_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANES_H

#include "../../Common/Nest.h"
#include "Depthwise.h"
#include "MicroKernel.h"

namespace mlir::qopt {

/// The parallel loop of `nest` whose neighbours make good lanes: contiguous in
/// the result, and contiguous or invariant in every operand. With `mayGather`,
/// operands or the result may be strided. None where scalar loops are as good.
std::optional<unsigned> chooseLane(const Nest &nest, bool mayGather);

/// Emits `nest` with the vectors of `kernel` along `lane`, at the
/// builder's insertion point: several output points at a time, each with its
/// accumulator in a register over the whole reduction. The products of
/// `depthwise` are steps of `kernel`.
void emitLanes(OpBuilder &builder, Nest &nest, unsigned lane,
               const MicroKernel &kernel,
               const std::optional<Depthwise> &depthwise = std::nullopt);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANES_H
