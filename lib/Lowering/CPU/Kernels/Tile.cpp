//===- Tile.cpp - Contractions as register tiles --------------------------===//
//
// A tile holds rows x vectors accumulators in registers while it walks the
// whole reduction, then runs the epilogue on them and stores. Rows are points
// of the output, which may overlap in the input: a convolution is the same tile
// as a matrix product, with other strides. Loops around the tile, outer to
// inner: batches, panels of columns, rows.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Globals.h"
#include "LaneBuilder.h"
#include "RuntimePacking.h"
#include "TilePlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Steps of the micro-kernel that the innermost loop takes at once, at most.
/// With few registers, the loads of more steps would be moved up and spilled.
int64_t maximalUnroll(const MicroKernel &kernel) {
  return kernel.registers < 32 ? 2 : 4;
}
/// Multiply-adds in the innermost loop's body, at most.
constexpr int64_t kMaximalBody = 64;

class TileEmitter {
public:
  TileEmitter(OpBuilder &builder, Nest &nest, const Contraction &contraction,
              const MicroKernel &kernel)
      : b(builder), nest(nest), c(contraction), kernel(kernel),
        activations(nest.inputs[contraction.activations]),
        lanes(builder, nest, contraction.column, kernel), loc(lanes.loc) {}

  LogicalResult emit();

private:
  using Accumulators = SmallVector<Value>;

  /// The kernel sees activations plus this.
  int32_t shift() const { return kernel.getShift(c.isUnsigned); }
  LogicalResult preparePanels();
  void prepareInit(const PackedWeights &packed);
  std::optional<std::vector<char>> constantInit();

  void forEach(ArrayRef<unsigned> loops, Point point,
               function_ref<void(const Point &)> body);
  void tiled(unsigned loop, int64_t size, int64_t tile, const Point &point,
             function_ref<void(const Point &, int64_t)> body);
  void emitPanel(const Point &point, int64_t vectors);
  void emitTile(const Point &point, int64_t height, int64_t width,
                const TileShape &shape);
  Accumulators emitStart(ArrayRef<Point> rows, const TileShape &shape);
  Accumulators emitOuter(ArrayRef<Point> rows, const TileShape &shape,
                         Accumulators accumulators, unsigned depth,
                         Value linear);
  Accumulators emitRun(ArrayRef<Point> rows, const TileShape &shape,
                       Accumulators accumulators, Value linear);
  void emitSteps(const TileShape &shape, Accumulators &accumulators,
                 ArrayRef<Value> rowIndices, Value weightIndex, int64_t count);

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value value, int64_t amount) {
    return amount == 0 ? value
                       : arith::AddIOp::create(b, loc, value, constant(amount));
  }
  Value scale(Value value, int64_t factor) {
    return factor == 1 ? value
                       : arith::MulIOp::create(b, loc, value, constant(factor));
  }
  int64_t columnOf(const Point &point) const { return point.shifts[c.column]; }
  Value columnIndex(const Point &point, int64_t stride, int64_t batchStride);
  unsigned activeLanes(const Point &point) const;

  OpBuilder &b;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const Access &activations;
  LaneBuilder lanes;
  Location loc;

  int64_t groups = 1;     // micro-kernel steps of one run
  int64_t fullPanels = 0; // panels of `panelVectors` that lie within columns
  int64_t panelVectors = 1;
  int64_t lastVectors = 0; // of a last, smaller or masked panel
  Value weights;           // packed
  int64_t columnSize = 0;
  int64_t weightBatchStride = 0;
  int64_t startBatchStride = 0;
  int64_t paddedColumns = 0;
  /// Initial values by batch and column (with compensation), or compensation
  /// alone where the initial values are not constant.
  Value start;
  bool startIsComplete = false;
};

