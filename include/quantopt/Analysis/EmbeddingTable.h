//===- EmbeddingTable.h - Constants whose rows the data choose --*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_EMBEDDINGTABLE_H
#define QUANTOPT_ANALYSIS_EMBEDDINGTABLE_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Operation.h"

namespace mlir::qopt {

/// A load from an embedding table in a body: a constant of f32 from outside of
/// it, of which the first indices, `rowDims` of them, depend on the body's
/// operands, and the others on its position only. What they leave free is a
/// row, of at least `kLeastRow` elements.
struct EmbeddingRead {
  /// With fewer, a scale a row costs more than half of what 8 bits save.
  static constexpr int64_t kLeastRow = 4;

  tensor::ExtractOp load;
  int64_t rowDims;
};

/// The embedding tables that `op`, a `linalg.generic`, reads; empty for all
/// else.
SmallVector<EmbeddingRead> findEmbeddingReads(Operation *op);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_EMBEDDINGTABLE_H
