//===- TilePlan.cpp - Shapes of register tiles ----------------------------===//
//
// A model of a core that issues two multiply-add vectors and two loads a cycle
// and whose multiply-add takes four cycles: it ranks tiles by what bounds them,
// and charges each tile for the code around its reduction.
//
//===----------------------------------------------------------------------===//

#include "TilePlan.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

/// Cycles of a tile outside of its reduction, apart from its results.
static constexpr double kTileOverhead = 12;
/// Vectors of columns of a tile.
static constexpr int64_t kWidest = 4;

/// Rows whose accumulators fit beside the weights and the activations.
static int64_t maximalRows(const MicroKernel &kernel, int64_t vectors) {
  int64_t accumulators = static_cast<int64_t>(kernel.registers) -
                         vectors * kernel.cost.weightRegisters -
                         kernel.cost.scratchRegisters;
  // Activations that are loaded for several steps stay while weights pass.
  int64_t perRow = vectors + (kernel.stepsPerLoad > 1);
  return std::clamp<int64_t>(accumulators / perRow / kernel.rows * kernel.rows,
                             1, 16);
}

bool mlir::qopt::fitsRegisters(const MicroKernel &kernel, int64_t height,
                               int64_t width, int64_t vectors) {
  if (vectors > kWidest)
    return false;
  const int64_t most = maximalRows(kernel, vectors);
  return height <= most && width <= most / height;
}

static double tileCost(const TileProblem &problem, const MicroKernel &kernel,
                       int64_t rows, int64_t vectors) {
  const StepCost &cost = kernel.cost;
  rows = llvm::alignTo(rows, kernel.rows);
  double products = (rows * vectors * cost.step + rows * cost.activation +
                     vectors * cost.weights) /
                    2.0;
  double loads = (rows + vectors) / 2.0;
  return problem.steps * std::max(products, loads) + kTileOverhead +
         2.0 * rows * vectors;
}

/// The cost of covering `size` by tiles of `tile` and a smaller last one.
template <typename Cost>
static double coverCost(int64_t size, int64_t tile, Cost cost) {
  int64_t whole = size / tile;
  double total = double(whole) * cost(tile);
  if (size % tile)
    total += cost(size % tile);
  return total;
}

TileShape mlir::qopt::shapeTile(const TileProblem &problem,
                                const MicroKernel &kernel, int64_t height,
                                int64_t width, int64_t vectors) {
  TileShape shape{height, width, vectors, 1};
  int64_t accumulators = shape.rows() * vectors;
  int64_t chains = kernel.cost.chains;
  if (accumulators < chains)
    shape.splits = std::clamp<int64_t>(
        std::min<int64_t>(chains / accumulators, problem.steps), 1, 4);
  return shape;
}

/// All tiles of `vectors` column vectors that fit in registers, with their
/// costs in cycles for all rows; those of equal cost in order of their size.
static SmallVector<RankedTile> listTiles(const TileProblem &problem,
                                         const MicroKernel &kernel,
                                         int64_t vectors) {
  int64_t limit = maximalRows(kernel, vectors);
  SmallVector<RankedTile> tiles;
  for (int64_t width = 1; width <= std::min(problem.width, limit); ++width) {
    int64_t maxHeight = width == problem.width ? limit / width : 1;
    for (int64_t height = 1; height <= std::min(maxHeight, problem.height);
         ++height) {
      double cost = coverCost(problem.height, height, [&](int64_t h) {
        return coverCost(problem.width, width, [&](int64_t w) {
          return tileCost(problem, kernel, h * w, vectors);
        });
      });
      insertRanked(
          tiles,
          RankedTile{shapeTile(problem, kernel, height, width, vectors), cost});
    }
  }
  return tiles;
}

std::pair<TileShape, double> mlir::qopt::planRows(const TileProblem &problem,
                                                  const MicroKernel &kernel,
                                                  int64_t vectors) {
  RankedTile best = listTiles(problem, kernel, vectors).front();
  return {best.shape, best.cycles};
}

SmallVector<RankedTile> mlir::qopt::rankVectorTiles(const TileProblem &problem,
                                                    const MicroKernel &kernel) {
  constexpr size_t kOfEachWidth = 3;
  int64_t total = llvm::divideCeil(problem.columns, kernel.lanes);
  SmallVector<RankedTile> ranked;
  for (int64_t vectors = 1; vectors <= std::min(kWidest, total); ++vectors) {
    SmallVector<RankedTile> tiles = listTiles(problem, kernel, vectors);
    tiles.truncate(std::min(tiles.size(), kOfEachWidth));
    for (RankedTile &tile : tiles) {
      tile.cycles = coverCost(total, vectors, [&](int64_t v) {
        return v == vectors ? tile.cycles : planRows(problem, kernel, v).second;
      });
      insertRanked(ranked, tile);
    }
  }
  return ranked;
}