LogicalResult TileEmitter::preparePanels() {
  int64_t columns = nest.sizes[c.column];
  int64_t vectors = llvm::divideCeil(columns, kernel.lanes);
  groups = llvm::divideCeil(c.runLength, kernel.group);
  int64_t steps = groups;
  for (unsigned loop : c.outer)
    steps *= nest.sizes[loop];
  TileProblem problem{1, 1, columns, steps};
  if (!c.rows.empty())
    problem.width = nest.sizes[c.rows.back()];
  if (c.rows.size() > 1)
    problem.height = nest.sizes[c.rows[c.rows.size() - 2]];
  panelVectors = planPanel(problem, kernel);
  fullPanels = vectors / panelVectors;
  lastVectors = vectors % panelVectors;
  // A masked last vector stands in a panel of its own, outside of the loop.
  if (lastVectors == 0 && columns % kernel.lanes != 0) {
    --fullPanels;
    lastVectors = panelVectors;
  }
  SmallVector<int64_t> panels(fullPanels, panelVectors * kernel.lanes);
  if (lastVectors)
    panels.push_back(lastVectors * kernel.lanes);

  columnSize = steps * kernel.group;
  paddedColumns = std::accumulate(panels.begin(), panels.end(), int64_t(0));
  Type element = nest.inputs[c.weights].element;
  if (!c.isConstant) {
    // One batch at a time, in a buffer of the arena.
    weights = memref::AllocOp::create(
        b, loc, MemRefType::get({paddedColumns * columnSize}, element));
    if (shift() != 0)
      start = memref::AllocOp::create(
          b, loc, MemRefType::get({paddedColumns}, b.getI32Type()));
    return success();
  }
  FailureOr<PackedWeights> packed = packWeights(nest, c, kernel.group, panels);
  if (failed(packed))
    return failure();
  weightBatchStride = packed->batchStride;
  startBatchStride = paddedColumns;
  weights = emitConstantData(b, loc, "qopt_packed", element,
                             packed->data.size() /
                                 (element.getIntOrFloatBitWidth() / 8),
                             packed->data);
  prepareInit(*packed);
  return success();
}

