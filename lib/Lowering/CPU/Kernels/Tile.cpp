//===- Tile.cpp - Contractions as register tiles --------------------------===//
//
// A tile holds rows x vectors accumulators in registers while it walks the
// whole reduction, then runs the epilogue on them and stores. Rows are points
// of the output, which may overlap in the input: a convolution is the same tile
// as a matrix product, with other strides. Loops around the tile, outer to
// inner: batches, blocks of rows whose activations stay in the cache, panels of
// columns whose weights do, rows.
//
//===----------------------------------------------------------------------===//

#include "../ParallelLoops.h"
#include "LaneBuilder.h"
#include "Panels.h"
#include "RuntimePacking.h"

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
/// A second-level cache, of which a block of activations takes a quarter, and
/// what it moves at once.
constexpr int64_t kCacheBytes = 1024 * 1024;
constexpr int64_t kLineBytes = 64;

class TileEmitter {
public:
  TileEmitter(OpBuilder &builder, Nest &nest, const Contraction &contraction,
              const MicroKernel &kernel, const quantopt::TileChoice &choice)
      : b(builder), nest(nest), c(contraction), kernel(kernel), choice(choice),
        activations(nest.inputs[contraction.activations]),
        lanes(builder, nest, contraction.column, kernel), loc(lanes.loc) {}

  LogicalResult emit();

private:
  using Accumulators = SmallVector<Value>;

  void forEach(ArrayRef<unsigned> loops, Point point,
               function_ref<void(const Point &)> body);
  int64_t extentOf(unsigned loop) const;
  void emitBlocks(const Point &batch);
  void emitPanels(const Point &point);
  void chooseBlock();
  TileShape shapeOf(int64_t height, int64_t width, int64_t vectors) const;
  void tiled(unsigned loop, int64_t size, int64_t tile, const Point &point,
             function_ref<void(const Point &, int64_t)> body);
  void emitPanel(const Point &point, int64_t vectors);
  void emitTile(const Point &point, int64_t height, int64_t width,
                const TileShape &shape);
  Accumulators emitStart(ArrayRef<Point> rows, const TileShape &shape);
  Accumulators emitOuter(ArrayRef<Point> rows, const TileShape &shape,
                         Accumulators accumulators, unsigned depth,
                         Value linear);
  Accumulators emitScaledRun(ArrayRef<Point> rows, const TileShape &shape,
                             Accumulators accumulators, Value linear);
  Accumulators emitRun(ArrayRef<Point> rows, const TileShape &shape,
                       Accumulators accumulators, Value linear);
  Accumulators emitLoop(Value begin, int64_t size, int64_t step,
                        Accumulators accumulators,
                        function_ref<Accumulators(Value, Accumulators)> body);
  SmallVector<MicroKernel::Parts> emitActivations(ArrayRef<Value> indices,
                                                  int64_t shift, int64_t left);
  void arrange(Accumulators &accumulators, int64_t rows, int64_t vectors);
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
  /// `iv` counted from where `point` stands in its loop.
  Value within(const Point &point, unsigned loop, Value iv) {
    Value start = point.ivs[loop];
    return start ? Value(arith::AddIOp::create(b, loc, start, iv)) : iv;
  }
  int64_t columnOf(const Point &point) const { return point.shifts[c.column]; }
  Value columnIndex(const Point &point, int64_t stride, int64_t batchStride);
  unsigned activeLanes(const Point &point) const;

  OpBuilder &b;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const quantopt::TileChoice choice;
  const Access &activations;
  LaneBuilder lanes;
  Location loc;

  int64_t blockSize = 0;   // of the outermost row loop, 0: no blocks
  int64_t blockExtent = 0; // of the block that is emitted
  bool streams = false;    // tiles fetch the next one's activations ahead
  Panels panels;
};

//===----------------------------------------------------------------------===//
// Loops around the tile
//===----------------------------------------------------------------------===//

/// Trip counts within the block of rows that is emitted.
int64_t TileEmitter::extentOf(unsigned loop) const {
  bool isBlocked = blockExtent > 0 && loop == c.rows.front();
  return isBlocked ? blockExtent : nest.sizes[loop];
}

