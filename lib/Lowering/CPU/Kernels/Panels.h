//===- Panels.h - What the tiles of a contraction share ---------*- C++ -*-===//
//
// A contraction's columns are cut into panels of a few vectors. Their weights
// lie packed, panel by panel, beside the values that the accumulators start
// from.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_PANELS_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_PANELS_H

#include "Contraction.h"
#include "TilePlan.h"

namespace mlir::qopt {

struct Panels {
  /// Micro-kernel steps of one run, with those that only add zeros.
  int64_t groups = 1;
  /// Panels of `vectors` vectors that lie within the columns.
  int64_t full = 0;
  int64_t vectors = 1;
  /// Vectors of a last panel that is smaller, or masked; 0: there is none.
  int64_t lastVectors = 0;
  int64_t paddedColumns = 0;
  /// Packed weights of one column.
  int64_t columnSize = 0;
  /// The packed weights, a flat buffer, and elements from batch to batch.
  Value weights;
  int64_t weightBatchStride = 0;
  /// Factors of the weights by batch, step of the outer reduction (or the same
  /// for all: stride 0) and padded column. Null: none.
  Value scales;
  int64_t scaleBatchStride = 0, scaleStepStride = 0;
  /// Initial accumulators by batch and padded column, with the columns'
  /// sums taken away as often as the kernel shifts activations; that
  /// compensation alone where `startIsComplete` is false. Null: neither.
  Value start;
  bool startIsComplete = false;
  int64_t startBatchStride = 0;

  int64_t count() const { return full + (lastVectors > 0); }
};

/// Micro-kernel steps along the whole reduction.
int64_t countSteps(const Nest &nest, const Contraction &contraction,
                   const MicroKernel &kernel);

/// What tiles of vectors have to cover in the two innermost row loops.
TileProblem getTileProblem(const Nest &nest, const Contraction &contraction,
                           const MicroKernel &kernel);

/// Cuts the columns into panels of `vectors` vectors and packs constant weights
/// into globals, each run with zeros up to `groups` groups: panel by panel, or,
/// with `byVector`, vector by vector. Weights that are computed at run time get
/// buffers, for one batch at a time. Fails where the bytes of constant weights
/// are not at hand.
FailureOr<Panels> preparePanels(OpBuilder &builder, Location loc,
                                const Nest &nest,
                                const Contraction &contraction,
                                const MicroKernel &kernel, int64_t vectors,
                                int64_t groups, bool byVector = false);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_PANELS_H
