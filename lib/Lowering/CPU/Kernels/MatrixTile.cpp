//===- MatrixTile.cpp - Contractions on tile registers --------------------===//
//
// A tile register holds 16 rows of 64 bytes. Of activations, that is 16 rows of
// 64 products, straight from where they lie; of weights, 16 columns of as many
// products in groups of four, which is how vpdpbusd wants them too; of
// accumulators, 16 x 16. Tiles 0 to 3 hold a block's accumulators; activations
// and weights share the others.
//
// Blocks follow each other in one loop, so that the epilogue of one can run
// while the next one is multiplied: the products take a unit of their own and
// leave the vector ports alone.
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"
#include "../ParallelLoops.h"
#include "Globals.h"
#include "LaneBuilder.h"
#include "Panels.h"
#include "RuntimePacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <array>

using namespace mlir;
using namespace mlir::qopt;

namespace {

constexpr int64_t kTile = MatrixPlan::kTile;
/// Tile registers: from here on activations and weights.
constexpr int64_t kOperands = 4, kRegisters = 8;
/// Registers that four operands share: the other side has the last one.
constexpr int64_t kTurns = kRegisters - kOperands - 1;

/// Neighbouring panels of columns: `count` of `vectors` vectors, the first one
/// `shift` columns behind the first.
struct Columns {
  int64_t shift;
  int64_t count;
  int64_t vectors;
};

/// Row tiles of one height: `perLine` of each line, the first one `shift` rows
/// behind the line's start.
struct Rows {
  int64_t shift;
  int64_t height;
  int64_t perLine;
};

/// Blocks of one shape: `count` times `tiles` row tiles, from row tile `first`
/// on, by all panels of `columns`.
struct Blocks {
  const Rows &rows;
  const Columns &columns;
  int64_t tiles;
  int64_t first;
  int64_t count;
  /// Whether accumulators leave straight from their tiles.
  bool isDirect;
};

/// Where a block is: its row tiles, at their first column.
using Place = SmallVector<Point, 4>;

class MatrixEmitter {
public:
  MatrixEmitter(OpBuilder &builder, Nest &nest, const Contraction &contraction,
                const MicroKernel &kernel, const MatrixPlan &plan)
      : b(builder), nest(nest), c(contraction), kernel(kernel), plan(plan),
        activations(nest.inputs[contraction.activations]),
        inner(contraction.rows.back()),
        lanes(builder, nest, contraction.column, kernel), loc(lanes.loc) {}

  LogicalResult emit();

private:
  void emitBatch(const Point &batch);
  void emitRows(const Point &batch, const Rows &rows, const Columns &columns);
  void emitBlocks(const Point &batch, const Blocks &blocks);
  void emitChunk(const Point &batch, const Blocks &blocks, Value first,
                 Value count, Value bufferStart);
  Place placeOf(const Point &batch, const Blocks &blocks, Value rowBlock,
                Value panel);
  void emitStart(const Place &place, const Blocks &blocks);
  void emitReduction(const Place &place, const Blocks &blocks, unsigned depth,
                     Value linear, function_ref<void(Value)> besides);
  void emitStep(const Place &place, const Blocks &blocks, Value k,
                Value weightIndex);
  void emitStore(const Place &place, const Blocks &blocks, Value bufferStart);
  void emitFinish(const Place &place, const Blocks &blocks, Value bufferStart,
                  Value row);
  void configure(int64_t rows);
  int64_t activationTile(int64_t tile) const;
  int64_t weightTile(int64_t vector) const;

