//===- Nest.h - Loop nests over buffers, for kernels ------------*- C++ -*-===//
//
// What a kernel sees of a linalg operation on memrefs and of its neighbours:
// loops with static trip counts, and operands as flat buffers that each loop
// walks with a constant stride. Layouts, transposes, windows, strides and
// dilations are all just strides here.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_COMMON_NEST_H
#define QUANTOPT_LIB_LOWERING_COMMON_NEST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <limits>

namespace mlir::qopt {

/// An operand: element `offset + sum(strides[d] * iv[d])` of a flat buffer.
/// Strides and offset count elements from the start of the allocation. A scalar
/// operand is an access without strides.
struct Access {
  Value buffer;
  Type element;
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  /// What a body adds to the position: indices that it computes, each with the
  /// elements between neighbours.
  SmallVector<std::pair<Value, int64_t>, 0> terms;
  /// The buffer holds i8 values with their sign bit inverted.
  bool isFlipped = false;

  bool isInvariant() const {
    return llvm::all_of(strides, [](int64_t stride) { return stride == 0; });
  }
};

/// The scalar body of an elementwise operation that runs before or after the
/// reduction, at each point of the parallel loops.
struct Stage {
  linalg::GenericOp op;
  /// One access an input of `op`; the entry at `accumulator` is the reduction's
  /// value instead (-1: none).
  SmallVector<Access> inputs;
  int accumulator = -1;
  /// The stage puts the accumulators of one loop together, by halves: see
  /// `--qopt-split-reductions`. It has no inputs then.
  bool combines = false;
  /// What the reduction's value is at most in magnitude, as far as is known.
  double accumulatorBound = std::numeric_limits<double>::infinity();
};

/// A reduction (or an elementwise operation) with the operation that gives it
/// its initial value and the one that consumes it.
struct Nest {
  linalg::GenericOp main;
  std::optional<Stage> init;
  std::optional<Stage> epilogue;
  /// Loops of `main`; merged loops have trip count 1.
  SmallVector<int64_t> sizes;
  SmallVector<bool> isReduction;
  /// Inputs of `main`.
  SmallVector<Access> inputs;
  /// What the body of `main` loads by itself, at the loops' positions and its
  /// own.
  SmallVector<std::pair<memref::LoadOp, Access>, 0> loads;
  /// What `main` accumulates into; read where `init` is missing.
  Access accumulator;
  /// Where the nest's result is stored: the accumulator's place or the
  /// epilogue's output.
  Access output;

  /// The operation that the nest replaces last: code is emitted there.
  Operation *getAnchor() {
    return epilogue ? epilogue->op.getOperation() : main.getOperation();
  }
  bool hasReduction() const { return llvm::is_contained(isReduction, true); }
  /// Every access of the nest.
  SmallVector<Access *> getAccesses();
  /// Erases the operations that the nest stands for.
  void erase(RewriterBase &rewriter);
};

/// Describes `op`, with its initialization and epilogue where those are fused.
/// Fails on what kernels do not handle: several results, dynamic strides,
/// non-linear maps, bodies that ask for their position for more than loads.
FailureOr<Nest> matchNest(linalg::GenericOp op);

/// Merges loops that all operands walk as one: afterwards the inner loop of a
/// merged pair has the product of the trip counts and the outer one has 1.
/// Where `keepsOrder`, no reduction takes its terms in another order than
/// before.
void mergeLoops(Nest &nest, bool keepsOrder = false);

/// Whether a body computes other positions of `access` along `loop`.
bool hasTermsAlong(const Nest &nest, const Access &access, unsigned loop);

/// The allocation, argument or global that `buffer` is a view of.
Value getRoot(Value buffer);

/// Whether nothing but `ops` uses `buffer`, itself or through a view.
bool isUsedOnlyBy(Value buffer, const DenseSet<Operation *> &ops);

/// Sorts loops by their stride in `access`, largest first.
void sortByStride(SmallVectorImpl<unsigned> &loops, const Access &access);

/// Whether an operation strictly between `begin` and `end`, of one block, reads
/// or writes the buffer `root`.
bool isTouchedBetween(Operation *begin, Operation *end, Value root);

/// `access.buffer` as a flat memref that starts where the allocation does.
Value emitFlatView(OpBuilder &builder, Location loc, const Access &access);

/// The index of `access` at `ivs`; null entries of `ivs` count as zero.
Value emitIndex(OpBuilder &builder, Location loc, const Access &access,
                ArrayRef<Value> ivs, int64_t extra = 0);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_COMMON_NEST_H
