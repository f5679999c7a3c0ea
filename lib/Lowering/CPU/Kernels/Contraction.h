//===- Contraction.h - Contractions as tiles --------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_CONTRACTION_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_CONTRACTION_H

#include "../../Common/Nest.h"
#include "MicroKernel.h"

#include "mlir/IR/AsmState.h"
#include "quantopt/Support/TileTable.h"

namespace mlir::qopt {

/// One factor of a body's product.
struct Factor {
  unsigned input;
  bool isUnsigned = false;
  /// The input that a converted float is multiplied by.
  std::optional<unsigned> scale;
};

/// The factors of a body `acc + a * b` of integers or of floats, each extended
/// at most once and not scaled, that are the nest's two inputs.
std::optional<std::pair<Factor, Factor>> matchProduct(const Nest &nest);

/// The term of a body `acc + a` of integers that is extended at most once.
std::optional<Factor> matchSum(const Nest &nest);

/// The loops of a nest `acc[row, column] += a[row, k] * w[k, column]` by role.
struct Contraction {
  /// Which of the nest's two inputs are activations and weights.
  unsigned activations;
  unsigned weights;
  bool isFloat;
  /// Activations have 16 bits.
  bool isWide = false;
  /// The weights are known now; else they are packed at run time.
  bool isConstant = true;
  /// The input that holds factors of the weights: constants, one a column, or
  /// one a column and step of the reduction's outer loops.
  std::optional<unsigned> scales;
  /// The body extends activations by zeros.
  bool isUnsigned = false;
  /// Parallel loops that select other weights (groups): outermost.
  SmallVector<unsigned> batches;
  /// Parallel loops that weights do not know, outer to inner.
  SmallVector<unsigned> rows;
  /// The loop along the output's contiguous dimension.
  unsigned column;
  /// Reduction loops over one contiguous run of activations, outer to inner,
  /// and those around it.
  SmallVector<unsigned> run;
  SmallVector<unsigned> outer;
  int64_t runLength = 1;
};

/// Recognises a contraction in `nest`.
FailureOr<Contraction> matchContraction(const Nest &nest);

/// Weights in the order in which a tile reads them: for each batch, panel of
/// columns and outer reduction step, groups of `group` products for `width`
/// columns, zero where the run or the columns end.
struct PackedWeights {
  /// Bytes, in the element type of the weights, ready to become a constant.
  AsmResourceBlob data;
  /// Elements from one batch to the next.
  int64_t batchStride;
  /// Elements of one column over the whole (padded) reduction.
  int64_t columnSize;
  /// Sums of each column, by batch and padded column (integers only).
  std::vector<int32_t> sums;
  int64_t paddedColumns;
};

/// `groups` are those of one run, zeros behind its end included. `panels` are
/// the widths of the panels in columns; their sum is at least the number of
/// columns. Fails where the weights' bytes are not at hand.
FailureOr<PackedWeights> packWeights(const Nest &nest,
                                     const Contraction &contraction,
                                     unsigned group, int64_t groups,
                                     ArrayRef<int64_t> panels);

/// The factors of the weights by batch, by step of the outer reduction where
/// they differ between those, and by column, zero behind the last.
struct PackedScales {
  std::vector<char> data;
  int64_t batchStride, stepStride;
};
FailureOr<PackedScales> packScales(const Nest &nest,
                                   const Contraction &contraction,
                                   int64_t paddedColumns);

/// Whether the weights are known and keep within `bound`.
bool weightsKeep(WeightBound bound, const Nest &nest,
                 const Contraction &contraction);

/// The bytes of a constant global behind `buffer` and whether they are one
/// element repeated.
struct ConstantBytes {
  ArrayRef<char> data;
  bool isSplat;
};
std::optional<ConstantBytes> getConstantBytes(Value buffer);

/// The positions of a set of loops in order, as offsets of one operand.
SmallVector<int64_t> enumerateOffsets(const Nest &nest,
                                      ArrayRef<unsigned> loops,
                                      const Access &access);

/// Emits `nest` as tiles of vectors, `choice`, at the builder's insertion
/// point.
LogicalResult emitContraction(OpBuilder &builder, Nest &nest,
                              const Contraction &contraction,
                              const MicroKernel &kernel,
                              const quantopt::TileChoice &choice);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_CONTRACTION_H