  void loop(Value begin, Value end, function_ref<void(Value)> body);
  void loop(int64_t end, function_ref<void(Value)> body) {
    loop(constant(0), constant(end), body);
  }
  void forEach(ArrayRef<unsigned> loops, Point point,
               function_ref<void(const Point &)> body);
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value left, Value right) {
    return arith::AddIOp::create(b, loc, left, right);
  }
  Value add(Value value, int64_t amount) {
    return amount == 0 ? value : add(value, constant(amount));
  }
  Value multiplyAdd(Value value, int64_t factor, Value addend) {
    Value product = arith::MulIOp::create(b, loc, value, constant(factor));
    return addend ? add(addend, product) : product;
  }
  Value divide(Value value, Value by) {
    return arith::DivUIOp::create(b, loc, value, by);
  }
  Value remainder(Value value, Value by) {
    return arith::RemUIOp::create(b, loc, value, by);
  }
  Value minimum(Value left, Value right) {
    return arith::MinUIOp::create(b, loc, left, right);
  }
  Value columnIndex(const Point &point, int64_t stride, int64_t batchStride);
  unsigned activeLanes(const Point &point, int64_t vector) const;

  /// The address of `buffer[index]`; taken at each use, so that the buffer is
  /// alive until then.
  Value pointer(Value buffer, Value index);
  void call(StringRef name, ValueRange operands) {
    LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr(name), operands);
  }
  Value tile(int64_t number) {
    return LLVM::ConstantOp::create(b, loc, b.getI8Type(),
                                    b.getI8IntegerAttr(number));
  }
  Value bytes(int64_t stride) {
    return LLVM::ConstantOp::create(b, loc, b.getI64Type(),
                                    b.getI64IntegerAttr(stride));
  }
  /// Accumulators of a block, in elements.
  int64_t bufferSize() const {
    return plan.blockTiles * plan.vectors * kTile * kTile;
  }

  OpBuilder &b;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const MatrixPlan &plan;
  const Access &activations;
  const unsigned inner; // the innermost row loop
  LaneBuilder lanes;
  Location loc;

  Panels panels;
  /// Accumulators on their way to the epilogue: two blocks a chunk.
  Value buffer;
  /// Shapes by the rows of a tile, and the rows that are in force; 0: none.
  std::array<Value, kTile + 1> shapes = {};
  int64_t configured = 0;
};

//===----------------------------------------------------------------------===//
// Loops around a block
//===----------------------------------------------------------------------===//

