//===- Panels.cpp - What the tiles of a contraction share -----------------===//

#include "Panels.h"
#include "Globals.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::qopt;

/// Weights that are read as words are stored as words up to this many bytes: a
/// third of a first-level cache. Larger ones cost more to read than to extend.
static constexpr size_t kWordWeights = 16 * 1024;

int64_t mlir::qopt::countSteps(const Nest &nest, const Contraction &c,
                               const MicroKernel &kernel) {
  int64_t steps = llvm::divideCeil(c.runLength, kernel.group);
  for (unsigned loop : c.outer)
    steps *= nest.sizes[loop];
  return steps;
}

/// The initial accumulators by batch and padded column, where they are
/// constants.
static std::optional<std::vector<char>>
constantInit(const Nest &nest, const Contraction &c, int64_t paddedColumns) {
  if (!nest.init)
    return std::nullopt;
  linalg::GenericOp init = nest.init->op;
  Block &body = *init.getBody();
  auto argument = dyn_cast<BlockArgument>(body.getTerminator()->getOperand(0));
  if (!argument || argument.getOwner() != &body ||
      argument.getArgNumber() >= nest.init->inputs.size())
    return std::nullopt;
  const Access &access = nest.init->inputs[argument.getArgNumber()];
  for (unsigned row : c.rows)
    if (access.strides[row] != 0)
      return std::nullopt;
  uint32_t scalar = 0;
  std::optional<ConstantBytes> bytes;
  Attribute value;
  if (matchPattern(access.buffer, m_Constant(&value))) {
    if (auto integer = dyn_cast<IntegerAttr>(value))
      scalar = static_cast<uint32_t>(integer.getInt());
    else if (auto real = dyn_cast<FloatAttr>(value))
      scalar = real.getValue().bitcastToAPInt().getZExtValue();
    else
      return std::nullopt;
  } else {
    bytes = getConstantBytes(access.buffer);
    if (!bytes)
      return std::nullopt;
  }

  SmallVector<int64_t> batches = enumerateOffsets(nest, c.batches, access);
  std::vector<char> values(batches.size() * paddedColumns * 4, 0);
  for (auto [batch, offset] : llvm::enumerate(batches)) {
    for (int64_t column = 0; column < nest.sizes[c.column]; ++column) {
      char *to = values.data() + (batch * paddedColumns + column) * 4;
      if (!bytes) {
        std::memcpy(to, &scalar, 4);
        continue;
      }
      int64_t element = bytes->isSplat ? 0
                                       : access.offset + offset +
                                             column * access.strides[c.column];
      std::memcpy(to, bytes->data.data() + element * 4, 4);
    }
  }
  return values;
}

/// Weights see activations shifted where the kernel reads them with the other
/// sign: the initial accumulators take so many column sums away again.
static void prepareStart(OpBuilder &b, Location loc, const Nest &nest,
                         const Contraction &c, const MicroKernel &kernel,
                         const PackedWeights &packed, Panels &panels) {
  std::optional<std::vector<char>> values =
      constantInit(nest, c, panels.paddedColumns);
  panels.startIsComplete = values.has_value();
  const uint32_t shift = kernel.getShift(c.isUnsigned);
  if (!values && shift == 0)
    return;
  if (!values)
    values.emplace(packed.sums.size() * 4, 0);
  if (shift != 0) {
    for (auto [index, sum] : llvm::enumerate(packed.sums)) {
      uint32_t value;
      std::memcpy(&value, values->data() + index * 4, 4);
      value -= shift * static_cast<uint32_t>(sum);
      std::memcpy(values->data() + index * 4, &value, 4);
    }
  }
  panels.start =
      emitConstantData(b, loc, "qopt_start", nest.accumulator.element, *values);
}

/// Packed bytes as words.
static AsmResourceBlob extendToWords(const AsmResourceBlob &bytes) {
  ArrayRef<char> from = bytes.getData();
  AsmResourceBlob words = HeapAsmResourceBlob::allocate(
      from.size() * sizeof(int16_t), /*align=*/64);
  char *to = words.getMutableData().data();
  for (char byte : from) {
    const int16_t word = static_cast<signed char>(byte);
    std::memcpy(to, &word, sizeof(word));
    to += sizeof(word);
  }
  return words;
}

