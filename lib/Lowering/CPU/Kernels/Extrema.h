//===- Extrema.h - Maxima and minima along lanes ----------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_EXTREMA_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_EXTREMA_H

#include "../../Common/Nest.h"
#include "MicroKernel.h"

namespace mlir::qopt {

/// The reduction loop of `nest` whose neighbours lie beside each other in every
/// operand, where the reduction is a maximum or minimum, or another combination
/// to which neither order nor repetition matters. Nothing where such a loop has
/// fewer than two vectors of `kernel`, or where neighbours are fused in.
std::optional<unsigned> chooseExtremumLane(const Nest &nest,
                                           const MicroKernel &kernel);

/// Emits `nest` with the vectors of `kernel` along the reduction loop `lane`,
/// at the builder's insertion point.
void emitExtremum(OpBuilder &builder, Nest &nest, unsigned lane,
                  const MicroKernel &kernel);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_EXTREMA_H