void MatrixEmitter::loop(Value begin, Value end,
                         function_ref<void(Value)> body) {
  auto forOp = scf::ForOp::create(b, loc, begin, end, constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  body(forOp.getInductionVar());
}

void MatrixEmitter::forEach(ArrayRef<unsigned> loops, Point point,
                            function_ref<void(const Point &)> body) {
  if (loops.empty())
    return body(point);
  loop(nest.sizes[loops.front()], [&](Value iv) {
    Point inner = point;
    inner.ivs[loops.front()] = iv;
    forEach(loops.drop_front(), inner, body);
  });
}

/// The shapes of all tiles for row tiles of `rows`: 64 bytes as ldtilecfg reads
/// them, with bytes of a row from 16 on and rows from 48 on.
static std::array<char, 64> describeTiles(int64_t rows, int64_t stepGroups,
                                          int64_t firstWeights) {
  std::array<char, 64> bytes = {};
  bytes[0] = 1;
  auto shape = [&](int64_t number, int64_t height, int64_t width) {
    bytes[16 + 2 * number] = static_cast<char>(width);
    bytes[48 + number] = static_cast<char>(height);
  };
  for (int64_t number = 0; number < kOperands; ++number)
    shape(number, rows, 4 * kTile);
  for (int64_t number = kOperands; number < firstWeights; ++number)
    shape(number, rows, 4 * stepGroups);
  for (int64_t number = firstWeights; number < kRegisters; ++number)
    shape(number, stepGroups, 4 * kTile);
  return bytes;
}

/// Loading shapes takes longer than a small block, and clears all tiles.
void MatrixEmitter::configure(int64_t rows) {
  if (configured == rows)
    return;
  configured = rows;
  call("llvm.x86.ldtilecfg", pointer(shapes[rows], constant(0)));
}

LogicalResult MatrixEmitter::emit() {
  // Tiles multiply signed activations as they are: what is compensated are
  // only buffers that hold the value plus 128.
  Contraction stored = c;
  stored.isUnsigned = kernel.readsUnsigned() && !activations.isFlipped;
  FailureOr<Panels> prepared = preparePanels(b, loc, nest, stored, kernel,
                                             plan.vectors, plan.groups());
  if (failed(prepared))
    return failure();
  panels = *prepared;
  for (int64_t rows : {plan.tileRows, plan.restRows})
    if (rows > 0)
      shapes[rows] = emitConstantData(
          b, loc, "qopt_tiles", b.getI8Type(),
          describeTiles(rows, plan.stepGroups, weightTile(0)));
  int64_t chunks = llvm::divideCeil(plan.wholeTiles() / plan.blockTiles,
                                    plan.chunkBlocks);
  buffer = memref::AllocOp::create(
      b, loc,
      MemRefType::get({std::max<int64_t>(chunks, 1) * 2 * bufferSize()},
                      b.getI32Type()));

  // One shape for all is loaded once.
  bool isSteady = plan.restRows == 0 && chunks <= 1;
  if (isSteady)
    configure(plan.tileRows);
  forEach(c.batches, Point(nest.sizes.size()), [&](const Point &batch) {
    if (!isSteady)
      configured = 0;
    emitBatch(batch);
  });
  call("llvm.x86.tilerelease", {});
  return success();
}

void MatrixEmitter::emitBatch(const Point &batch) {
  if (!c.isConstant) {
    Contraction stored = c;
    stored.isUnsigned = kernel.readsUnsigned() && !activations.isFlipped;
    RuntimePacking packing{lanes.flat(nest.inputs[c.weights]),
                           panels.weights,
                           panels.start,
                           panels.full,
                           panels.vectors * kTile,
                           panels.lastVectors * kTile};
    emitRuntimePacking(b, lanes, stored, kernel, batch, packing);
  }
  const Columns columns[] = {
      {0, panels.full, panels.vectors},
      {panels.full * panels.vectors * kTile, 1, panels.lastVectors}};
  const Rows rows[] = {{0, plan.tileRows, plan.lineTiles},
                       {plan.lineTiles * plan.tileRows, plan.restRows, 1}};
  for (const Rows &some : rows)
    for (const Columns &part : columns)
      if (some.height > 0 && part.count * part.vectors > 0)
        emitRows(batch, some, part);
}

void MatrixEmitter::emitRows(const Point &batch, const Rows &rows,
                             const Columns &columns) {
  Point last = batch;
  last.shifts[c.column] += columns.shift;
  bool isMasked = columns.count == 1 &&
                  activeLanes(last, columns.vectors - 1) < kTile;
  bool isDirect = !nest.epilogue && panels.startIsComplete && !isMasked;
  int64_t tiles = plan.lines * rows.perLine;
  int64_t blocks = tiles / plan.blockTiles;
  int64_t left = tiles % plan.blockTiles;
  if (blocks > 0)
    emitBlocks(batch, {rows, columns, plan.blockTiles, 0, blocks, isDirect});
  if (left > 0)
    emitBlocks(batch, {rows, columns, left, tiles - left, 1, isDirect});
}

/// The blocks in chunks that threads may share, each with a buffer of its own.
void MatrixEmitter::emitBlocks(const Point &batch, const Blocks &blocks) {
  int64_t size = std::min(plan.chunkBlocks, blocks.count);
  // Rest rows make smaller blocks: they are one chunk.
  if (blocks.rows.height != plan.tileRows)
    size = blocks.count;
  int64_t chunks = llvm::divideCeil(blocks.count, size);
  if (chunks == 1) {
    configure(blocks.rows.height);
    return emitChunk(batch, blocks, constant(0), constant(size), constant(0));
  }
  auto forOp =
      scf::ForOp::create(b, loc, constant(0), constant(chunks), constant(1));
  if (c.isConstant || c.batches.empty())
    markParallel(forOp);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  Value chunk = forOp.getInductionVar();
  Value first = multiplyAdd(chunk, size, Value());
  Value count = constant(size);
  if (blocks.count % size != 0)
    count = minimum(count, arith::SubIOp::create(
                               b, loc, constant(blocks.count), first));
  configured = 0;
  configure(blocks.rows.height);
  emitChunk(batch, blocks, first, count,
            multiplyAdd(chunk, 2 * bufferSize(), Value()));
  call("llvm.x86.tilerelease", {});
  configured = 0;
}

/// The blocks of `count` blocks of rows from `first` on, one after the other.
/// While a block is multiplied, the one before it is finished.
void MatrixEmitter::emitChunk(const Point &batch, const Blocks &blocks,
                              Value first, Value count, Value bufferStart) {
  auto placeAt = [&](Value number) {
    Value width = plan.rowsStay ? constant(blocks.columns.count) : count;
    Value high = divide(number, width), low = remainder(number, width);
    return placeOf(batch, blocks, add(first, plan.rowsStay ? high : low),
                   plan.rowsStay ? low : high);
  };
  auto bufferOf = [&](Value number) {
    return multiplyAdd(remainder(number, constant(2)), bufferSize(),
                       bufferStart);
  };
  Value total = multiplyAdd(count, blocks.columns.count, Value());
  int64_t totalSteps = plan.steps;
  for (unsigned loop : c.outer)
    totalSteps *= nest.sizes[loop];
  const int64_t rowsPerStep = llvm::divideCeil(blocks.rows.height, totalSteps);

  loop(constant(0), total, [&](Value number) {
    Place place = placeAt(number);
    emitStart(place, blocks);
    if (blocks.isDirect) {
      emitReduction(place, blocks, 0, Value(), [](Value) {});
      emitStore(place, blocks, Value());
      return;
    }
    // The first block has none before it: no rows of that are finished.
    Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          number, constant(0));
    Value limit = arith::SelectOp::create(b, loc, isFirst, constant(0),
                                          constant(blocks.rows.height));
    Value previous =
        arith::SelectOp::create(b, loc, isFirst, constant(0),
                                arith::SubIOp::create(b, loc, number,
                                                      constant(1)));
    Place before = placeAt(previous);
    Value beforeStart = bufferOf(previous);
    emitReduction(place, blocks, 0, Value(), [&](Value step) {
      Value from = multiplyAdd(step, rowsPerStep, Value());
      loop(minimum(from, limit), minimum(add(from, rowsPerStep), limit),
           [&](Value row) { emitFinish(before, blocks, beforeStart, row); });
    });
    emitStore(place, blocks, bufferOf(number));
  });
  if (blocks.isDirect)
    return;
  Value last = arith::SubIOp::create(b, loc, total, constant(1));
  Place place = placeAt(last);
  Value start = bufferOf(last);
  loop(blocks.rows.height,
       [&](Value row) { emitFinish(place, blocks, start, row); });
}