/// The initial accumulators by batch and padded column, where they are
/// constants.
std::optional<std::vector<char>> TileEmitter::constantInit() {
  if (!nest.init)
    return std::nullopt;
  Block &body = nest.init->op.getRegion().front();
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
void TileEmitter::prepareInit(const PackedWeights &packed) {
  std::optional<std::vector<char>> values = constantInit();
  startIsComplete = values.has_value();
  if (!values && shift() == 0)
    return;
  if (!values)
    values.emplace(packed.sums.size() * 4, 0);
  if (shift() != 0) {
    for (auto [index, sum] : llvm::enumerate(packed.sums)) {
      uint32_t value;
      std::memcpy(&value, values->data() + index * 4, 4);
      value -= static_cast<uint32_t>(shift()) * static_cast<uint32_t>(sum);
      std::memcpy(values->data() + index * 4, &value, 4);
    }
  }
  start = emitConstantData(b, loc, "qopt_start", nest.accumulator.element,
                           values->size() / 4, *values);
}

//===----------------------------------------------------------------------===//
// Loops around the tile
//===----------------------------------------------------------------------===//

void TileEmitter::forEach(ArrayRef<unsigned> loops, Point point,
                          function_ref<void(const Point &)> body) {
  if (loops.empty())
    return body(point);
  auto loop = scf::ForOp::create(
      b, loc, constant(0), constant(nest.sizes[loops.front()]), constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  point.ivs[loops.front()] = loop.getInductionVar();
  forEach(loops.drop_front(), point, body);
}

/// Covers a loop by tiles: a run-time loop over the full ones, then the rest.
void TileEmitter::tiled(unsigned loop, int64_t size, int64_t tile,
                        const Point &point,
                        function_ref<void(const Point &, int64_t)> body) {
  int64_t full = size / tile * tile;
  if (full == tile) {
    body(point, tile);
  } else if (full > 0) {
    auto forOp =
        scf::ForOp::create(b, loc, constant(0), constant(full), constant(tile));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Point inner = point;
    inner.ivs[loop] = forOp.getInductionVar();
    body(inner, tile);
  }
  if (full < size) {
    Point rest = point;
    rest.shifts[loop] += full;
    body(rest, size - full);
  }
}

void TileEmitter::emitPanel(const Point &point, int64_t vectors) {
  int64_t steps = groups;
  for (unsigned loop : c.outer)
    steps *= nest.sizes[loop];
  TileProblem problem{1, 1, nest.sizes[c.column], steps};
  if (c.rows.empty()) {
    emitTile(point, 1, 1, planRows(problem, kernel, vectors).first);
    return;
  }
  unsigned inner = c.rows.back();
  problem.width = nest.sizes[inner];
  if (c.rows.size() == 1) {
    TileShape shape = planRows(problem, kernel, vectors).first;
    tiled(
        inner, problem.width, shape.width, point,
        [&](const Point &at, int64_t width) { emitTile(at, 1, width, shape); });
    return;
  }
  unsigned outer = c.rows[c.rows.size() - 2];
  problem.height = nest.sizes[outer];
  TileShape shape = planRows(problem, kernel, vectors).first;
  forEach(ArrayRef(c.rows).drop_back(2), point, [&](const Point &at) {
    tiled(outer, problem.height, shape.height, at,
          [&](const Point &atRow, int64_t height) {
            tiled(inner, problem.width, shape.width, atRow,
                  [&](const Point &atTile, int64_t width) {
                    emitTile(atTile, height, width, shape);
                  });
          });
  });
}

LogicalResult TileEmitter::emit() {
  if (failed(preparePanels()))
    return failure();
  int64_t width = panelVectors * kernel.lanes;
  forEach(c.batches, Point(nest.sizes.size()), [&](const Point &batch) {
    if (!c.isConstant) {
      RuntimePacking packing{
          lanes.flat(nest.inputs[c.weights]), weights, start, fullPanels, width,
          lastVectors * kernel.lanes};
      emitRuntimePacking(b, lanes, c, kernel, batch, packing);
    }
    if (fullPanels > 0)
      tiled(c.column, fullPanels * width, width, batch,
            [&](const Point &at, int64_t) { emitPanel(at, panelVectors); });
    if (lastVectors > 0) {
      Point last = batch;
      last.shifts[c.column] += fullPanels * width;
      emitPanel(last, lastVectors);
    }
  });
  return success();
}

//===----------------------------------------------------------------------===//
// The tile
//===----------------------------------------------------------------------===//

/// `batch * batchStride + column * stride` at the first column of a point.
Value TileEmitter::columnIndex(const Point &point, int64_t stride,
                               int64_t batchStride) {
  Value index = constant(columnOf(point) * stride);
  if (Value iv = point.ivs[c.column])
    index = arith::AddIOp::create(b, loc, index, scale(iv, stride));
  int64_t inner = batchStride;
  for (unsigned loop : llvm::reverse(c.batches)) {
    if (Value iv = point.ivs[loop])
      index = arith::AddIOp::create(b, loc, index, scale(iv, inner));
    inner *= nest.sizes[loop];
  }
  return index;
}

/// Lanes of the vector at `point` that are columns. Only the last panel, whose
/// place is a constant, has fewer than all.
unsigned TileEmitter::activeLanes(const Point &point) const {
  if (point.ivs[c.column])
    return kernel.lanes;
  return std::min<int64_t>(kernel.lanes,
                           nest.sizes[c.column] - columnOf(point));
}

TileEmitter::Accumulators TileEmitter::emitStart(ArrayRef<Point> rows,
                                                 const TileShape &shape) {
  VectorType type = lanes.vectorOf(nest.accumulator.element);
  SmallVector<Value> shared;
  if (start) {
    Value first = columnIndex(rows.front(), 1, startBatchStride);
    for (int64_t v = 0; v < shape.vectors; ++v)
      shared.push_back(vector::LoadOp::create(
          b, loc, type, start, ValueRange{add(first, v * kernel.lanes)}));
  }
  Accumulators accumulators;
  for (Point row : rows) {
    for (int64_t v = 0; v < shape.vectors; ++v) {
      if (startIsComplete) {
        accumulators.push_back(shared[v]);
        continue;
      }
      Value init = lanes.emitInit(row, activeLanes(row));
      row.shifts[c.column] += kernel.lanes;
      if (start)
        init = arith::AddIOp::create(b, loc, init, shared[v]);
      accumulators.push_back(init);
    }
  }
  Value zero =
      arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  accumulators.append((shape.splits - 1) * rows.size() * shape.vectors, zero);
  return accumulators;
}

/// `count` consecutive steps of the micro-kernel for all rows and vectors.
void TileEmitter::emitSteps(const TileShape &shape, Accumulators &accumulators,
                            ArrayRef<Value> rowIndices, Value weightIndex,
                            int64_t count) {
  int64_t vectors = shape.vectors;
  int64_t perVector = int64_t(kernel.lanes) * kernel.group;
  bool isUnsigned = c.isUnsigned || activations.isFlipped;
  for (int64_t u = 0; u < count; ++u) {
    SmallVector<MicroKernel::Parts> loaded;
    for (int64_t v = 0; v < vectors; ++v)
      loaded.push_back(kernel.emitWeights(
          b, loc, weights, add(weightIndex, (u * vectors + v) * perVector)));
    int64_t set = (u % shape.splits) * rowIndices.size() * vectors;
    for (auto [row, index] : llvm::enumerate(rowIndices)) {
      MicroKernel::Parts activation =
          kernel.emitActivation(b, loc, lanes.flat(activations),
                                add(index, u * kernel.group), isUnsigned);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &accumulator = accumulators[set + row * vectors + v];
        accumulator =
            kernel.emitStep(b, loc, accumulator, activation, loaded[v]);
      }
    }
  }
}

/// The contiguous run of the reduction.
TileEmitter::Accumulators TileEmitter::emitRun(ArrayRef<Point> rows,
                                               const TileShape &shape,
                                               Accumulators accumulators,
                                               Value linear) {
  int64_t panelWidth = shape.vectors * kernel.lanes;
  Value weightBase = columnIndex(rows.front(), columnSize, weightBatchStride);
  if (linear)
    weightBase = arith::AddIOp::create(
        b, loc, weightBase, scale(linear, groups * kernel.group * panelWidth));
  SmallVector<Value> rowBases;
  for (const Point &row : rows)
    rowBases.push_back(lanes.index(activations, row));

  int64_t calls = rows.size() * shape.vectors;
  int64_t unroll = std::clamp<int64_t>(
      kMaximalBody / (calls * kernel.cost.step), 1, maximalUnroll(kernel));
  unroll = llvm::alignTo(std::max(unroll, shape.splits), shape.splits);
  if (groups <= unroll) {
    emitSteps(shape, accumulators, rowBases, weightBase, groups);
    return accumulators;
  }
  int64_t full = groups / unroll * unroll;
  auto loop =
      scf::ForOp::create(b, loc, constant(0), constant(full * kernel.group),
                         constant(unroll * kernel.group), accumulators);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    Accumulators inner(loop.getRegionIterArgs().begin(),
                       loop.getRegionIterArgs().end());
    SmallVector<Value> indices;
    for (Value base : rowBases)
      indices.push_back(arith::AddIOp::create(b, loc, base, k));
    Value at = arith::AddIOp::create(b, loc, weightBase, scale(k, panelWidth));
    emitSteps(shape, inner, indices, at, unroll);
    scf::YieldOp::create(b, loc, inner);
  }
  accumulators.assign(loop.getResults().begin(), loop.getResults().end());
  if (full < groups) {
    for (Value &base : rowBases)
      base = add(base, full * kernel.group);
    emitSteps(shape, accumulators, rowBases,
              add(weightBase, full * kernel.group * panelWidth), groups - full);
  }
  return accumulators;
}

