//===- FillLanes.h - Channels of several points as lanes --------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_FILLLANES_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_FILLLANES_H

#include "../../Common/Nest.h"

namespace mlir::qopt {

/// Where loop `lane` of `nest` leaves many of `lanes` lanes idle in its last
/// vector, and neighbouring points of another loop lie behind each other in
/// memory, lengthens it by some of these points: 8 channels of 2 points fill a
/// vector of 16, those of 3 channels and 16 points fill 3. Constants that know
/// the channel alone are repeated for each point, at the builder's insertion
/// point.
void fillLanes(OpBuilder &builder, Nest &nest, unsigned lane, int64_t lanes);

/// Stores the constant behind `access`, whose elements have whole bytes, once
/// more as constant `name`: those along `lane` side by side, `times` times, and
/// those of the other loops around them.
void storeAlongLanes(OpBuilder &builder, const Nest &nest, Access &access,
                     unsigned lane, int64_t times, StringRef name);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_FILLLANES_H
