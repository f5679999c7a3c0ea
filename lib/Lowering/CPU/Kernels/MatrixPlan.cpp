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
/// Of a first-level cache of 48 KiB, what stays while other operands pass by
/// loads that leave it alone, and what may pass again and again and stay.
static constexpr double kStaying = 40 * 1024, kFirstLevel = 32 * 1024;
/// Bytes a cycle that tiles read from the second-level cache.
static constexpr double kSecondLevelRate = 44;
/// Of a second-level cache of 2 MiB: what weights may take of it to be read
/// from there again and again, and what a chunk's activations may take.
static constexpr int64_t kCachedWeights = 1024 * 1024;
static constexpr int64_t kCachedActivations = 1024 * 1024;
/// Cache lines of weights that are asked for ahead in a step, at most: more
/// would take the buffers that this step's own lines need.
static constexpr int64_t kMaximalAhead = 12;

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

namespace {
/// What a contraction reads, in bytes, and its columns in vectors.
struct Operands {
  double activations, weights;
  int64_t columns;
};
} // namespace

static double countRowBlocks(const MatrixPlan &plan) {
  return std::max(1.0, double(plan.wholeTiles()) / double(plan.blockTiles));
}

static double countPanels(const MatrixPlan &plan, const Operands &operands) {
  return std::max(1.0, double(operands.columns) / double(plan.vectors));
}

/// Bytes of one block of rows, or of one panel of columns.
static double getPanelBytes(const MatrixPlan &plan, const Operands &operands,
                            bool ofRows) {
  return ofRows ? operands.activations / countRowBlocks(plan)
                : operands.weights / countPanels(plan, operands);
}

/// Bytes read from the second-level cache where blocks of rows stay while all
/// columns pass, or panels of columns while all rows do. Rows that pass lie
/// apart there, which costs half as much again.
static double traffic(const MatrixPlan &plan, const Operands &operands,
                      bool rowsStay) {
  double rowBlocks = countRowBlocks(plan);
  double panels = countPanels(plan, operands);
  bool stays = getPanelBytes(plan, operands, rowsStay) <= kStaying;
  auto passing = [](double bytes, double times) {
    return bytes <= kFirstLevel ? bytes : bytes * times;
  };
  if (rowsStay)
    return operands.activations * (stays ? 1 : panels) +
           passing(operands.weights, rowBlocks);
  return operands.weights * (stays ? 1 : rowBlocks) +
         1.5 * passing(operands.activations, panels);
}

/// Chunks are what one thread does at a time. Where the weights outgrow the
/// second-level cache, a chunk's activations stay there instead.
static void planChunks(MatrixPlan &plan, const Operands &operands,
                       int64_t reduction, double totalSteps,
                       double cyclesOfRowBlock) {
  int64_t blocks = std::max<int64_t>(plan.wholeTiles() / plan.blockTiles, 1);
  int64_t bytes = plan.blockTiles * plan.tileRows * reduction;
  int64_t panelBytes = plan.vectors * kTile * reduction;
  int64_t chunk = std::max<int64_t>(kCachedActivations / bytes, 1);
  bool weightsStay = operands.weights <= kCachedWeights;
  plan.rowsStay = false;
  if (weightsStay) {
    plan.rowsStay =
        traffic(plan, operands, true) <= traffic(plan, operands, false);
    int64_t worthwhile = int64_t(kChunkCycles / cyclesOfRowBlock) + 1;
    chunk = plan.rowsStay ? worthwhile : std::max(chunk, worthwhile);
  }
  // Equal chunks.
  int64_t chunks =
      std::min<int64_t>(llvm::divideCeil(blocks, chunk), kMaximalChunks);
  plan.chunkBlocks = llvm::divideCeil(blocks, chunks);
  plan.turns = double(plan.rowsStay ? bytes : panelBytes) > kFirstLevel / 2;
  // Of a panel that is somewhat too large, turns still meet a part.
  plan.streams =
      getPanelBytes(plan, operands, plan.rowsStay) <= 1.5 * kStaying &&
      (plan.rowsStay ? operands.weights : operands.activations) > kFirstLevel;
  plan.linesAhead = 0;
  // The first step of a block is busy with the block before it.
  int64_t steps = plan.chunkBlocks * (int64_t(totalSteps) - 1);
  if (weightsStay || steps == 0)
    return;
  int64_t lines = llvm::divideCeil(panelBytes, 64 * steps);
  if (lines <= kMaximalAhead)
    plan.linesAhead = lines;
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
  const int64_t reduction =
      int64_t(totalSteps) * plan.stepGroups * kernel.group;
  const int64_t columns =
      llvm::divideCeil(nest.sizes[contraction.column], kTile);
  const Operands operands{double(nest.sizes[outermost]) *
                              double(activations.strides[outermost]),
                          double(columns * kTile * reduction), columns};
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
    planChunks(plan, operands, reduction, totalSteps,
               costs.cover(plan.blockTiles, plan.tileRows, columns));
    // What comes from beyond the second-level cache is the same for all.
    if (operands.weights <= kCachedWeights)
      cycles = std::max(cycles, traffic(plan, operands, plan.rowsStay) /
                                    kSecondLevelRate);
    insertRanked(ranked, RankedPlan{plan, cycles});
  }
  return ranked;
}