/// The row tiles of a block of rows, at their first row and the first column of
/// a panel.
Place MatrixEmitter::placeOf(const Point &batch, const Blocks &blocks,
                             Value rowBlock, Value panel) {
  Point point = batch;
  point.shifts[c.column] += blocks.columns.shift;
  if (blocks.columns.count > 1)
    point.ivs[c.column] =
        multiplyAdd(panel, blocks.columns.vectors * kTile, Value());
  point.shifts[inner] += blocks.rows.shift;
  Value firstTile =
      add(multiplyAdd(rowBlock, blocks.tiles, Value()), blocks.first);
  Place place;
  for (int64_t t = 0; t < blocks.tiles; ++t) {
    Point at = point;
    Value left = add(firstTile, t);
    auto take = [&](unsigned loop, int64_t size, int64_t step) {
      if (size > 1)
        at.ivs[loop] = multiplyAdd(remainder(left, constant(size)), step,
                                   Value());
      left = divide(left, constant(size));
    };
    // One tile after the other on one line, without asking where they are.
    bool isOneLine = t > 0 && blocks.first % blocks.rows.perLine == 0 &&
                     blocks.rows.perLine % blocks.tiles == 0;
    if (isOneLine) {
      at = place.front();
      at.shifts[inner] += t * blocks.rows.height;
      place.push_back(at);
      continue;
    }
    take(inner, blocks.rows.perLine, blocks.rows.height);
    for (unsigned loop : llvm::reverse(ArrayRef(c.rows).drop_back()))
      take(loop, nest.sizes[loop], 1);
    place.push_back(at);
  }
  return place;
}

