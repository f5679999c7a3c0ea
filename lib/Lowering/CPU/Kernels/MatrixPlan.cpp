//===- MatrixPlan.cpp - Shapes of blocks of tile registers ----------------===//
//
// A model of a core with AMX, in cycles, by which shapes of blocks are ranked
// and compared with tiles of vectors. Its numbers were measured on a Xeon of
// family 6, model 167 as its hypervisor tells (docs/Targets.md).
//
//===----------------------------------------------------------------------===//

#include "MatrixPlan.h"
#include "TilePlan.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

static constexpr int64_t kTile = MatrixPlan::kTile;
/// Accumulators of a block: half of the tile registers.
static constexpr int64_t kAccumulators = 4;
/// A product takes a cycle for each row, and no fewer than this.
static constexpr double kMinimalProduct = 10;
/// From one product to the next one on the same accumulator.
static constexpr double kLatency = 52;
/// Loading the shapes of tiles, and releasing them.
static constexpr double kConfiguration = 200;
/// A block outside of its steps: accumulators start, drain and are stored.
static constexpr double kBlockOverhead = 60;
/// Finding a row tile that does not lie as those of the block before it.
static constexpr double kSearch = 15;
/// Narrowing and storing one vector of results, where the next block's products
/// run beside it.
static constexpr double kResult = 1.5;
/// What it takes more where nothing runs beside it: behind the last block.
static constexpr double kLastResult = 2;
/// What chunks at least take, so that starting one does not count.
static constexpr double kChunkCycles = 50000;
/// Each has a buffer of 8 KiB.
static constexpr int64_t kMaximalChunks = 64;
/// Of a first-level cache of 48 KiB, what stays while other operands pass.
static constexpr double kFirstLevel = 32 * 1024;
/// Of a second-level cache of 2 MiB: what weights may take of it to be read
/// from there again and again, and what a chunk's activations may take.
static constexpr int64_t kCachedWeights = 1024 * 1024;
static constexpr int64_t kCachedActivations = 1024 * 1024;

namespace {
struct Costs {
  const MatrixPlan &plan;
  double totalSteps;

  double block(int64_t tiles, int64_t rows, int64_t vectors) const {
    double products = double(tiles * vectors) *
                      std::max<double>(double(rows), kMinimalProduct);
    // Two cache lines a cycle.
    double loads = double(tiles * rows + vectors * plan.stepGroups) / 2.0;
    double all = totalSteps * std::max({products, loads, kLatency});
    double results = double(tiles * rows * vectors);
    // Results run beside products, as far as there are enough of those.
    double block =
        std::max(all + kResult * results, (kResult + kLastResult) * results) +
        kBlockOverhead;
    bool isRegular = plan.lineTiles % tiles == 0 || tiles % plan.lineTiles == 0;
    return isRegular ? block : block + kSearch * double(tiles);
  }
  /// All blocks of `count` row tiles and `columns` vectors of columns.
  double cover(int64_t count, int64_t rows, int64_t columns) const {
    double total = kLastResult * double(std::min(count, plan.blockTiles) *
                                        rows * std::min(columns, plan.vectors));
    const int64_t tiles[] = {plan.blockTiles, count % plan.blockTiles};
    const int64_t rowBlocks[] = {count / plan.blockTiles, tiles[1] > 0};
    const int64_t vectors[] = {plan.vectors, columns % plan.vectors};
    const int64_t panels[] = {columns / plan.vectors, vectors[1] > 0};
    for (int r = 0; r < 2; ++r)
      for (int v = 0; v < 2; ++v)
        if (rowBlocks[r] * panels[v] > 0)
          total += double(rowBlocks[r] * panels[v]) *
                   block(tiles[r], rows, vectors[v]);
    return total;
  }
};
} // namespace

/// Cuts lines into tiles of equal size where that is possible.
static void planLines(MatrixPlan &plan, int64_t width) {
  plan.tileRows = llvm::divideCeil(width, llvm::divideCeil(width, kTile));
  plan.lineTiles = width / plan.tileRows;
  plan.restRows = width % plan.tileRows;
}

/// Bytes that pass through the first-level cache `times` times, of which all
/// but the first time are free where they stay in it.
static double traffic(double bytes, double times) {
  return bytes <= kFirstLevel ? bytes : bytes * times;
}

