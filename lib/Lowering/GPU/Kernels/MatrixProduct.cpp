//===- MatrixProduct.cpp - Recognise and cut products of bytes ------------===//

#include "../../CPU/Kernels/Contraction.h"
#include "MatrixKernel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qopt;

/// The product of the innermost terms that walk `access` byte by byte.
static int64_t getRunLength(const Nest &nest, ArrayRef<unsigned> terms,
                            const Access &access) {
  int64_t run = 1;
  for (unsigned loop : llvm::reverse(terms)) {
    if (access.strides[loop] != run)
      break;
    run *= nest.sizes[loop];
  }
  return run;
}

/// The most bytes that lie together at every position that the factor has.
static int64_t getGranule(const Nest &nest, const MatrixProduct &product,
                          const MatrixFactor &factor) {
  const Access &access = nest.inputs[factor.input];
  int64_t granule = 16;
  auto limit = [&](int64_t stride) {
    while (stride % granule != 0)
      granule /= 2;
  };
  int64_t run = getRunLength(nest, product.terms, access);
  limit(run);
  limit(access.offset);
  for (unsigned loop : factor.rows)
    limit(access.strides[loop]);
  for (unsigned loop : product.batch)
    limit(access.strides[loop]);
  int64_t inside = 1;
  for (unsigned loop : llvm::reverse(product.terms)) {
    if (inside >= run)
      limit(access.strides[loop]);
    inside *= nest.sizes[loop];
  }
  return granule >= 4 ? granule : 1;
}