//===----------------------------------------------------------------------===//
// A block
//===----------------------------------------------------------------------===//

/// Each weight and each activation of a step has a register of its own, or
/// takes turns where there are four: then it serves one product only.
int64_t MatrixEmitter::activationTile(int64_t tile) const {
  return kOperands + tile % std::min(plan.blockTiles, kTurns);
}

int64_t MatrixEmitter::weightTile(int64_t vector) const {
  int64_t first = kOperands + std::min(plan.blockTiles, kTurns);
  return first + vector % (kRegisters - first);
}

Value MatrixEmitter::pointer(Value buffer, Value index) {
  auto type = cast<MemRefType>(buffer.getType());
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
  Value address = multiplyAdd(index, type.getElementTypeBitWidth() / 8, base);
  address = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
  return LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), address);
}

/// `batch * batchStride + column * stride` at the first column of a point.
Value MatrixEmitter::columnIndex(const Point &point, int64_t stride,
                                 int64_t batchStride) {
  Value index = constant(point.shifts[c.column] * stride);
  if (Value iv = point.ivs[c.column])
    index = multiplyAdd(iv, stride, index);
  int64_t inner = batchStride;
  for (unsigned loop : llvm::reverse(c.batches)) {
    if (Value iv = point.ivs[loop])
      index = multiplyAdd(iv, inner, index);
    inner *= nest.sizes[loop];
  }
  return index;
}

unsigned MatrixEmitter::activeLanes(const Point &point, int64_t vector) const {
  if (point.ivs[c.column])
    return kTile;
  int64_t left = nest.sizes[c.column] - point.shifts[c.column] - vector * kTile;
  return std::clamp<int64_t>(left, 0, kTile);
}

/// Constant initial values are one row for all: a distance of zero.
void MatrixEmitter::emitStart(const Place &place, const Blocks &blocks) {
  Value start = panels.startIsComplete
                    ? columnIndex(place.front(), 1, panels.startBatchStride)
                    : Value();
  for (int64_t t = 0; t < blocks.tiles; ++t)
    for (int64_t v = 0; v < blocks.columns.vectors; ++v) {
      Value number = tile(t * blocks.columns.vectors + v);
      if (start)
        call("llvm.x86.tileloadd64",
             {number, pointer(panels.start, add(start, v * kTile)), bytes(0)});
      else
        call("llvm.x86.tilezero", number);
    }
}

/// The reduction's outer loops, of which `linear` counts the iterations, then
/// its run by steps. `besides` adds what a step's products leave time for.
void MatrixEmitter::emitReduction(const Place &place, const Blocks &blocks,
                                  unsigned depth, Value linear,
                                  function_ref<void(Value)> besides) {
  if (depth < c.outer.size()) {
    unsigned dim = c.outer[depth];
    loop(nest.sizes[dim], [&](Value iv) {
      Place inner(place);
      for (Point &at : inner)
        at.ivs[dim] = iv;
      Value counted = linear ? multiplyAdd(linear, nest.sizes[dim], iv) : iv;
      emitReduction(inner, blocks, depth + 1, counted, besides);
    });
    return;
  }
  const int64_t stepBytes =
      plan.stepGroups * blocks.columns.vectors * kTile * kernel.group;
  Value weights =
      columnIndex(place.front(), panels.columnSize, panels.weightBatchStride);
  loop(plan.steps, [&](Value step) {
    Value counted = linear ? multiplyAdd(linear, plan.steps, step) : step;
    emitStep(place, blocks,
             multiplyAdd(step, plan.stepGroups * kernel.group, Value()),
             multiplyAdd(counted, stepBytes, weights));
    besides(counted);
  });
}

