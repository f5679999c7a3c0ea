//===- MatrixKernel.h - Products of bytes on tensor cores -------*- C++ -*-===//
//
// A contraction as a product of matrices: whatever loops it has, each is one of
// rows, of columns, of terms or of the batch, and an operand's position is a
// sum of what each of those contributes. Convolutions need no copy of
// their windows for that.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXKERNEL_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXKERNEL_H

#include "KernelBuilder.h"

#include "mlir/IR/AsmState.h"

namespace mlir::qopt {

/// One factor: an input of the nest, and the loops that move along its rows
/// (those of the result for the left factor, the result's columns for the right
/// one).
struct MatrixFactor {
  unsigned input;
  bool isUnsigned = false;
  SmallVector<unsigned> rows;
  /// Bytes that always lie together along the terms and can be loaded at once:
  /// 16, 8, 4 or 1.
  int64_t granule = 1;
};

/// `result[row, column] += left[row, term] * right[column, term]` for each
/// entry of a batch. Loops stand outer to inner.
struct MatrixProduct {
  MatrixFactor left, right;
  SmallVector<unsigned> batch;
  SmallVector<unsigned> terms;
  int64_t rowCount = 1, columnCount = 1, termCount = 1, batchCount = 1;
  /// The right factor is known at compile time.
  bool isConstant = false;
  /// Terms that lie together in the left factor are all there are: term `k` is
  /// byte `k` of a row. The same for the right one.
  bool hasDenseLeft = false, hasDenseRight = false;
};

/// Recognises a product of bytes with 32-bit sums in `nest`, with merged loops,
/// that is worth a tensor core.
std::optional<MatrixProduct> matchMatrixProduct(const Nest &nest);

/// How a product is cut: a block of threads makes `rows` times `columns` of the
/// result, each of its warps an equal part.
struct MatrixTile {
  int64_t rows, columns;
  int64_t warpRows, warpColumns;
  /// Bytes of a row that are in shared memory at once, and how many such steps
  /// are on their way.
  int64_t step;
  int64_t stages;
  /// Four warps together make 64 rows of the result, with `wgmma` of compute
  /// capability 9.0, which reads both factors from shared memory.
  bool usesWarpgroups;

  int64_t threads() const { return 32 * warpRows * warpColumns; }
  int64_t stageBytes() const { return (rows + columns) * step; }
};

/// The tile that a model of a GPU, with warpgroups or without, takes the
/// shortest time for.
MatrixTile chooseMatrixTile(const MatrixProduct &product, bool hasWarpgroups);

/// The cycles that the model takes for it.
double estimateCycles(const MatrixProduct &product, const MatrixTile &tile);

/// The right factor as `[batch][columns][terms]`, zero where terms end before
/// the last step and columns before the last tile.
AsmResourceBlob packRightFactor(const Nest &nest, const MatrixProduct &product,
                                const MatrixTile &tile);

/// Positions of the terms in `factor`, one for each granule, as i32; what is
/// behind the last term has the position of the first.
AsmResourceBlob listTermPositions(const Nest &nest,
                                  const MatrixProduct &product,
                                  const MatrixFactor &factor, int64_t padded);

/// Emits `nest` into `kernel` and launches it.
LogicalResult emitMatrixKernel(KernelBuilder &kernel, const Nest &nest,
                               const MatrixProduct &product,
                               const MatrixTile &tile);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_MATRIXKERNEL_H
