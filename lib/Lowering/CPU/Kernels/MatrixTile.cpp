//===- MatrixTile.cpp - Contractions on tile registers --------------------===//
//
// The loops around a block, and where the blocks are.
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"
#include "../ParallelLoops.h"
#include "Globals.h"
#include "MatrixEmitter.h"
#include "RuntimePacking.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::qopt;
using namespace mlir::qopt::matrix;

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
  FailureOr<Panels> prepared =
      preparePanels(b, loc, nest, stored, kernel, plan.vectors, plan.groups());
  if (failed(prepared))
    return failure();
  panels = *prepared;
  for (int64_t rows : {plan.tileRows, plan.restRows})
    if (rows > 0)
      shapes[rows] =
          emitConstantData(b, loc, "qopt_tiles", b.getI8Type(),
                           describeTiles(rows, plan.stepGroups, weightTile(0)));
  int64_t chunks =
      llvm::divideCeil(plan.wholeTiles() / plan.blockTiles, plan.chunkBlocks);
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
  bool isMasked =
      columns.count == 1 && activeLanes(last, columns.vectors - 1) < kTile;
  bool isDirect = !nest.epilogue && panels.startIsComplete && !isMasked;
  int64_t tiles = plan.lines * rows.perLine;
  int64_t blocks = tiles / plan.blockTiles;
  int64_t left = tiles % plan.blockTiles;
  if (blocks > 0)
    emitBlocks(batch, {rows, columns, plan.blockTiles, 0, blocks, isDirect,
                       plan.rowsStay && columns.count > 1});
  if (left > 0)
    emitBlocks(batch, {rows, columns, left, tiles - left, 1, isDirect,
                       columns.count > 1});
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
    count = minimum(
        count, arith::SubIOp::create(b, loc, constant(blocks.count), first));
  configured = 0;
  configure(blocks.rows.height);
  emitChunk(batch, blocks, first, count,
            multiplyAdd(chunk, 2 * bufferSize(), Value()));
  call("llvm.x86.tilerelease", {});
  configured = 0;
}

