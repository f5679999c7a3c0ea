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
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

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
      preparePanels(b, loc, nest, stored, kernel, plan.vectors, plan.groups(),
                    /*byVector=*/true);
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
  auto allocate = [&](int64_t size, Type element) -> Value {
    return memref::AllocOp::create(b, loc, MemRefType::get({size}, element));
  };
  const int64_t buffers = sharesBuffers ? 1 : std::max<int64_t>(chunks, 1);
  buffer = allocate(buffers * chunkBufferSize(), b.getI32Type());
  if (plan.packsRows)
    packedRows = allocate(buffers * plan.chunkBlocks * packedBlockSize(),
                          activations.element);
  if (plan.parts > 1 && !panels.startIsComplete)
    zeros = emitConstantData(b, loc, "qopt_zeros", b.getI32Type(),
                             std::array<char, 4 * kTile>{});

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
    const int64_t count = nest.sizes[c.column];
    RuntimePacking packing{lanes.flat(nest.inputs[c.weights]),
                           panels.weights,
                           panels.start,
                           count / kTile,
                           kTile,
                           count % kTile > 0 ? kTile : 0};
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
  // Only blocks of whole tiles are many enough to pack rows for.
  const bool isWhole = rows.height == plan.tileRows;
  if (blocks > 0)
    emitBlocks(batch,
               {rows, columns, plan.blockTiles, 0, blocks, isDirect,
                plan.rowsStay && columns.count > 1, isWhole ? plan.parts : 1,
                isWhole && plan.packsRows && columns.count > 1});
  if (left > 0)
    emitBlocks(batch, {rows, columns, left, tiles - left, 1, isDirect,
                       columns.count > 1});
}

/// The blocks in chunks that threads may share, each with a buffer of its own
/// then. One thread has one that stays in its second-level cache.
void MatrixEmitter::emitBlocks(const Point &batch, const Blocks &blocks) {
  int64_t size = std::min(plan.chunkBlocks, blocks.count);
  // Rest rows make smaller blocks: they are one chunk.
  if (blocks.rows.height != plan.tileRows)
    size = blocks.count;
  int64_t chunks = llvm::divideCeil(blocks.count, size);
  if (chunks == 1) {
    configure(blocks.rows.height);
    return emitChunk(batch, blocks, constant(0), constant(size), constant(0),
                     constant(0));
  }
  auto forOp =
      scf::ForOp::create(b, loc, constant(0), constant(chunks), constant(1));
  if (!sharesBuffers && (c.isConstant || c.batches.empty()))
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
  Value number = sharesBuffers ? constant(0) : chunk;
  emitChunk(batch, blocks, first, count,
            multiplyAdd(number, chunkBufferSize(), Value()),
            multiplyAdd(number, size * packedBlockSize(), Value()));
  call("llvm.x86.tilerelease", {});
  configured = 0;
}