void TileEmitter::forEach(ArrayRef<unsigned> loops, Point point,
                          function_ref<void(const Point &)> body) {
  if (loops.empty())
    return body(point);
  unsigned dim = loops.front();
  auto loop = scf::ForOp::create(b, loc, constant(0), constant(extentOf(dim)),
                                 constant(1));
  // Batches share the buffer of weights that are packed at run time.
  if (c.isConstant || !llvm::is_contained(c.batches, dim))
    markParallel(loop);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  point.ivs[dim] = within(point, dim, loop.getInductionVar());
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
    markParallel(forOp);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Point inner = point;
    inner.ivs[loop] = within(point, loop, forOp.getInductionVar());
    body(inner, tile);
  }
  if (full < size) {
    Point rest = point;
    rest.shifts[loop] += full;
    body(rest, size - full);
  }
}

/// The tile for so many rows: the chosen one, but for a last panel of fewer
/// vectors.
TileShape TileEmitter::shapeOf(int64_t height, int64_t width,
                               int64_t vectors) const {
  TileProblem problem{height, width, nest.sizes[c.column],
                      countSteps(nest, c, kernel)};
  if (vectors != choice.vectors)
    return planRows(problem, kernel, vectors).first;
  return shapeTile(problem, kernel, std::min(choice.height, height),
                   std::min(choice.width, width), vectors);
}

void TileEmitter::emitPanel(const Point &point, int64_t vectors) {
  if (c.rows.empty()) {
    emitTile(point, 1, 1, shapeOf(1, 1, vectors));
    return;
  }
  unsigned inner = c.rows.back();
  int64_t width = extentOf(inner);
  if (c.rows.size() == 1) {
    TileShape shape = shapeOf(1, width, vectors);
    tiled(inner, width, shape.width, point,
          [&](const Point &at, int64_t w) { emitTile(at, 1, w, shape); });
    return;
  }
  unsigned outer = c.rows[c.rows.size() - 2];
  int64_t height = extentOf(outer);
  TileShape shape = shapeOf(height, width, vectors);
  forEach(ArrayRef(c.rows).drop_back(2), point, [&](const Point &at) {
    tiled(outer, height, shape.height, at, [&](const Point &atRow, int64_t h) {
      tiled(inner, width, shape.width, atRow,
            [&](const Point &atTile, int64_t w) {
              emitTile(atTile, h, w, shape);
            });
    });
  });
}

/// All panels of columns for the rows at `point`.
void TileEmitter::emitPanels(const Point &point) {
  int64_t width = panels.vectors * kernel.lanes;
  if (panels.full > 0)
    tiled(c.column, panels.full * width, width, point,
          [&](const Point &at, int64_t) { emitPanel(at, panels.vectors); });
  if (panels.lastVectors > 0) {
    Point last = point;
    last.shifts[c.column] += panels.full * width;
    emitPanel(last, panels.lastVectors);
  }
}

/// Several panels read the same activations. Those that outgrow the
/// second-level cache come from further away for each panel; either a block of
/// rows stays in the cache while the panels pass by, or, where the weights are
/// large themselves, each tile fetches the next one's rows ahead.
void TileEmitter::chooseBlock() {
  if (c.rows.empty() || panels.count() < 2)
    return;
  unsigned loop = c.rows.front();
  int64_t size = nest.sizes[loop];
  int64_t bytes = std::max<int64_t>(activations.strides[loop], 1) *
                  activations.element.getIntOrFloatBitWidth() / 8;
  if (size * bytes <= kCacheBytes / 2)
    return;
  if (panels.columnSize * panels.paddedColumns > kCacheBytes) {
    streams = c.rows.size() == 1 && c.outer.empty();
    return;
  }
  // Whole tiles, except in the last block.
  int64_t tile = 1;
  if (c.rows.size() == 1)
    tile = shapeOf(1, size, panels.vectors).width;
  else if (c.rows.size() == 2)
    tile = shapeOf(size, nest.sizes[c.rows.back()], panels.vectors).height;
  blockSize = std::max<int64_t>(kCacheBytes / 4 / bytes / tile, 1) * tile;
}