/// The blocks of `count` blocks of rows from `first` on, one after the other.
/// While a block is multiplied, the one before it is stored and finished.
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
  int64_t otherSteps = plan.steps;
  for (unsigned loop : c.outer)
    otherSteps *= nest.sizes[loop];
  --otherSteps;
  const int64_t groups = blocks.rows.height / rowsTogether(blocks);
  // The part of the groups that is done before `step`: evenly spread.
  auto before = [&](Value step) {
    return divide(multiplyAdd(step, groups, Value()), constant(otherSteps));
  };
  auto finish = [&](const Place &place, Value start, Value begin, Value end) {
    loop(begin, end,
         [&](Value group) { emitFinish(place, blocks, start, group); });
  };

  loop(constant(0), total, [&](Value number) {
    Place place = placeAt(number);
    // What passes is met again where it was left.
    Value isBackward;
    if (plan.turns)
      isBackward =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                remainder(number, constant(2)), constant(0));
    // The first block has none before it: nothing of that is stored.
    Value isFirst = isZero(number);
    Value previous = arith::SelectOp::create(
        b, loc, isFirst, constant(0),
        arith::SubIOp::create(b, loc, number, constant(1)));
    Place previousPlace = placeAt(previous);
    Value previousStart = bufferOf(previous);
    Value limit = select(isFirst, 0, groups);
    auto start = [&](int64_t t, int64_t v) { emitStart(place, blocks, t, v); };
    auto choice = scf::IfOp::create(b, loc, isFirst, /*withElse=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      emitFirstStep(place, blocks, isBackward, start);
      b.setInsertionPointToStart(choice.elseBlock());
      emitFirstStep(place, blocks, isBackward, [&](int64_t t, int64_t v) {
        emitStore(previousPlace, blocks, previousStart, t, v);
        start(t, v);
      });
    }
    if (otherSteps == 0) {
      if (!blocks.isDirect)
        finish(previousPlace, previousStart, constant(0), limit);
      return;
    }
    Value ahead = firstLineAhead(batch, blocks, number, count, otherSteps);
    emitOtherSteps(place, blocks, isBackward, 0, Value(), Value(),
                   [&](Value step) {
                     if (ahead)
                       emitLinesAhead(ahead, step);
                     if (blocks.isDirect)
                       return;
                     Value begin = before(add(step, -1)), end = before(step);
                     finish(previousPlace, previousStart, minimum(begin, limit),
                            minimum(end, limit));
                   });
  });
  Value last = arith::SubIOp::create(b, loc, total, constant(1));
  Place place = placeAt(last);
  Value start = bufferOf(last);
  forEachTile(blocks, [&](int64_t t, int64_t v) {
    emitStore(place, blocks, start, t, v);
  });
  if (!blocks.isDirect)
    finish(place, start, constant(0), constant(groups));
}

/// Where rows pass by panels of weights, each block of rows asks for a part of
/// the next panel, and for one of the first panel where there is no next: the
/// index of its first line in the weights. Null where nothing is asked for.
Value MatrixEmitter::firstLineAhead(const Point &batch, const Blocks &blocks,
                                    Value number, Value count, int64_t steps) {
  if (plan.linesAhead == 0 || blocks.columns.count == 1)
    return Value();
  Value last = constant(blocks.columns.count - 1);
  Value panel = divide(number, count), rowBlock = remainder(number, count);
  Value isLast =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, panel, last);
  Value next =
      arith::SelectOp::create(b, loc, isLast, constant(0), add(panel, 1));
  Point point = batch;
  point.ivs[c.column] =
      multiplyAdd(next, blocks.columns.vectors * kTile, Value());
  return multiplyAdd(
      rowBlock, steps * plan.linesAhead * kLine,
      columnIndex(point, panels.columnSize, panels.weightBatchStride));
}

/// Asks for the lines of `step`, of which the first one has none.
void MatrixEmitter::emitLinesAhead(Value first, Value step) {
  Value at = multiplyAdd(add(step, -1), plan.linesAhead * kLine, first);
  for (int64_t line = 0; line < plan.linesAhead; ++line)
    memref::PrefetchOp::create(b, loc, panels.weights,
                               ValueRange{add(at, line * kLine)},
                               /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
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
  auto placeAt = [&](Value tile) {
    Point at = point;
    auto take = [&](unsigned loop, int64_t size, int64_t step) {
      if (size > 1)
        at.ivs[loop] =
            multiplyAdd(remainder(tile, constant(size)), step, Value());
      tile = divide(tile, constant(size));
    };
    take(inner, blocks.rows.perLine, blocks.rows.height);
    for (unsigned loop : llvm::reverse(ArrayRef(c.rows).drop_back()))
      take(loop, nest.sizes[loop], 1);
    return at;
  };
  Place place = {placeAt(firstTile)};
  const int64_t perLine = blocks.rows.perLine;
  bool isRegular = liesRegularly(blocks);
  for (int64_t t = 1; t < blocks.tiles; ++t) {
    if (!isRegular) {
      place.push_back(placeAt(add(firstTile, t)));
      continue;
    }
    Point at = place.front();
    at.shifts[inner] += t % perLine * blocks.rows.height;
    if (c.rows.size() > 1)
      at.shifts[c.rows[c.rows.size() - 2]] += t / perLine;
    place.push_back(at);
  }
  return place;
}

/// Whether the row tiles of all blocks lie alike: on a part of one line, or on
/// whole lines that follow each other. Else each is looked for.
bool MatrixEmitter::liesRegularly(const Blocks &blocks) const {
  const int64_t perLine = blocks.rows.perLine, tiles = blocks.tiles;
  if (perLine % tiles == 0)
    return blocks.first % tiles == 0;
  int64_t lines = tiles / perLine;
  return tiles % perLine == 0 && blocks.first % tiles == 0 &&
         nest.sizes[c.rows[c.rows.size() - 2]] % lines == 0;
}

LogicalResult mlir::qopt::emitMatrixTiles(OpBuilder &builder, Nest &nest,
                                          const Contraction &contraction,
                                          const MicroKernel &kernel,
                                          const MatrixPlan &plan) {
  return MatrixEmitter(builder, nest, contraction, kernel, plan).emit();
}
