//===- RowKernel.h - Several operations by a block for each row -*- C++ -*-===//
//
// A layer norm, a softmax, a quantization by rows: operations that follow each
// other and read of what the one before has written only the row that they
// write. A block of threads computes all of them for one row, with barriers in
// between, where a kernel for each would mostly wait to be launched.
//
// What a row is follows from strides alone: an operand's part of row `r` is
// elements `r * size` to before `(r + 1) * size` of its buffer, for every
// operand of a buffer that goes from one operation to another.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_ROWKERNEL_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_ROWKERNEL_H

#include "KernelBuilder.h"

#include <vector>

namespace mlir::qopt {

/// A nest, the loops of which are those over rows, outer to inner, and others.
struct RowNest {
  Nest nest;
  SmallVector<unsigned> rowLoops;

  /// The threads that have work in one of `rows` rows.
  int64_t countThreads(int64_t rows) const;
  /// How many parts a sum is divided into, each for another of `threads`
  /// threads, where a row has fewer elements than there are threads.
  int64_t getParts(int64_t rows, int64_t threads) const;
};

/// Nests that one kernel computes.
struct RowPlan {
  std::vector<RowNest> nests;
  int64_t rows;
  int64_t threads;
};

/// An operation in its place: a nest, or null where it is none, and the cycles
/// that a kernel of its own takes if it is not one of a thread for each point.
struct RowCandidate {
  const Nest *nest;
  std::optional<double> cycles;
};

/// That `count` candidates are one kernel of `rows` blocks; or, with no rows,
/// that one is a kernel of another kind.
struct RowChoice {
  size_t count;
  int64_t rows;
};

/// Nests of one kernel at most: planning stays linear in a model's length.
constexpr size_t kMostOfRow = 48;

/// What begins at each candidate, where a kernel begins there, such that all
/// kernels together take the fewest cycles. The estimate counts launches, steps
/// of a thread, and how much of a GPU the rows fill.
SmallVector<RowChoice> chooseRows(ArrayRef<RowCandidate> candidates);

/// The kernel of `choice`, which begins at the first of `candidates`.
RowPlan planRows(ArrayRef<RowCandidate> candidates, const RowChoice &choice);

/// Emits the nests of `plan` into `kernel` and launches it. Buffers that only
/// they use become shared memory where there is room.
LogicalResult emitRowKernel(KernelBuilder &kernel, RowPlan plan);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_ROWKERNEL_H
