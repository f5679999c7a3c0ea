//===- MatrixPlan.h - Shapes of blocks of tile registers --------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXPLAN_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXPLAN_H

#include "Contraction.h"

namespace mlir::qopt {

/// How AMX does a contraction: in blocks of up to four accumulators, each of
/// `tileRows` rows by one vector of columns. A row tile is a stretch of the
/// innermost row loop; those of a block may lie on several lines.
struct MatrixPlan {
  /// Rows of a tile register, and 32-bit words of one of its rows.
  static constexpr int64_t kTile = 16;

  /// Rows of a tile, at most 16.
  int64_t tileRows = 0;
  /// Such tiles of a line, and the rows that a last tile of each line has.
  int64_t lineTiles = 0;
  int64_t restRows = 0;
  /// Lines: the trip counts of all row loops but the innermost.
  int64_t lines = 1;
  /// A block's accumulators: row tiles by vectors of columns.
  int64_t blockTiles = 1;
  int64_t vectors = 1;
  /// Groups of a step, at most 16, and steps of a run; the run is padded with
  /// zero weights to so many groups.
  int64_t stepGroups = 0;
  int64_t steps = 0;
  /// Blocks of rows of a chunk, which one thread does at a time, and whether
  /// all columns pass by a block of rows (weights stay in the second-level
  /// cache) or all rows of a chunk by a panel of columns.
  int64_t chunkBlocks = 0;
  bool rowsStay = true;
  /// Where columns stay: parts of the run that all rows of a chunk pass by one
  /// after the other, so that a part of the columns stays in the first-level
  /// cache. Sums wait in a buffer in between.
  int64_t parts = 1;
  /// Whether a chunk's rows are copied to where the tiles that pass lie one
  /// behind the other.
  bool packsRows = false;
  /// Every other block reduces backward: what stays, and is more than the
  /// first-level cache keeps, is still there at its end.
  bool turns = false;
  /// Whether what passes is loaded past the first-level cache: it would not
  /// stay there, and what stays of a block does if it is left alone.
  bool streams = false;
  /// Where weights, or rows that stay, come from beyond the second-level cache:
  /// cache lines of the next panel, or of the next block of rows, that each
  /// step asks for.
  int64_t linesAhead = 0;
  int64_t rowLinesAhead = 0;

  int64_t groups() const { return steps * stepGroups; }
  /// Row tiles with `tileRows` rows.
  int64_t wholeTiles() const { return lines * lineTiles; }
};

/// A plan and what it costs in cycles.
struct RankedPlan {
  MatrixPlan plan;
  double cycles;
};

/// The plans for `contraction`, one for each shape of blocks, cheapest first;
/// none where tiles cannot do it. `kernel` is the target's kernel for vectors.
SmallVector<RankedPlan> rankMatrixTiles(const Nest &nest,
                                        const Contraction &contraction,
                                        const MicroKernel &kernel);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXPLAN_H
