//===- MicroKernel.h - The inner step of a register tile --------*- C++ -*-===//
//
// A target's way to add `group` products to each lane of an accumulator. The
// tile around it is the same for all of them. One class a family of
// instructions: X86MicroKernels.cpp, ArmMicroKernels.cpp, and what needs no
// instruction of its own in MicroKernel.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H

#include "../TargetInfo.h"

#include "mlir/IR/Builders.h"

namespace mlir::qopt {

/// Instruction sets whose intrinsics the code around a tile may use.
enum class Family { X86, Arm, Other };

/// The vectors of a target.
struct VectorUnit {
  /// 32-bit lanes of the widest vector.
  unsigned lanes;
  /// Vector registers.
  unsigned registers;
  /// The target looks bytes up in a table of 128 in one instruction.
  bool hasByteTables = false;
  Family family = Family::Other;
  /// Vector logic runs beside two multiply-adds a cycle (AMD's four pipes), and
  /// does not take turns with them (Intel's two 512-bit ports).
  bool hasSparePorts = false;
  /// f32 multiplies and adds with one rounding.
  bool hasFMA = false;
  /// Multiplies bytes of different signedness and adds neighbours to words.
  bool hasBytePairs = false;

  static VectorUnit get(const TargetInfo &target);
};

/// What the scheduler of a tile needs to know of a step, in units of the
/// vector instructions of which a core issues two a cycle.
struct StepCost {
  /// One step, for one vector of accumulators.
  double step = 1;
  /// Preparing the activations of one row beyond the load.
  double activation = 0;
  /// Preparing one vector of weights beyond the load.
  double weights = 0;
  /// Registers that a vector of weights takes.
  unsigned weightRegisters = 1;
  /// Registers besides accumulators and weights.
  unsigned scratchRegisters = 2;
  /// Independent accumulators that hide the latency of a step.
  unsigned chains = 8;
};

/// What a kernel demands of weights to be exact.
enum class WeightBound {
  Any,
  /// No weight is -128.
  Symmetric,
  /// No two neighbours along the reduction, in groups of even size, can take
  /// the sum of two products with bytes of 0 to 255 out of 16 bits.
  Pairs,
  /// All are from -8 to 7, and lie eight to a word.
  Nibbles,
};

class MicroKernel {
public:
  /// One value, or the parts of it that stand in different registers.
  using Parts = SmallVector<Value, 2>;

  virtual ~MicroKernel();

  /// 32-bit lanes of a vector.
  const unsigned lanes;
  /// Products that one step adds to a lane.
  const unsigned group;
  /// Vector registers of the target.
  const unsigned registers;
  const bool hasByteTables;
  const VectorUnit unit;
  /// Rows whose activations one step takes.
  unsigned rows = 1;
  /// Steps whose activations are loaded together where that many follow.
  unsigned stepsPerLoad = 1;
  StepCost cost;
  WeightBound bound = WeightBound::Any;

  virtual bool isFloat() const { return false; }
  /// Whether activations are read as u8, so that s8 buffers had better hold
  /// their values with 128 added.
  virtual bool readsUnsigned() const { return false; }
  /// What the kernel sees is the activation plus this. `isUnsigned` says that
  /// the bytes stand for unsigned values.
  virtual int32_t getShift(bool isUnsigned) const { return 0; }

  /// `group` activations from `flat[index...]` of each row, as one step takes
  /// them. `isUnsigned` says that the bytes stand for unsigned values, or
  /// already hold s8 with the sign bit inverted.
  virtual Parts emitActivation(OpBuilder &builder, Location loc, Value flat,
                               ValueRange indices, bool isUnsigned) const = 0;
  /// The activations of `stepsPerLoad` steps that follow each other.
  virtual SmallVector<Parts> emitActivations(OpBuilder &builder, Location loc,
                                             Value flat, ValueRange indices,
                                             bool isUnsigned) const;
  /// Whether steps also take activations that differ from lane to lane.
  virtual bool takesLanes() const { return false; }
  /// `group` activations a lane, as they are stored, in the form of
  /// `emitActivation`.
  virtual Parts emitLanes(OpBuilder &builder, Location loc, Value elements,
                          bool isUnsigned) const {
    return {elements};
  }
  /// Whether weights that are bytes may be packed as words, which a step would
  /// extend them to.
  virtual bool takesWordWeights() const { return false; }
  /// `lanes * group` packed weights from `flat[index...]`.
  virtual Parts emitWeights(OpBuilder &builder, Location loc, Value flat,
                            Value index) const = 0;
  /// Activations of one, in the form of `emitActivation`; integers only.
  virtual Parts emitOnes(OpBuilder &builder, Location loc) const;
  /// `accumulator + activation . weights`, lane by lane, for each row.
  virtual void emitStep(OpBuilder &builder, Location loc,
                        MutableArrayRef<Value> accumulators,
                        ArrayRef<Value> activation,
                        ArrayRef<Value> weights) const = 0;
  /// From one accumulator a row to the arrangement that steps keep them in, or
  /// back: doing it twice changes nothing.
  virtual void emitArrangement(OpBuilder &builder, Location loc,
                               MutableArrayRef<Value> accumulators) const {}
  /// `sum + x * w` in f32, with one rounding where the target can.
  Value emitMultiplyAdd(OpBuilder &builder, Location loc, Value x, Value w,
                        Value sum) const;

protected:
  MicroKernel(const VectorUnit &unit, unsigned group)
      : lanes(unit.lanes), group(group), registers(unit.registers),
        hasByteTables(unit.hasByteTables), unit(unit) {
    if (registers >= 32)
      cost.scratchRegisters = 3;
  }

  VectorType vectorOf(Type element, unsigned perLane = 1) const {
    return VectorType::get({static_cast<int64_t>(lanes) * perLane}, element);
  }
  /// The 32 bits at `flat[index...]`, in every lane.
  Value emitWords(OpBuilder &builder, Location loc, Value flat,
                  Value index) const;
  /// The weights as they are stored.
  Value emitStored(OpBuilder &builder, Location loc, Value flat,
                   Value index) const;
};

/// A call of an LLVM intrinsic with one result.
Value emitIntrinsic(OpBuilder &builder, Location loc, StringRef name,
                    Type result, ValueRange operands);

using MicroKernelRef = std::shared_ptr<const MicroKernel>;

/// The kernels of a target.
struct MicroKernels {
  /// i8 x i8 -> i32, the fastest first. The last demands nothing of weights and
  /// takes one row.
  SmallVector<MicroKernelRef> integers;
  /// i16 x i8 -> i32, and i16 x i16 -> i32.
  MicroKernelRef wide;
  /// f32.
  MicroKernelRef floating;
  /// f32 activations by weights of four bits.
  MicroKernelRef nibbles;
  /// AMX multiplies tiles of bytes.
  bool hasMatrixTiles = false;

  static MicroKernels get(const TargetInfo &target);
};

// The families, into fields that are left as they are where the target has no
// such instructions.
void addX86Kernels(const TargetInfo &target, MicroKernels &kernels);
void addArmKernels(const TargetInfo &target, MicroKernels &kernels);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MICROKERNEL_H