void MatrixEmitter::emitStep(const Place &place, const Blocks &blocks, Value k,
                             Value weightIndex) {
  const int64_t vectors = blocks.columns.vectors;
  bool isUnsigned = c.isUnsigned || activations.isFlipped;
  for (int64_t t = 0; t < blocks.tiles; ++t)
    for (int64_t v = 0; v < vectors; ++v) {
      if (t == 0)
        call("llvm.x86.tileloadd64",
             {tile(weightTile(v)),
              pointer(panels.weights,
                      add(weightIndex, v * kTile * kernel.group)),
              bytes(vectors * kTile * kernel.group)});
      if (v == 0)
        call("llvm.x86.tileloadd64",
             {tile(activationTile(t)),
              pointer(lanes.flat(activations),
                      add(lanes.index(activations, place[t]), k)),
              bytes(activations.strides[inner])});
      call(isUnsigned ? "llvm.x86.tdpbusd" : "llvm.x86.tdpbssd",
           {tile(t * vectors + v), tile(activationTile(t)),
            tile(weightTile(v))});
    }
}

/// Accumulators go to the output, or to the buffer: row tile after row tile.
void MatrixEmitter::emitStore(const Place &place, const Blocks &blocks,
                              Value bufferStart) {
  const int64_t vectors = blocks.columns.vectors;
  for (int64_t t = 0; t < blocks.tiles; ++t)
    for (int64_t v = 0; v < vectors; ++v) {
      Value to, at;
      int64_t stride;
      if (blocks.isDirect) {
        to = lanes.flat(nest.output);
        at = add(lanes.index(nest.output, place[t]), v * kTile);
        stride = nest.output.strides[inner];
      } else {
        to = buffer;
        at = add(bufferStart, (t * kTile * vectors + v) * kTile);
        stride = vectors * kTile;
      }
      call("llvm.x86.tilestored64",
           {tile(t * vectors + v), pointer(to, at), bytes(4 * stride)});
    }
}

/// Row `row` of each row tile: what the tile of vectors does with its
/// registers.
void MatrixEmitter::emitFinish(const Place &place, const Blocks &blocks,
                               Value bufferStart, Value row) {
  const int64_t vectors = blocks.columns.vectors;
  VectorType type = lanes.vectorOf(nest.accumulator.element);
  SmallVector<Value> accumulators;
  SmallVector<Point> points;
  SmallVector<unsigned> active;
  Value from = multiplyAdd(row, vectors * kTile, bufferStart);
  for (auto [t, first] : llvm::enumerate(place)) {
    Point at = first;
    at.ivs[inner] = at.ivs[inner] ? add(at.ivs[inner], row) : row;
    for (int64_t v = 0; v < vectors; ++v) {
      int64_t shift = (int64_t(t) * kTile * vectors + v) * kTile;
      Value sum = vector::LoadOp::create(b, loc, type, buffer,
                                         ValueRange{add(from, shift)});
      Point place = at;
      place.shifts[c.column] += v * kTile;
      unsigned count = activeLanes(first, v);
      if (!panels.startIsComplete) {
        sum = arith::AddIOp::create(b, loc, sum, lanes.emitInit(place, count));
        if (panels.start) {
          Value start = columnIndex(place, 1, panels.startBatchStride);
          sum = arith::AddIOp::create(
              b, loc, sum,
              vector::LoadOp::create(b, loc, type, panels.start,
                                     ValueRange{start}));
        }
      }
      accumulators.push_back(sum);
      points.push_back(place);
      active.push_back(count);
    }
  }
  lanes.emitFinish(accumulators, points, active);
}

} // namespace

LogicalResult mlir::qopt::emitMatrixTiles(OpBuilder &builder, Nest &nest,
                                          const Contraction &contraction,
                                          const MicroKernel &kernel,
                                          const MatrixPlan &plan) {
  return MatrixEmitter(builder, nest, contraction, kernel, plan).emit();
}
