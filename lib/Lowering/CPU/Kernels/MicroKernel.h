//===- MicroKernel.h - The inner step of a register tile --------*- C++ -*-===//
//
// A target's way to add `group` products to each lane of an accumulator. The
// tile around it is the same for all of them.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H

#include "../TargetInfo.h"

#include "mlir/IR/Builders.h"

namespace mlir::qopt {

struct MicroKernel {
  enum class Kind {
    /// vpdpbusd: four u8 x s8 products a lane; s8 activations are read with
    /// their sign bit inverted, and 128 times the column sums compensated.
    Dot4,
    /// sdot: four s8 x s8 products a lane.
    SignedDot4,
    /// vpmaddwd of bytes widened to 16 bits: two products a lane, exact.
    Pairs,
    /// vpdpwssd, or vpmaddwd, of 16-bit activations and bytes widened to 16
    /// bits: two products a lane, exact.
    WidePairs,
    /// One product a lane, in i32.
    Single,
    /// One product a lane, in f32, fused where the target can.
    Float,
  };
  Kind kind;
  /// 32-bit lanes of a vector.
  unsigned lanes;
  /// Products that one step adds to a lane.
  unsigned group;
  /// Vector registers of the target.
  unsigned registers;
  bool hasFMA = false;
  /// Pairs of 16 bits accumulate in one instruction.
  bool hasPairDot = false;
  /// The target looks bytes up in a table of 128 in one instruction.
  bool hasByteTables = false;

  /// The kernel for i8 x i8 -> i32, and for f32.
  static MicroKernel getInteger(const TargetInfo &target);
  /// The kernel for i16 x i8 -> i32.
  static MicroKernel getWide(const TargetInfo &target);
  static MicroKernel getFloat(const TargetInfo &target);

  bool isFloat() const { return kind == Kind::Float; }
  /// Whether activations are read as u8, that is with 128 added.
  bool readsUnsigned() const { return kind == Kind::Dot4; }

  /// `group` activations from `flat[index...]` in every lane. `isUnsigned`
  /// says that the bytes stand for unsigned values, or already hold s8 with the
  /// sign bit inverted.
  Value emitActivation(OpBuilder &builder, Location loc, Value flat,
                       Value index, bool isUnsigned) const;
  /// `lanes * group` packed weights from `flat[index...]`.
  Value emitWeights(OpBuilder &builder, Location loc, Value flat,
                    Value index) const;
  /// `accumulator + activation . weights`, lane by lane.
  Value emitStep(OpBuilder &builder, Location loc, Value accumulator,
                 Value activation, Value weights) const;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H
