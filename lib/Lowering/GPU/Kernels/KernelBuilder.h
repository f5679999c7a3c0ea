//===- KernelBuilder.h - One GPU kernel and its launch ----------*- C++ -*-===//
//
// A kernel starts without arguments: whatever buffer of the function its body
// turns out to use becomes one. Positions are integers of 32 bits where every
// buffer is small enough, since GPUs have no others.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_KERNELBUILDER_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_KERNELBUILDER_H

#include "../../Common/Nest.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::qopt {

/// Bytes that the address of every buffer in a GPU's memory is a multiple of:
/// what its copies and vector loads want.
constexpr int64_t kGPUAlignment = 256;

/// Multiprocessors of the GPU that models of time have in mind: an H100.
constexpr int64_t kMultiprocessors = 132;

class KernelBuilder {
public:
  /// Begins a kernel of `module`, to be launched in the place of `op`. The
  /// builder stands in its body. Positions have 64 bits where `isLarge`.
  KernelBuilder(gpu::GPUModuleOp module, Operation *op, StringRef name,
                bool isLarge);

  OpBuilder b;
  const Location loc;

  /// The type of positions and sizes.
  Type getPositionType() const { return position; }
  Value constant(int64_t value);
  /// Arithmetic on positions; operands that are constants fold.
  Value add(Value left, Value right);
  Value mul(Value left, int64_t right);
  Value min(Value left, int64_t right);
  /// Of numbers that are not negative.
  Value divide(Value left, int64_t right);
  Value remainder(Value left, int64_t right);
  /// The block's and the thread's number along x and y, as positions.
  Value getBlock(gpu::Dimension dimension);
  Value getThread();

  /// `flat` as positions along loops of `sizes`, the last one fastest.
  SmallVector<Value> delinearize(Value flat, ArrayRef<int64_t> sizes);

  /// The element of `access` at `ivs`; null entries count as zero.
  Value computePosition(const Access &access, ArrayRef<Value> ivs);
  Value load(const Access &access, ArrayRef<Value> ivs);
  void store(Value value, const Access &access, ArrayRef<Value> ivs);

  /// A value of the function inside of the kernel: a buffer as an argument, a
  /// constant as a copy. Null, with an error, for any other.
  Value import(Value outside);
  /// The whole allocation behind `access` as a flat buffer inside of the
  /// kernel.
  Value importFlat(const Access &access);
  /// A flat buffer that the threads of a block share.
  Value addShared(Type element, int64_t count);
  /// From now on `inside` is the whole allocation `root`.
  void bind(Value root, Value inside) { bound[root] = inside; }
  /// The address of a flat buffer of the kernel, in global memory.
  Value getPointer(Value buffer);

  /// The body of `op` on `arguments` (one for each of its block's), at `ivs`
  /// for the loops whose number it asks for. Returns what it yields; empty,
  /// with an error, where it uses what is not in a kernel.
  SmallVector<Value> inlineBody(linalg::GenericOp op, ValueRange arguments,
                                ArrayRef<Value> ivs = {});
  /// A stage of a nest at `ivs`; `accumulator` is the reduction's value.
  Value evaluate(const Stage &stage, ArrayRef<Value> ivs,
                 Value accumulator = {});

  /// Ends the kernel and launches it. `sharedBytes` are dynamic ones.
  void finish(std::array<int64_t, 3> grid, int64_t threads,
              int64_t sharedBytes = 0);

  bool hasFailed() const { return isFailed; }

private:
  Value addArgument(Value outside);
  /// Tells the function which arguments it has by now.
  void updateType();

  Operation *anchor;
  gpu::GPUFuncOp func;
  Type position;
  llvm::MapVector<Value, Value> arguments;
  DenseMap<Value, Value> bound;
  IRMapping constants;
  llvm::DenseMap<int64_t, Value> positions;
  bool isFailed = false;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_KERNELBUILDER_H
