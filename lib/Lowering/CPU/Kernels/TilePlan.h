//===- TilePlan.h - Shapes of register tiles --------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILEPLAN_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILEPLAN_H

#include "MicroKernel.h"

namespace mlir::qopt {

/// What one tile of a contraction has to cover.
struct TileProblem {
  /// Trip counts of the two innermost row loops.
  int64_t height;
  int64_t width;
  int64_t columns;
  /// Steps of the micro-kernel along the reduction.
  int64_t steps;
};

/// A tile of `height` x `width` rows by `vectors` column vectors, with `splits`
/// independent sets of accumulators along the reduction.
struct TileShape {
  int64_t height = 1;
  int64_t width = 1;
  int64_t vectors = 1;
  int64_t splits = 1;
  int64_t rows() const { return height * width; }
};

/// The best tile of exactly `vectors` column vectors, and what it costs in
/// cycles for all rows.
std::pair<TileShape, double> planRows(const TileProblem &problem,
                                      const MicroKernel &kernel,
                                      int64_t vectors);

/// The tile of `height` x `width` rows by `vectors` column vectors.
TileShape shapeTile(const TileProblem &problem, const MicroKernel &kernel,
                    int64_t height, int64_t width, int64_t vectors);

/// Whether the accumulators of such a tile fit in registers.
bool fitsRegisters(const MicroKernel &kernel, int64_t height, int64_t width,
                   int64_t vectors);

/// Inserts `item` where `ranked` stays sorted by `cycles`, behind equal ones.
template <typename T>
void insertRanked(SmallVectorImpl<T> &ranked, T item) {
  auto place = llvm::upper_bound(
      ranked, item, [](const T &a, const T &b) { return a.cycles < b.cycles; });
  ranked.insert(place, std::move(item));
}

/// A tile for all panels but a smaller last one, and what it costs in cycles
/// for the whole problem.
struct RankedTile {
  TileShape shape;
  double cycles;
};

/// The few best tiles of each width in vectors, cheapest first.
SmallVector<RankedTile> rankVectorTiles(const TileProblem &problem,
                                        const MicroKernel &kernel);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_TILEPLAN_H
