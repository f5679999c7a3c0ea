//===- NarrowStore.h - Quantize and store whole cache lines -----*- C++ -*-===//
//
// Most kernels end by rounding floats to bytes, or to words. Done lane by lane
// that is a quarter of a register a store; here neighbouring vectors are
// narrowed and stored together.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_NARROWSTORE_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_NARROWSTORE_H

#include "../../Common/Nest.h"
#include "MicroKernel.h"

namespace mlir::qopt {

/// How a body ends that quantizes: it yields
/// `trunc(fptosi(clamp(roundeven(value) + zeroPoint, low, high)))` as i8 or
/// i16.
///
/// The same integer is `trunc(rint(clamp(value, low - zeroPoint, high -
/// zeroPoint)) + zeroPoint)`: both bounds are integers, rounding is monotonic
/// and keeps integers, and no sum of f32 is rounded between the bounds. NaN
/// becomes the lower bound in both.
///
/// Where `value` is proven to be finite and to fit i32, be it because it is
/// clamped before it is divided, x86 needs neither clamp: its packs saturate.
struct NarrowTail {
  /// In the body; an f32.
  Value value;
  /// Of the result.
  unsigned bits = 8;
  int64_t zeroPoint = 0;
  int64_t low = 0;
  int64_t high = 0;
  bool saturates = false;
};

/// The tail of the body of `op`, which is that of `stage` (null: of no stage),
/// or nothing where it ends in another way.
std::optional<NarrowTail> matchNarrowTail(linalg::GenericOp op,
                                          const Stage *stage,
                                          const VectorUnit &unit);

/// `value`, a vector of f32, rounded to i32 by `tail`, without the zero point;
/// clamped unless `emitNarrow` does that.
Value emitRounded(OpBuilder &builder, Location loc, Value value,
                  const NarrowTail &tail, Family family);

/// All vectors behind each other.
Value concatenate(OpBuilder &builder, Location loc, ArrayRef<Value> vectors);

/// Vectors that `emitNarrow` takes at once, at most.
constexpr unsigned kMaximalNarrow = 4;

/// One vector of all of `rounded` as bytes or words, in order, with the zero
/// point added and, where `isFlipped`, the sign bit of bytes inverted.
Value emitNarrow(OpBuilder &builder, Location loc, ArrayRef<Value> rounded,
                 const NarrowTail &tail, bool isFlipped, Family family);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_NARROWSTORE_H
