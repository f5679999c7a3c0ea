//===- MatrixBlock.cpp - One block on tile registers ----------------------===//
//
// The start of a block's accumulators, the reduction, and the two ways out.
//
//===----------------------------------------------------------------------===//

#include "MatrixEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;
using namespace mlir::qopt::matrix;

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

/// A row of initial values.
Value MatrixEmitter::startPointer(const Place &place, int64_t v) {
  if (!panels.startIsComplete)
    return pointer(zeros, constant(0));
  Value start = columnIndex(place.tiles.front(), 1, panels.startBatchStride);
  return pointer(panels.start, add(start, v * kTile));
}

/// A constant initial value is one row for all: a distance of zero. Behind the
/// first part of the run it is what `sums` holds from the part before.
void MatrixEmitter::emitStart(const Place &place, const Blocks &blocks,
                              Value sums, Value isFirstPart, int64_t t,
                              int64_t v) {
  Value number = tile(t * blocks.columns.vectors + v);
  if (isFirstPart) {
    Value from = pointer(buffer, add(sums, bufferShift(blocks, t, v)));
    from = arith::SelectOp::create(b, loc, isFirstPart, startPointer(place, v),
                                   from);
    Value stride = arith::SelectOp::create(b, loc, isFirstPart, bytes(0),
                                           bytes(bufferStride(blocks)));
    return call("llvm.x86.tileloadd64", {number, from, stride});
  }
  if (!panels.startIsComplete)
    return call("llvm.x86.tilezero", number);
  call("llvm.x86.tileloadd64", {number, startPointer(place, v), bytes(0)});
}

void MatrixEmitter::forEachTile(const Blocks &blocks, TileAction action) {
  for (int64_t t = 0; t < blocks.tiles; ++t)
    for (int64_t v = 0; v < blocks.columns.vectors; ++v)
      action(t, v);
}

Value MatrixEmitter::position(Value count, int64_t size, Value isBackward) {
  if (!isBackward || size == 1)
    return count;
  Value fromEnd = arith::SubIOp::create(b, loc, constant(size - 1), count);
  return arith::SelectOp::create(b, loc, isBackward, fromEnd, count);
}

/// The step that comes first: the last one where the reduction goes backward.
void MatrixEmitter::emitFirstStep(const Place &place, const Blocks &blocks,
                                  Value isBackward, TileAction beforeProduct) {
  Place at(place);
  Value linear;
  for (unsigned dim : c.outer) {
    Value iv = position(constant(0), nest.sizes[dim], isBackward);
    for (Point &point : at.tiles)
      point.ivs[dim] = iv;
    linear = linear ? multiplyAdd(linear, nest.sizes[dim], iv) : iv;
  }
  emitStep(at, blocks, position(constant(0), stepsOf(blocks), isBackward),
           linear, beforeProduct);
}

/// The steps behind the first one: the reduction's outer loops, of which
/// `linear` is the position and `count` counts the iterations, then its run.
/// `besides` adds what a step's products leave time for.
void MatrixEmitter::emitOtherSteps(const Place &place, const Blocks &blocks,
                                   Value isBackward, unsigned depth,
                                   Value count, Value linear,
                                   function_ref<void(Value)> besides) {
  auto next = [&](Value before, int64_t size, Value iv) {
    return before ? multiplyAdd(before, size, iv) : iv;
  };
  auto sizeAt = [&](unsigned level) {
    return level < c.outer.size() ? nest.sizes[c.outer[level]]
                                  : stepsOf(blocks);
  };
  const int64_t size = sizeAt(depth);
  // The innermost loop that has several iterations leaves out the first step.
  bool isLast = size > 1;
  for (unsigned level = depth + 1; level <= c.outer.size(); ++level)
    isLast &= sizeAt(level) == 1;
  Value first = constant(0);
  if (isLast)
    first = count ? select(isZero(count), 1, 0) : constant(1);
  loop(first, constant(size), [&](Value iv) {
    Value at = position(iv, size, isBackward);
    Value counted = next(count, size, iv);
    if (depth == c.outer.size()) {
      emitStep(place, blocks, at, linear, [](int64_t, int64_t) {});
      return besides(counted);
    }
    Place inner(place);
    for (Point &point : inner.tiles)
      point.ivs[c.outer[depth]] = at;
    emitOtherSteps(inner, blocks, isBackward, depth + 1,
                   size == 1 && !count ? Value() : counted,
                   next(linear, size, at), besides);
  });
}