/// The blocks of `count` blocks of rows from `first` on, one after the other.
/// While a block is multiplied, the one before it is stored and finished.
void MatrixEmitter::emitChunk(const Point &batch, const Blocks &blocks,
                              Value first, Value count, Value bufferStart,
                              Value rowsStart) {
  if (blocks.packsRows)
    emitRowPacking(batch, blocks, first, count, rowsStart);
  // Rows of a chunk pass by a part of the columns, then by the next part.
  auto positionOf = [&](Value number) -> Position {
    if (plan.rowsStay) {
      Value width = constant(blocks.columns.count);
      return {divide(number, width), remainder(number, width), Value()};
    }
    Value rowBlock = remainder(number, count), panel = divide(number, count);
    if (blocks.parts == 1)
      return {rowBlock, panel, Value()};
    Value parts = constant(blocks.parts);
    return {rowBlock, divide(panel, parts), remainder(panel, parts)};
  };
  auto placeAt = [&](const Position &position) {
    Place place =
        placeOf(batch, blocks, add(first, position.rowBlock), position.panel);
    if (position.part)
      place.firstStep = multiplyAdd(position.part, stepsOf(blocks), Value());
    if (blocks.packsRows)
      place.packedRows =
          multiplyAdd(position.rowBlock, packedBlockSize(), rowsStart);
    return place;
  };
  auto bufferOf = [&](Value number, const Position &position) {
    Value index =
        position.part ? position.rowBlock : remainder(number, constant(2));
    return multiplyAdd(index, bufferSize(), bufferStart);
  };
  auto isPart = [&](const Position &position, int64_t part) -> Value {
    if (!position.part)
      return Value();
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                 position.part, constant(part));
  };
  Value total =
      multiplyAdd(count, blocks.columns.count * blocks.parts, Value());
  int64_t otherSteps = stepsOf(blocks);
  for (unsigned loop : c.outer)
    otherSteps *= nest.sizes[loop];
  --otherSteps;
  const int64_t groups = blocks.rows.height / rowsTogether(blocks);
  // The part of the groups that is done before `step`: evenly spread.
  auto doneBefore = [&](Value step) {
    return divide(multiplyAdd(step, groups, Value()), constant(otherSteps));
  };
  auto finish = [&](const Place &place, Value start, Value begin, Value end) {
    loop(begin, end,
         [&](Value group) { emitFinish(place, blocks, start, group); });
  };

  loop(constant(0), total, [&](Value number) {
    const Position position = positionOf(number);
    Place place = placeAt(position);
    // What passes is met again where it was left.
    Value isBackward;
    if (plan.turns && blocks.parts == 1)
      isBackward =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                remainder(number, constant(2)), constant(0));
    // The first block has none before it: nothing of that is stored.
    Value isFirst = isZero(number);
    Value previous = arith::SelectOp::create(
        b, loc, isFirst, constant(0),
        arith::SubIOp::create(b, loc, number, constant(1)));
    const Position before = positionOf(previous);
    Place previousPlace = placeAt(before);
    Value previousStart = bufferOf(previous, before);
    Value isDone = isPart(before, blocks.parts - 1);
    Value limit = select(isFirst, 0, groups);
    // Sums that wait are not finished.
    if (isDone)
      limit = arith::SelectOp::create(b, loc, isDone, limit, constant(0));
    Value sums = bufferOf(number, position), isFirstPart = isPart(position, 0);
    auto start = [&](int64_t t, int64_t v) {
      emitStart(place, blocks, sums, isFirstPart, t, v);
    };
    auto choice = scf::IfOp::create(b, loc, isFirst, /*withElse=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      emitFirstStep(place, blocks, isBackward, start);
      b.setInsertionPointToStart(choice.elseBlock());
      emitFirstStep(place, blocks, isBackward, [&](int64_t t, int64_t v) {
        emitStore(previousPlace, blocks, previousStart, isDone, t, v);
        start(t, v);
      });
    }
    if (otherSteps == 0) {
      if (!blocks.isDirect)
        finish(previousPlace, previousStart, constant(0), limit);
      return;
    }
    Value ahead = firstLineAhead(batch, blocks, position, count, otherSteps);
    Value rowsAhead =
        firstRowLineAhead(batch, blocks, position, first, otherSteps);
    emitOtherSteps(
        place, blocks, isBackward, 0, Value(), Value(), [&](Value step) {
          if (ahead)
            emitLinesAhead(panels.weights, ahead, plan.linesAhead, step);
          if (rowsAhead)
            emitLinesAhead(lanes.flat(activations), rowsAhead,
                           plan.rowLinesAhead, step);
          if (blocks.isDirect)
            return;
          Value begin = doneBefore(add(step, -1)), end = doneBefore(step);
          finish(previousPlace, previousStart, minimum(begin, limit),
                 minimum(end, limit));
        });
  });
  Value last = arith::SubIOp::create(b, loc, total, constant(1));
  const Position position = positionOf(last);
  Place place = placeAt(position);
  Value start = bufferOf(last, position);
  forEachTile(blocks, [&](int64_t t, int64_t v) {
    emitStore(place, blocks, start, Value(), t, v);
  });
  if (!blocks.isDirect)
    finish(place, start, constant(0), constant(groups));
}

/// Copies the rows of `count` blocks from `first` on: for each block, step
/// after step, its row tiles. Rows at a distance of a power of two share banks
/// of the second-level cache, so that tiles which pass come from there slowly.
void MatrixEmitter::emitRowPacking(const Point &batch, const Blocks &blocks,
                                   Value first, Value count, Value rowsStart) {
  const int64_t stepSize = blocks.tiles * packedTile(blocks);
  const int64_t rowStride = activations.strides[inner];
  // A few streams of reads, and stores of neighbours.
  const int64_t together = std::gcd(blocks.rows.height, int64_t(4));
  auto line = VectorType::get({kLine}, activations.element);
  loop(constant(0), count, [&](Value rowBlock) {
    Place place = placeOf(batch, blocks, add(first, rowBlock), constant(0));
    Value block = multiplyAdd(rowBlock, packedBlockSize(), rowsStart);
    for (int64_t t = 0; t < blocks.tiles; ++t)
      loop(blocks.rows.height / together, [&](Value rows) {
        Value row = multiplyAdd(rows, together, Value());
        Value from = multiplyAdd(row, rowStride,
                                 lanes.index(activations, place.tiles[t]));
        Value to = multiplyAdd(row, kLine, add(block, t * packedTile(blocks)));
        loop(plan.steps, [&](Value step) {
          Value read = multiplyAdd(step, kLine, from);
          Value write = multiplyAdd(step, stepSize, to);
          for (int64_t r = 0; r < together; ++r) {
            Value values =
                vector::LoadOp::create(b, loc, line, lanes.flat(activations),
                                       ValueRange{add(read, r * rowStride)});
            vector::StoreOp::create(b, loc, values, packedRows,
                                    ValueRange{add(write, r * kLine)});
          }
        });
      });
  });
}

/// The number behind `number`, of `count`, and zero behind the last.
Value MatrixEmitter::nextOf(Value number, int64_t count) {
  Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, number,
                                       constant(count - 1));
  return arith::SelectOp::create(b, loc, isLast, constant(0), add(number, 1));
}

/// Where rows pass by panels of weights, each block asks for a part of the next
/// panel, and for one of the first panel where there is no next: the index of
/// its first line in the weights. Null where nothing is asked for.
Value MatrixEmitter::firstLineAhead(const Point &batch, const Blocks &blocks,
                                    const Position &position, Value count,
                                    int64_t steps) {
  if (plan.linesAhead == 0 || blocks.columns.count == 1)
    return Value();
  Point point = batch;
  point.ivs[c.column] =
      multiplyAdd(nextOf(position.panel, blocks.columns.count),
                  blocks.columns.vectors * kTile, Value());
  Value block = position.rowBlock;
  if (position.part)
    block = add(arith::MulIOp::create(b, loc, position.part, count), block);
  return multiplyAdd(
      block, steps * plan.linesAhead * kLine,
      columnIndex(point, panels.columnSize, panels.weightBatchStride));
}

/// Where weights pass by rows, each panel asks for a part of the next block of
/// rows likewise.
Value MatrixEmitter::firstRowLineAhead(const Point &batch, const Blocks &blocks,
                                       const Position &position, Value first,
                                       int64_t steps) {
  if (plan.rowLinesAhead == 0 || !blocks.weightsPass || blocks.count == 1)
    return Value();
  Value next = nextOf(add(first, position.rowBlock), blocks.count);
  Place place = placeOf(batch, blocks, next, constant(0));
  return multiplyAdd(position.panel, steps * plan.rowLinesAhead * kLine,
                     lanes.index(activations, place.tiles.front()));
}

/// Asks for the lines of `step`, of which the first one has none.
void MatrixEmitter::emitLinesAhead(Value buffer, Value first, int64_t lines,
                                   Value step) {
  Value at = multiplyAdd(add(step, -1), lines * kLine, first);
  for (int64_t line = 0; line < lines; ++line)
    memref::PrefetchOp::create(b, loc, buffer,
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
  Place place;
  place.tiles.push_back(placeAt(firstTile));
  const int64_t perLine = blocks.rows.perLine;
  bool isRegular = liesRegularly(blocks);
  for (int64_t t = 1; t < blocks.tiles; ++t) {
    if (!isRegular) {
      place.tiles.push_back(placeAt(add(firstTile, t)));
      continue;
    }
    Point at = place.tiles.front();
    at.shifts[inner] += t % perLine * blocks.rows.height;
    if (c.rows.size() > 1)
      at.shifts[c.rows[c.rows.size() - 2]] += t / perLine;
    place.tiles.push_back(at);
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
                                          const MatrixPlan &plan,
                                          bool onOneThread) {
  return MatrixEmitter(builder, nest, contraction, kernel, plan, onOneThread)
      .emit();
}