void TileEmitter::emitBlocks(const Point &batch) {
  if (blockSize == 0)
    return emitPanels(batch);
  unsigned loop = c.rows.front();
  tiled(loop, nest.sizes[loop], blockSize, batch,
        [&](const Point &at, int64_t extent) {
          blockExtent = extent;
          emitPanels(at);
        });
  blockExtent = 0;
}

LogicalResult TileEmitter::emit() {
  FailureOr<Panels> prepared =
      preparePanels(b, loc, nest, c, kernel, choice.vectors,
                    llvm::divideCeil(c.runLength, kernel.group));
  if (failed(prepared))
    return failure();
  panels = *prepared;
  chooseBlock();
  forEach(c.batches, Point(nest.sizes.size()), [&](const Point &batch) {
    if (!c.isConstant) {
      RuntimePacking packing{lanes.flat(nest.inputs[c.weights]),
                             panels.weights,
                             panels.start,
                             panels.full,
                             panels.vectors * kernel.lanes,
                             panels.lastVectors * kernel.lanes};
      emitRuntimePacking(b, lanes, c, kernel, batch, packing);
    }
    emitBlocks(batch);
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
  if (panels.start) {
    Value first = columnIndex(rows.front(), 1, panels.startBatchStride);
    for (int64_t v = 0; v < shape.vectors; ++v)
      shared.push_back(
          vector::LoadOp::create(b, loc, type, panels.start,
                                 ValueRange{add(first, v * kernel.lanes)}));
  }
  Accumulators accumulators;
  for (Point row : rows) {
    for (int64_t v = 0; v < shape.vectors; ++v) {
      if (panels.startIsComplete) {
        accumulators.push_back(shared[v]);
        continue;
      }
      Value init = lanes.emitInit(row, activeLanes(row));
      row.shifts[c.column] += kernel.lanes;
      if (panels.start)
        init = arith::AddIOp::create(b, loc, init, shared[v]);
      accumulators.push_back(init);
    }
  }
  Value zero =
      arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  accumulators.append((shape.splits - 1) * rows.size() * shape.vectors, zero);
  return accumulators;
}

/// The activations of one step, or of as many as the kernel loads together,
/// `shift` behind `indices`; `left` steps follow.
SmallVector<MicroKernel::Parts>
TileEmitter::emitActivations(ArrayRef<Value> indices, int64_t shift,
                             int64_t left) {
  bool isUnsigned = c.isUnsigned || activations.isFlipped;
  Value flat = lanes.flat(activations);
  SmallVector<Value, 2> at;
  for (Value index : indices)
    at.push_back(add(index, shift));
  if (left >= kernel.stepsPerLoad)
    return kernel.emitActivations(b, loc, flat, at, isUnsigned);
  return {kernel.emitActivation(b, loc, flat, at, isUnsigned)};
}

/// `count` consecutive steps of the micro-kernel for all rows and vectors.
void TileEmitter::emitSteps(const TileShape &shape, Accumulators &accumulators,
                            ArrayRef<Value> rowIndices, Value weightIndex,
                            int64_t count) {
  int64_t vectors = shape.vectors;
  int64_t perVector = int64_t(kernel.lanes) * kernel.group;
  // Activations of the steps at hand, row by row.
  SmallVector<SmallVector<MicroKernel::Parts>> ahead(rowIndices.size() /
                                                     kernel.rows);
  for (int64_t u = 0; u < count; ++u) {
    SmallVector<MicroKernel::Parts> loaded(vectors);
    auto load = [&](int64_t v) {
      loaded[v] =
          kernel.emitWeights(b, loc, panels.weights,
                             add(weightIndex, (u * vectors + v) * perVector));
    };
    // One row needs the weights of one vector at a time.
    const bool isRow = rowIndices.size() == kernel.rows;
    for (int64_t v = 0; v < vectors && !isRow; ++v)
      load(v);
    int64_t set = (u % shape.splits) * rowIndices.size() * vectors;
    for (size_t row = 0; row < rowIndices.size(); row += kernel.rows) {
      SmallVector<MicroKernel::Parts> &steps = ahead[row / kernel.rows];
      if (steps.empty())
        steps = emitActivations(rowIndices.slice(row, kernel.rows),
                                u * kernel.group, count - u);
      for (int64_t v = 0; v < vectors; ++v) {
        SmallVector<Value, 2> sums;
        for (size_t r = row; r < row + kernel.rows; ++r)
          sums.push_back(accumulators[set + r * vectors + v]);
        if (isRow)
          load(v);
        kernel.emitStep(b, loc, sums, steps.front(), loaded[v]);
        for (auto [r, sum] : llvm::enumerate(sums))
          accumulators[set + (row + r) * vectors + v] = sum;
      }
      steps.erase(steps.begin());
    }
  }
}

/// A loop over `size` from `begin`, which carries the accumulators.
TileEmitter::Accumulators
TileEmitter::emitLoop(Value begin, int64_t size, int64_t step,
                      Accumulators accumulators,
                      function_ref<Accumulators(Value, Accumulators)> body) {
  Value end = arith::AddIOp::create(b, loc, begin, constant(size));
  auto loop =
      scf::ForOp::create(b, loc, begin, end, constant(step), accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Accumulators updated = body(loop.getInductionVar(),
                              Accumulators(loop.getRegionIterArgs().begin(),
                                           loop.getRegionIterArgs().end()));
  scf::YieldOp::create(b, loc, updated);
  return Accumulators(loop.getResults().begin(), loop.getResults().end());
}

/// A run whose weights have factors: its sums take these at the end.
TileEmitter::Accumulators TileEmitter::emitScaledRun(ArrayRef<Point> rows,
                                                     const TileShape &shape,
                                                     Accumulators accumulators,
                                                     Value linear) {
  VectorType type = lanes.vectorOf(b.getF32Type());
  Value zero =
      arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  Accumulators sums =
      emitRun(rows, shape, Accumulators(accumulators.size(), zero), linear);
  Value at = columnIndex(rows.front(), 1, panels.scaleBatchStride);
  if (linear && panels.scaleStepStride)
    at = arith::AddIOp::create(b, loc, at,
                               scale(linear, panels.scaleStepStride));
  SmallVector<Value> factors;
  for (int64_t v = 0; v < shape.vectors; ++v)
    factors.push_back(vector::LoadOp::create(
        b, loc, type, panels.scales, ValueRange{add(at, v * kernel.lanes)}));
  for (auto [i, sum] : llvm::enumerate(sums))
    accumulators[i] = kernel.emitMultiplyAdd(
        b, loc, sum, factors[i % shape.vectors], accumulators[i]);
  return accumulators;
}

/// The contiguous run of the reduction.
TileEmitter::Accumulators TileEmitter::emitRun(ArrayRef<Point> rows,
                                               const TileShape &shape,
                                               Accumulators accumulators,
                                               Value linear) {
  int64_t panelWidth = shape.vectors * kernel.lanes;
  Value weightBase =
      columnIndex(rows.front(), panels.columnSize, panels.weightBatchStride);
  if (linear)
    weightBase = arith::AddIOp::create(
        b, loc, weightBase,
        scale(linear, panels.groups * kernel.group * panelWidth));
  SmallVector<Value> rowBases;
  for (const Point &row : rows)
    rowBases.push_back(lanes.index(activations, row));

  int64_t calls = rows.size() * shape.vectors;
  int64_t unroll = std::clamp<int64_t>(
      kMaximalBody / (calls * kernel.cost.step), 1, maximalUnroll(kernel));
  unroll = std::max<int64_t>(unroll, kernel.stepsPerLoad);
  unroll = llvm::alignTo(std::max(unroll, shape.splits), shape.splits);
  if (panels.groups <= unroll) {
    emitSteps(shape, accumulators, rowBases, weightBase, panels.groups);
    return accumulators;
  }
  auto steps = [&](Value k, Accumulators inner) {
    SmallVector<Value> indices;
    for (Value base : rowBases)
      indices.push_back(arith::AddIOp::create(b, loc, base, k));
    Value at = arith::AddIOp::create(b, loc, weightBase, scale(k, panelWidth));
    emitSteps(shape, inner, indices, at, unroll);
    return inner;
  };
  const int64_t step = unroll * kernel.group;
  int64_t full = panels.groups / unroll * unroll;
  int64_t from = 0;
  if (streams && kLineBytes % step == 0) {
    // A line of each of the next tile's rows for each line of this one.
    int64_t next = int64_t(rows.size()) * activations.strides[c.rows.back()];
    from = full * kernel.group / kLineBytes * kLineBytes;
    accumulators = emitLoop(
        constant(0), from, kLineBytes, accumulators,
        [&](Value line, Accumulators inner) {
          for (Value base : rowBases) {
            Value at = add(arith::AddIOp::create(b, loc, base, line), next);
            memref::PrefetchOp::create(
                b, loc, lanes.flat(activations), ValueRange{at},
                /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
          }
          return emitLoop(line, kLineBytes, step, inner, steps);
        });
  }
  if (from < full * kernel.group)
    accumulators = emitLoop(constant(from), full * kernel.group - from, step,
                            accumulators, steps);
  if (full < panels.groups) {
    for (Value &base : rowBases)
      base = add(base, full * kernel.group);
    emitSteps(shape, accumulators, rowBases,
              add(weightBase, full * kernel.group * panelWidth),
              panels.groups - full);
  }
  return accumulators;
}

/// The reduction's loops around the run. `linear` counts their iterations.
TileEmitter::Accumulators TileEmitter::emitOuter(ArrayRef<Point> rows,
                                                 const TileShape &shape,
                                                 Accumulators accumulators,
                                                 unsigned depth, Value linear) {
  if (depth == c.outer.size())
    return panels.scales ? emitScaledRun(rows, shape, accumulators, linear)
                         : emitRun(rows, shape, accumulators, linear);
  unsigned dim = c.outer[depth];
  return emitLoop(constant(0), nest.sizes[dim], 1, accumulators,
                  [&](Value iv, Accumulators carried) {
                    SmallVector<Point> inner(rows);
                    for (Point &row : inner)
                      row.ivs[dim] = iv;
                    Value counted =
                        linear ? arith::AddIOp::create(
                                     b, loc, scale(linear, nest.sizes[dim]), iv)
                               : iv;
                    return emitOuter(inner, shape, carried, depth + 1, counted);
                  });
}

/// Between lanes that are columns and the kernel's own arrangement. Further
/// sets of accumulators start from zeros and need none.
void TileEmitter::arrange(Accumulators &accumulators, int64_t rows,
                          int64_t vectors) {
  for (int64_t row = 0; row < rows; row += kernel.rows)
    for (int64_t v = 0; v < vectors; ++v) {
      SmallVector<Value, 2> sums;
      for (int64_t r = row; r < row + kernel.rows; ++r)
        sums.push_back(accumulators[r * vectors + v]);
      kernel.emitArrangement(b, loc, sums);
      for (auto [r, sum] : llvm::enumerate(sums))
        accumulators[(row + r) * vectors + v] = sum;
    }
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
  // A step may take several rows: the last ones stand twice and are dropped.
  const size_t numRows = rows.size();
  while (rows.size() % kernel.rows != 0)
    rows.push_back(rows.back());
  Accumulators accumulators = emitStart(rows, shape);
  arrange(accumulators, rows.size(), shape.vectors);
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
  arrange(accumulators, rows.size(), shape.vectors);
  rows.resize(numRows, point);
  SmallVector<Point> points;
  SmallVector<unsigned> active;
  for (Point &row : rows) {
    for (int64_t v = 0; v < shape.vectors; ++v) {
      points.push_back(row);
      active.push_back(activeLanes(row));
      row.shifts[c.column] += kernel.lanes;
    }
  }
  accumulators.truncate(points.size());
  lanes.emitFinish(accumulators, points, active);
}

} // namespace

LogicalResult mlir::qopt::emitContraction(OpBuilder &builder, Nest &nest,
                                          const Contraction &contraction,
                                          const MicroKernel &kernel,
                                          const quantopt::TileChoice &choice) {
  return TileEmitter(builder, nest, contraction, kernel, choice).emit();
}