std::optional<MatrixProduct> mlir::qopt::matchMatrixProduct(const Nest &nest) {
  auto factors = matchProduct(nest);
  if (!factors || !nest.accumulator.element.isInteger(32))
    return std::nullopt;
  auto [left, right] = *factors;
  if (!nest.inputs[left.input].element.isInteger(8) ||
      !nest.inputs[right.input].element.isInteger(8))
    return std::nullopt;
  // Constants are packed for the tensor cores, so they are the right factor.
  if (getConstantBytes(nest.inputs[left.input].buffer))
    std::swap(left, right);
  MatrixProduct product;
  product.left.input = left.input;
  product.left.isUnsigned = left.isUnsigned;
  product.right.input = right.input;
  product.right.isUnsigned = right.isUnsigned;
  const Access &a = nest.inputs[left.input], &b = nest.inputs[right.input];
  product.isConstant = getConstantBytes(b.buffer).has_value();
  for (auto [loop, size] : llvm::enumerate(nest.sizes)) {
    if (size == 1)
      continue;
    const bool movesRight = b.strides[loop] != 0;
    if (nest.isReduction[loop]) {
      product.terms.push_back(loop);
      product.termCount *= size;
    } else if (!movesRight) {
      product.left.rows.push_back(loop);
      product.rowCount *= size;
    } else if (a.strides[loop] == 0) {
      product.right.rows.push_back(loop);
      product.columnCount *= size;
    } else {
      product.batch.push_back(loop);
      product.batchCount *= size;
    }
  }
  // A column or two, and few terms, fill a small part of a tensor core.
  constexpr int64_t kTerms = 16, kColumns = 4;
  if (product.termCount < kTerms ||
      (product.columnCount < kColumns && product.rowCount > 1))
    return std::nullopt;
  // What a launch can count along y and z, in the smallest tiles.
  constexpr int64_t kGrid = 65535, kLeast = 16;
  if (product.columnCount > kGrid * kLeast || product.batchCount > kGrid)
    return std::nullopt;
  sortByStride(product.left.rows, nest.output);
  sortByStride(product.right.rows, nest.output);
  sortByStride(product.batch, nest.output);
  sortByStride(product.terms, a);
  product.left.granule = getGranule(nest, product, product.left);
  product.right.granule = getGranule(nest, product, product.right);
  product.hasDenseLeft =
      getRunLength(nest, product.terms, a) == product.termCount;
  product.hasDenseRight =
      getRunLength(nest, product.terms, b) == product.termCount;
  return product;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// What of a GPU the model knows: an H100. Others have the same proportions.
namespace {
constexpr int64_t kSharedBytes = 208 * 1024;
constexpr int64_t kThreadsOfOne = 1536;
/// Multiply-accumulates, by warps and by warpgroups, and bytes from the cache,
/// in a cycle of one multiprocessor.
constexpr double kProducts = 1500, kGroupProducts = 3200, kBytes = 45;
/// Cycles of a step at least, however small, and of each copy of a thread in
/// it; of a block around its steps, and of each element that a thread stores.
constexpr double kStepCycles = 200, kCopyCycles = 12, kBlockCycles = 1200,
                 kElementCycles = 30;
} // namespace

double mlir::qopt::estimateCycles(const MatrixProduct &product,
                                  const MatrixTile &tile) {
  const int64_t steps = llvm::divideCeil(product.termCount, tile.step);
  const int64_t blocks = llvm::divideCeil(product.rowCount, tile.rows) *
                         llvm::divideCeil(product.columnCount, tile.columns) *
                         product.batchCount;
  const int64_t resident = std::max<int64_t>(
      1, std::min(kSharedBytes / (tile.stages * tile.stageBytes()),
                  kThreadsOfOne / tile.threads()));
  const int64_t each = llvm::divideCeil(blocks, kMultiprocessors);
  const double work = double(each) * tile.rows * tile.columns * steps *
                      tile.step /
                      (tile.usesWarpgroups ? kGroupProducts : kProducts);
  const double bytes = double(each) * tile.stageBytes() * steps / kBytes;
  const double stored = double(tile.rows) * tile.columns / tile.threads();
  const double copies = double(tile.stageBytes()) / 16 / tile.threads();
  const double latency = double(llvm::divideCeil(each, resident)) *
                         (kBlockCycles + stored * kElementCycles +
                          steps * (kStepCycles + copies * kCopyCycles));
  return std::max(std::max(work, bytes), latency) + 0.1 * (work + bytes);
}

/// As many stages as there are steps to be on their way, in the memory that two
/// blocks have each, or one with a large tile.
static int64_t chooseStages(const MatrixProduct &product,
                            const MatrixTile &tile) {
  const int64_t steps = llvm::divideCeil(product.termCount, tile.step);
  const int64_t bytes =
      tile.stageBytes() > 32 * 1024 ? kSharedBytes : kSharedBytes / 2;
  return std::clamp<int64_t>(std::min(steps, bytes / tile.stageBytes()), 2, 4);
}

MatrixTile mlir::qopt::chooseMatrixTile(const MatrixProduct &product,
                                        bool hasWarpgroups) {
  const int64_t step = product.termCount <= 32    ? 32
                       : product.termCount <= 256 ? 64
                                                  : 128;
  // Rows and columns of a block, and of warps in it.
  SmallVector<MatrixTile> tiles;
  for (auto [rows, columns, warpRows, warpColumns] :
       {std::array<int64_t, 4>{128, 128, 2, 4},
        {128, 64, 2, 2},
        {64, 128, 2, 2},
        {64, 64, 2, 2},
        {64, 32, 2, 1},
        {32, 64, 1, 2},
        {32, 32, 2, 1},
        {16, 64, 1, 4},
        {16, 32, 1, 2},
        {64, 16, 4, 1},
        {16, 16, 1, 1}})
    tiles.push_back({rows, columns, warpRows, warpColumns, step, 0, false});
  // Warpgroups read rows of 128 bytes.
  if (hasWarpgroups && product.termCount > 64)
    for (auto [rows, columns] : {std::array<int64_t, 2>{128, 256},
                                 {128, 128},
                                 {128, 64},
                                 {64, 256},
                                 {64, 128},
                                 {64, 64}})
      tiles.push_back({rows, columns, rows / 16, 1, 128, 0, true});
  const MatrixTile *best = nullptr;
  double bestCycles = 0;
  for (MatrixTile &tile : tiles) {
    tile.stages = chooseStages(product, tile);
    const double cycles = estimateCycles(product, tile);
    if (best && cycles >= bestCycles)
      continue;
    best = &tile;
    bestCycles = cycles;
  }
  return *best;
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

AsmResourceBlob mlir::qopt::packRightFactor(const Nest &nest,
                                            const MatrixProduct &product,
                                            const MatrixTile &tile) {
  const Access &access = nest.inputs[product.right.input];
  const ConstantBytes bytes = *getConstantBytes(access.buffer);
  const int64_t padded = llvm::alignTo(product.termCount, tile.step);
  const int64_t columns = llvm::alignTo(product.columnCount, tile.columns);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
      product.batchCount * columns * padded, /*align=*/64,
      /*dataIsMutable=*/true);
  char *to = blob.getMutableData().data();
  std::memset(to, 0, blob.getData().size());
  const SmallVector<int64_t> terms =
      enumerateOffsets(nest, product.terms, access);
  const SmallVector<int64_t> rows =
      enumerateOffsets(nest, product.right.rows, access);
  for (int64_t batch : enumerateOffsets(nest, product.batch, access)) {
    for (auto [column, row] : llvm::enumerate(rows)) {
      char *line = to + column * padded;
      const char *from = bytes.data.data();
      if (bytes.isSplat) {
        std::memset(line, *from, terms.size());
        continue;
      }
      from += access.offset + batch + row;
      for (auto [k, term] : llvm::enumerate(terms))
        line[k] = from[term];
    }
    to += columns * padded;
  }
  return blob;
}

AsmResourceBlob mlir::qopt::listTermPositions(const Nest &nest,
                                              const MatrixProduct &product,
                                              const MatrixFactor &factor,
                                              int64_t padded) {
  const SmallVector<int64_t> terms =
      enumerateOffsets(nest, product.terms, nest.inputs[factor.input]);
  SmallVector<int32_t> positions;
  for (int64_t k = 0; k < padded; k += factor.granule)
    positions.push_back(k < product.termCount ? terms[k] : terms[0]);
  return HeapAsmResourceBlob::allocateAndCopyInferAlign(
      ArrayRef<int32_t>(positions));
}
