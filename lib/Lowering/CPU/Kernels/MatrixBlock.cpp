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
  for (auto [t, first] : llvm::enumerate(place)) {
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