/// Packed bytes, eight products of a column by eight, as words of eight
/// nibbles.
static AsmResourceBlob joinNibbles(const AsmResourceBlob &bytes) {
  ArrayRef<char> from = bytes.getData();
  AsmResourceBlob words =
      HeapAsmResourceBlob::allocate(from.size() / 2, /*align=*/64);
  for (auto [index, byte] : llvm::enumerate(words.getMutableData()))
    byte = char((from[2 * index] & 15) | (from[2 * index + 1] & 15) << 4);
  return words;
}

TileProblem mlir::qopt::getTileProblem(const Nest &nest, const Contraction &c,
                                       const MicroKernel &kernel) {
  TileProblem problem{1, 1, nest.sizes[c.column], countSteps(nest, c, kernel)};
  if (!c.rows.empty())
    problem.width = nest.sizes[c.rows.back()];
  if (c.rows.size() > 1)
    problem.height = nest.sizes[c.rows[c.rows.size() - 2]];
  return problem;
}

FailureOr<Panels>
mlir::qopt::preparePanels(OpBuilder &b, Location loc, const Nest &nest,
                          const Contraction &c, const MicroKernel &kernel,
                          int64_t panelVectors, int64_t groups, bool byVector) {
  Panels panels;
  int64_t columns = nest.sizes[c.column];
  int64_t vectors = llvm::divideCeil(columns, kernel.lanes);
  panels.groups = groups;
  panels.vectors = panelVectors;
  panels.full = vectors / panels.vectors;
  panels.lastVectors = vectors % panels.vectors;
  // A masked last vector stands in a panel of its own, outside of the loop.
  if (panels.lastVectors == 0 && columns % kernel.lanes != 0) {
    --panels.full;
    panels.lastVectors = panels.vectors;
  }
  SmallVector<int64_t> widths(panels.full, panels.vectors * kernel.lanes);
  if (panels.lastVectors)
    widths.push_back(panels.lastVectors * kernel.lanes);

  if (byVector)
    widths.assign(vectors, kernel.lanes);

  panels.columnSize = groups * kernel.group;
  for (unsigned loop : c.outer)
    panels.columnSize *= nest.sizes[loop];
  panels.paddedColumns =
      std::accumulate(widths.begin(), widths.end(), int64_t(0));
  Type element = nest.inputs[c.weights].element;
  if (!c.isConstant) {
    // One batch at a time, in a buffer of the arena.
    panels.weights = memref::AllocOp::create(
        b, loc,
        MemRefType::get({panels.paddedColumns * panels.columnSize}, element));
    if (kernel.getShift(c.isUnsigned) != 0)
      panels.start = memref::AllocOp::create(
          b, loc, MemRefType::get({panels.paddedColumns}, b.getI32Type()));
    return panels;
  }
  FailureOr<PackedWeights> packed =
      packWeights(nest, c, kernel.group, groups, widths);
  if (failed(packed))
    return failure();
  if (kernel.takesWordWeights() && element.isInteger(8) &&
      packed->data.getData().size() * 2 <= kWordWeights) {
    packed->data = extendToWords(packed->data);
    element = b.getI16Type();
  }
  if (kernel.bound == WeightBound::Nibbles) {
    packed->data = joinNibbles(packed->data);
    element = b.getI32Type();
  }
  panels.weightBatchStride = packed->batchStride;
  panels.startBatchStride = panels.paddedColumns;
  panels.weights =
      emitConstantData(b, loc, "qopt_packed", element, std::move(packed->data));
  prepareStart(b, loc, nest, c, kernel, *packed, panels);
  if (!c.scales)
    return panels;
  FailureOr<PackedScales> scales = packScales(nest, c, panels.paddedColumns);
  if (failed(scales))
    return failure();
  panels.scales =
      emitConstantData(b, loc, "qopt_scales", b.getF32Type(), scales->data);
  panels.scaleBatchStride = scales->batchStride;
  panels.scaleStepStride = scales->stepStride;
  return panels;
}