/// The reduction's loops around the run. `linear` counts their iterations.
TileEmitter::Accumulators TileEmitter::emitOuter(ArrayRef<Point> rows,
                                                 const TileShape &shape,
                                                 Accumulators accumulators,
                                                 unsigned depth, Value linear) {
  if (depth == c.outer.size())
    return emitRun(rows, shape, accumulators, linear);
  unsigned dim = c.outer[depth];
  auto loop = scf::ForOp::create(b, loc, constant(0), constant(nest.sizes[dim]),
                                 constant(1), accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value iv = loop.getInductionVar();
  SmallVector<Point> inner(rows);
  for (Point &row : inner)
    row.ivs[dim] = iv;
  Value counted =
      linear ? arith::AddIOp::create(b, loc, scale(linear, nest.sizes[dim]), iv)
             : iv;
  Accumulators updated =
      emitOuter(inner, shape,
                Accumulators(loop.getRegionIterArgs().begin(),
                             loop.getRegionIterArgs().end()),
                depth + 1, counted);
  scf::YieldOp::create(b, loc, updated);
  return Accumulators(loop.getResults().begin(), loop.getResults().end());
}

void TileEmitter::emitTile(const Point &point, int64_t height, int64_t width,
                           const TileShape &shape) {
  SmallVector<Point> rows;
  for (int64_t h = 0; h < height; ++h) {
    for (int64_t w = 0; w < width; ++w) {
      Point row = point;
      if (c.rows.size() > 1)
        row.shifts[c.rows[c.rows.size() - 2]] += h;
      if (!c.rows.empty())
        row.shifts[c.rows.back()] += w;
      rows.push_back(row);
    }
  }
  Accumulators accumulators = emitStart(rows, shape);
  accumulators = emitOuter(rows, shape, accumulators, 0, Value());

  // Sets of accumulators become one.
  int64_t count = rows.size() * shape.vectors;
  for (int64_t set = 1; set < shape.splits; ++set)
    for (int64_t i = 0; i < count; ++i) {
      Value &sum = accumulators[i];
      Value other = accumulators[set * count + i];
      if (c.isFloat)
        sum = arith::AddFOp::create(b, loc, sum, other);
      else
        sum = arith::AddIOp::create(b, loc, sum, other);
    }
  for (auto [index, row] : llvm::enumerate(rows)) {
    for (int64_t v = 0; v < shape.vectors; ++v) {
      lanes.emitFinish(accumulators[index * shape.vectors + v], row,
                       activeLanes(row));
      row.shifts[c.column] += kernel.lanes;
    }
  }
}

} // namespace

LogicalResult mlir::qopt::emitContraction(OpBuilder &builder, Nest &nest,
                                          const Contraction &contraction,
                                          const MicroKernel &kernel) {
  return TileEmitter(builder, nest, contraction, kernel).emit();
}
