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
/// The same where they are many and copied: what they are copied from passes as
/// well. Where few chunks do, weights are not read more often for that.
static constexpr int64_t kCachedCopies = 640 * 1024;
/// What weights and activations may take of it together.
static constexpr int64_t kCachedOperands = 1536 * 1024;
/// Cache lines that are asked for ahead in a step, at most: more would take the
/// buffers that this step's own lines need.
static constexpr int64_t kMaximalAhead = 12;
/// Steps of a part of the run, at least: its sums come from the second-level
/// cache and go back there, in so many cycles.
static constexpr int64_t kMinimalPart = 8;
static constexpr double kSums = 80;
/// Copying what a step reads of a row tile, and what each step that reads the
/// copy gains: rows at a distance of 256 bytes share one bank of the
/// second-level cache, those at a distance of 128 bytes two of four.
static constexpr double kPackedTile = 105, kPackedGain = 6.5,
                        kHalfPackedGain = 3;

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
  /// Bytes from row to row where rows may be packed and cut into parts: each is
  /// one run of whole cache lines, which no other row shares. Else 0.
  int64_t rowStride = 0;
  /// Whether rows lie one behind the other.
  bool isContiguous = false;
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

/// Whether activations take many chunks where weights outgrow the cache.
static bool isLarge(const Operands &operands) {
  return operands.activations > 2 * kCachedActivations;
}

/// The fewest equal parts of the run of which a part of a panel of columns
/// stays in the first-level cache; 1 where there are none, or no need.
static int64_t countParts(const MatrixPlan &plan, const Operands &operands) {
  if (operands.rowStride == 0)
    return 1;
  const double bytes = getPanelBytes(plan, operands, false);
  for (int64_t parts = 1; plan.steps / parts >= kMinimalPart; ++parts)
    if (plan.steps % parts == 0 && bytes / double(parts) <= kStaying)
      return parts;
  return 1;
}

/// Whether rows that pass by panels of columns are worth copying first.
static bool isWorthPacking(const MatrixPlan &plan, const Operands &operands) {
  if (operands.rowStride == 0 || operands.rowStride % 128 != 0)
    return false;
  double gain = operands.rowStride % 256 == 0 ? kPackedGain : kHalfPackedGain;
  return gain * countPanels(plan, operands) > kPackedTile;
}

/// Bytes read from the second-level cache where blocks of rows stay while all
/// columns pass, or panels of columns while all rows do. Rows that pass lie
/// apart there, which costs half as much again, or are copied.
static double traffic(const MatrixPlan &plan, const Operands &operands,
                      bool rowsStay) {
  double rowBlocks = countRowBlocks(plan);
  double panels = countPanels(plan, operands);
  double staying = getPanelBytes(plan, operands, rowsStay);
  if (!rowsStay)
    staying /= double(plan.parts);
  bool stays = staying <= kStaying;
  auto passing = [](double bytes, double times) {
    return bytes <= kFirstLevel ? bytes : bytes * times;
  };
  if (rowsStay)
    return operands.activations * (stays ? 1 : panels) +
           passing(operands.weights, rowBlocks);
  double rows = passing(operands.activations, panels);
  return operands.weights * (stays ? 1 : rowBlocks) +
         (plan.packsRows ? rows + 2 * operands.activations : 1.5 * rows);
}

/// Chunks are what one thread does at a time. Where the weights outgrow the
/// second-level cache, a chunk's activations stay there instead.
static void planChunks(MatrixPlan &plan, const Operands &operands,
                       int64_t reduction, double totalSteps,
                       double cyclesOfRowBlock) {
  int64_t blocks = std::max<int64_t>(plan.wholeTiles() / plan.blockTiles, 1);
  int64_t bytes = plan.blockTiles * plan.tileRows * reduction;
  int64_t panelBytes = plan.vectors * kTile * reduction;
  // Parts gained nothing where few chunks of activations are all.
  const int64_t parts = isLarge(operands) ? countParts(plan, operands) : 1;
  // Nor do copies where neither side stays.
  const bool packsRows =
      isWorthPacking(plan, operands) &&
      getPanelBytes(plan, operands, false) <= kStaying * double(parts);
  int64_t cached =
      packsRows && isLarge(operands) ? kCachedCopies : kCachedActivations;
  int64_t chunk = std::max<int64_t>(cached / bytes, 1);
  bool weightsStay = operands.weights <= kCachedWeights;
  plan.rowsStay = false;
  plan.parts = 1;
  plan.packsRows = false;
  if (weightsStay) {
    plan.rowsStay =
        traffic(plan, operands, true) <= traffic(plan, operands, false);
    int64_t worthwhile = int64_t(kChunkCycles / cyclesOfRowBlock) + 1;
    chunk = plan.rowsStay ? worthwhile : std::max(chunk, worthwhile);
  }
  if (!plan.rowsStay) {
    plan.parts = parts;
    plan.packsRows = packsRows;
  }
  // Equal chunks.
  int64_t chunks =
      std::min<int64_t>(llvm::divideCeil(blocks, chunk), kMaximalChunks);
  plan.chunkBlocks = llvm::divideCeil(blocks, chunks);
  plan.turns = plan.parts == 1 &&
               double(plan.rowsStay ? bytes : panelBytes) > kFirstLevel / 2;
  // Of a panel that is somewhat too large, turns still meet a part.
  plan.streams =
      getPanelBytes(plan, operands, plan.rowsStay) / double(plan.parts) <=
          1.5 * kStaying &&
      (plan.rowsStay ? operands.weights : operands.activations) > kFirstLevel;
  // The first step of a block is busy with the block before it.
  auto linesOf = [](int64_t bytes, int64_t steps) -> int64_t {
    if (steps <= 0)
      return 0;
    int64_t lines = llvm::divideCeil(bytes, 64 * steps);
    return lines <= kMaximalAhead ? lines : 0;
  };
  plan.linesAhead =
      weightsStay ? 0
                  : linesOf(panelBytes, plan.chunkBlocks *
                                            (int64_t(totalSteps) - plan.parts));
  bool rowsComeFromFar =
      plan.rowsStay && operands.isContiguous &&
      operands.weights + operands.activations > kCachedOperands;
  plan.rowLinesAhead = rowsComeFromFar
                           ? linesOf(bytes, operands.columns / plan.vectors *
                                                (int64_t(totalSteps) - 1))
                           : 0;
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
  Operands operands{double(nest.sizes[outermost]) *
                        double(activations.strides[outermost]),
                    double(columns * kTile * reduction), columns};
  const int64_t rowStride = activations.strides[contraction.rows.back()];
  if (contraction.outer.empty() && contraction.runLength == reduction &&
      plan.stepGroups == kTile && rowStride >= reduction) {
    operands.rowStride = rowStride;
    operands.isContiguous =
        rowStride == reduction && contraction.rows.size() == 1;
  }
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
    // What comes from beyond the second-level cache is the same for all, and
    // where few rows pass by each panel of weights from there, it is the most.
    if (operands.weights <= kCachedWeights || isLarge(operands)) {
      if (plan.packsRows)
        cycles += kPackedTile * totalSteps * double(plan.wholeTiles());
      cycles += kSums * double(plan.parts - 1) * countRowBlocks(plan) *
                countPanels(plan, operands);
      cycles = std::max(cycles, traffic(plan, operands, plan.rowsStay) /
                                    kSecondLevelRate);
    }
    insertRanked(ranked, RankedPlan{plan, cycles});
  }
  return ranked;
}