/// Whether blocks of rows stay while all columns pass, or panels of columns
/// while all rows do: what reads less from the second-level cache. Rows lie
/// apart there, which costs half as much again. `activations` and `weights` are
/// the bytes of each.
static bool rowsShouldStay(const MatrixPlan &plan, int64_t columns,
                           double activations, double weights) {
  double rowBlocks = double(plan.wholeTiles()) / double(plan.blockTiles);
  double panels = double(columns) / double(plan.vectors);
  return activations + traffic(weights, rowBlocks) <=
         weights + 1.5 * traffic(activations, panels);
}

/// Chunks are what one thread does at a time. Where the weights outgrow the
/// second-level cache, a chunk's activations stay there instead.
static void planChunks(MatrixPlan &plan, int64_t columns, int64_t reduction,
                       double activations, double cyclesOfRowBlock) {
  const int64_t weights = columns * kTile * reduction;
  int64_t blocks = std::max<int64_t>(plan.wholeTiles() / plan.blockTiles, 1);
  int64_t bytes = plan.blockTiles * plan.tileRows * reduction;
  int64_t chunk = std::max<int64_t>(kCachedActivations / bytes, 1);
  plan.rowsStay = false;
  if (weights <= kCachedWeights) {
    plan.rowsStay = rowsShouldStay(plan, columns, activations, double(weights));
    int64_t worthwhile = int64_t(kChunkCycles / cyclesOfRowBlock) + 1;
    chunk = plan.rowsStay ? worthwhile : std::max(chunk, worthwhile);
  }
  const int64_t staying =
      plan.rowsStay ? bytes : plan.vectors * kTile * reduction;
  plan.turns = double(staying) > kFirstLevel / 2;
  // Equal chunks.
  int64_t chunks =
      std::min<int64_t>(llvm::divideCeil(blocks, chunk), kMaximalChunks);
  plan.chunkBlocks = llvm::divideCeil(blocks, chunks);
}

SmallVector<RankedPlan>
mlir::qopt::rankMatrixTiles(const Nest &nest, const Contraction &contraction,
                            const MicroKernel &kernel) {
  if (contraction.isFloat || contraction.isWide || contraction.rows.empty() ||
      kernel.lanes != kTile || kernel.group != 4)
    return {};
  MatrixPlan plan;
  int64_t groups = llvm::divideCeil(contraction.runLength, kernel.group);
  plan.steps = llvm::divideCeil(groups, kTile);
  plan.stepGroups = llvm::divideCeil(groups, plan.steps);
  // What is packed at run time is not padded.
  if (!contraction.isConstant && plan.groups() != groups)
    return {};
  planLines(plan, nest.sizes[contraction.rows.back()]);
  for (unsigned loop : ArrayRef(contraction.rows).drop_back())
    plan.lines *= nest.sizes[loop];
  auto totalSteps = double(plan.steps);
  for (unsigned loop : contraction.outer)
    totalSteps *= double(nest.sizes[loop]);

  const Access &activations = nest.inputs[contraction.activations];
  const unsigned outermost = contraction.rows.front();
  const double activationBytes =
      double(nest.sizes[outermost]) * double(activations.strides[outermost]);
  const int64_t columns =
      llvm::divideCeil(nest.sizes[contraction.column], kTile);
  SmallVector<RankedPlan> ranked;
  for (int64_t tiles : {2, 1, 4, 3}) {
    plan.blockTiles = std::min(tiles, plan.wholeTiles());
    plan.vectors = std::min(kAccumulators / tiles, columns);
    if (llvm::any_of(ranked, [&](const RankedPlan &other) {
          return other.plan.blockTiles == plan.blockTiles &&
                 other.plan.vectors == plan.vectors;
        }))
      continue;
    Costs costs{plan, totalSteps};
    double cycles =
        costs.cover(plan.wholeTiles(), plan.tileRows, columns) + kConfiguration;
    if (plan.restRows > 0)
      cycles +=
          costs.cover(plan.lines, plan.restRows, columns) + kConfiguration;
    planChunks(
        plan, columns, int64_t(totalSteps) * plan.stepGroups * kernel.group,
        activationBytes, costs.cover(plan.blockTiles, plan.tileRows, columns));
    insertRanked(ranked, RankedPlan{plan, cycles});
  }
  return ranked;
}