/// Loads with the hint T1 leave the first-level cache to the operands that
/// stay there. Cache lines that several steps read are not left out: those of
/// windows that overlap, or of rows that are no whole lines. All that has a
/// register of its own is loaded before the first product, which need not wait
/// for the loads between products then.
void MatrixEmitter::emitStep(const Place &place, const Blocks &blocks,
                             Value step, Value linear,
                             TileAction beforeProduct) {
  const int64_t vectors = blocks.columns.vectors;
  const int64_t vectorBytes = kTile * kernel.group;
  if (place.firstStep)
    step = add(place.firstStep, step);
  Value k = multiplyAdd(step, plan.stepGroups * kernel.group, Value());
  Value counted = linear ? multiplyAdd(linear, plan.steps, step) : step;
  Value weights =
      multiplyAdd(counted, plan.stepGroups * vectorBytes,
                  columnIndex(place.tiles.front(), panels.columnSize,
                              panels.weightBatchStride));
  bool isUnsigned = c.isUnsigned || activations.isFlipped;
  const int64_t rowStride = activations.strides[inner];
  const bool readsLinesOnce = c.outer.empty() && rowStride % kLine == 0 &&
                              plan.stepGroups * kernel.group == kLine;
  auto load = [&](int64_t number, bool streams, Value from, int64_t stride) {
    call(streams ? "llvm.x86.tileloaddt164" : "llvm.x86.tileloadd64",
         {tile(number), from, bytes(stride)});
  };
  const bool streamsWeights = plan.streams && blocks.weightsPass;
  const bool streamsActivations = plan.streams && !blocks.weightsPass &&
                                  (readsLinesOnce || blocks.packsRows);
  auto loadWeights = [&](int64_t v) {
    load(weightTile(v), streamsWeights,
         pointer(panels.weights, add(weights, v * kTile * panels.columnSize)),
         vectorBytes);
  };
  auto loadRows = [&](int64_t t) {
    if (blocks.packsRows) {
      Value tileOfBlock = multiplyAdd(step, blocks.tiles * packedTile(blocks),
                                      place.packedRows);
      return load(activationTile(t), streamsActivations,
                  pointer(packedRows, add(tileOfBlock, t * packedTile(blocks))),
                  kLine);
    }
    load(activationTile(t), streamsActivations,
         pointer(lanes.flat(activations),
                 add(lanes.index(activations, place.tiles[t]), k)),
         rowStride);
  };
  for (int64_t i = 0; i < std::min(kTurns, std::max(vectors, blocks.tiles));
       ++i) {
    if (i < vectors)
      loadWeights(i);
    if (i < blocks.tiles)
      loadRows(i);
  }
  forEachTile(blocks, [&](int64_t t, int64_t v) {
    if (t == 0 && v >= kTurns)
      loadWeights(v);
    if (v == 0 && t >= kTurns)
      loadRows(t);
    beforeProduct(t, v);
    call(isUnsigned ? "llvm.x86.tdpbusd" : "llvm.x86.tdpbssd",
         {tile(t * vectors + v), tile(activationTile(t)), tile(weightTile(v))});
  });
}

/// An accumulator goes to the output, or to the buffer: row tile after row
/// tile. Sums that wait for the next part of the run are in the buffer always.
void MatrixEmitter::emitStore(const Place &place, const Blocks &blocks,
                              Value bufferStart, Value isLastPart, int64_t t,
                              int64_t v) {
  Value number = tile(t * blocks.columns.vectors + v);
  Value to, stride;
  if (!blocks.isDirect || isLastPart) {
    to = pointer(buffer, add(bufferStart, bufferShift(blocks, t, v)));
    stride = bytes(bufferStride(blocks));
  }
  if (blocks.isDirect) {
    Value at = add(lanes.index(nest.output, place.tiles[t]), v * kTile);
    Value direct = pointer(lanes.flat(nest.output), at);
    Value rows = bytes(4 * nest.output.strides[inner]);
    to = isLastPart ? arith::SelectOp::create(b, loc, isLastPart, direct, to)
                          .getResult()
                    : direct;
    stride = isLastPart
                 ? arith::SelectOp::create(b, loc, isLastPart, rows, stride)
                       .getResult()
                 : rows;
  }
  call("llvm.x86.tilestored64", {number, to, stride});
}

/// Rows of a tile that are finished together: where they follow each other in
/// the output, their bytes are stored by the cache line.
int64_t MatrixEmitter::rowsTogether(const Blocks &blocks) const {
  int64_t rows = std::max<int64_t>(kTogether / blocks.columns.vectors, 1);
  while (blocks.rows.height % rows != 0)
    --rows;
  return rows;
}

/// Some rows of each row tile: what the tile of vectors does with its
/// registers.
void MatrixEmitter::emitFinish(const Place &place, const Blocks &blocks,
                               Value bufferStart, Value group) {
  const int64_t vectors = blocks.columns.vectors;
  const int64_t rows = rowsTogether(blocks);
  VectorType type = lanes.vectorOf(nest.accumulator.element);
  Value firstRow = multiplyAdd(group, rows, Value());
  Value from = multiplyAdd(firstRow, vectors * kTile, bufferStart);
  for (auto [t, first] : llvm::enumerate(place.tiles)) {
    Point at = first;
    at.ivs[inner] = at.ivs[inner] ? add(at.ivs[inner], firstRow) : firstRow;
    // Tile by tile: what is loaded ahead for all of them would be spilled.
    SmallVector<Value> accumulators;
    SmallVector<Point> points;
    SmallVector<unsigned> active;
    for (int64_t i = 0; i < rows * vectors; ++i) {
      int64_t row = i / vectors, v = i % vectors;
      int64_t shift = ((int64_t(t) * kTile + row) * vectors + v) * kTile;
      Value sum = vector::LoadOp::create(b, loc, type, buffer,
                                         ValueRange{add(from, shift)});
      Point point = at;
      point.shifts[inner] += row;
      point.shifts[c.column] += v * kTile;
      unsigned count = activeLanes(first, v);
      if (!panels.startIsComplete) {
        sum = arith::AddIOp::create(b, loc, sum, lanes.emitInit(point, count));
        if (panels.start) {
          Value start = columnIndex(point, 1, panels.startBatchStride);
          sum = arith::AddIOp::create(
              b, loc, sum,
              vector::LoadOp::create(b, loc, type, panels.start,
                                     ValueRange{start}));
        }
      }
      accumulators.push_back(sum);
      points.push_back(point);
      active.push_back(count);
    }
    lanes.emitFinish(accumulators, points, active);
  }
}
