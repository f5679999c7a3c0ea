//===- MatrixTile.cpp - Contractions on tile registers --------------------===//
//
// A tile register holds 16 rows of 64 bytes. Of activations, that is 16 rows of
// 64 products, straight from where they lie; of weights, 16 columns of as many
// products in groups of four, which is how vpdpbusd wants them too; of
// accumulators, 16 x 16. Tiles 0 to 3 hold a block of 2 x 2 accumulators, 4 and
// 5 activations, 6 and 7 weights.
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"
#include "Globals.h"
#include "LaneBuilder.h"
#include "Panels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <array>

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Rows of a tile, and 32-bit words of one of its rows.
constexpr int64_t kTile = 16;
/// Rows and columns of a block of accumulators.
constexpr int64_t kBlock = 2 * kTile;
enum Tile : uint8_t { kAccumulators = 0, kActivations = 4, kWeights = 6 };

/// Groups of a step: the largest divisor of `groups` that a tile holds.
int64_t groupsPerStep(int64_t groups) {
  int64_t step = std::min(groups, kTile);
  while (groups % step != 0)
    --step;
  return step;
}

class MatrixEmitter {
public:
  MatrixEmitter(OpBuilder &builder, Nest &nest, const Contraction &contraction,
                const MicroKernel &kernel)
      : b(builder), nest(nest), c(contraction), kernel(kernel),
        activations(nest.inputs[contraction.activations]),
        lanes(builder, nest, contraction.column, kernel), loc(lanes.loc) {}

  LogicalResult emit();

private:
  void loop(int64_t end, int64_t step, function_ref<void(Value)> body);
  void forEach(ArrayRef<unsigned> loops, Point point,
               function_ref<void(const Point &)> body);
  void tiled(unsigned loop, int64_t size, int64_t tile, const Point &point,
             function_ref<void(const Point &, int64_t)> body);
  void emitPanel(const Point &point, int64_t vectors);
  void emitBlock(const Point &point, int64_t rows, int64_t panelVectors,
                 int64_t first, int64_t vectors);
  void emitStart(const Point &point, int64_t rowTiles, int64_t first,
                 int64_t vectors);
  void emitReduction(const Point &point, int64_t rowTiles, int64_t panelVectors,
                     int64_t first, int64_t vectors, unsigned depth,
                     Value linear);
  void emitStep(const Point &point, int64_t rowTiles, int64_t panelVectors,
                int64_t vectors, Value k, Value weightIndex);
  void emitFinish(const Point &point, int64_t rows, int64_t first,
                  int64_t vectors);
  Value emitConfiguration(int64_t rows);

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value value, int64_t amount) {
    return amount == 0 ? value
                       : arith::AddIOp::create(b, loc, value, constant(amount));
  }
  Value multiplyAdd(Value value, int64_t factor, Value addend) {
    Value product = arith::MulIOp::create(b, loc, value, constant(factor));
    return addend ? arith::AddIOp::create(b, loc, addend, product) : product;
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

  OpBuilder &b;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const Access &activations;
  LaneBuilder lanes;
  Location loc;

  Panels panels;
  int64_t stepGroups = 1; // groups of four products of one step
  Value block;            // accumulators on their way to the epilogue
  std::array<Value, kBlock + 1> configurations = {}; // by rows of a block
};

//===----------------------------------------------------------------------===//
// Loops around a block
//===----------------------------------------------------------------------===//

void MatrixEmitter::loop(int64_t end, int64_t step,
                         function_ref<void(Value)> body) {
  auto forOp =
      scf::ForOp::create(b, loc, constant(0), constant(end), constant(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  body(forOp.getInductionVar());
}

void MatrixEmitter::forEach(ArrayRef<unsigned> loops, Point point,
                            function_ref<void(const Point &)> body) {
  if (loops.empty())
    return body(point);
  loop(nest.sizes[loops.front()], 1, [&](Value iv) {
    Point inner = point;
    inner.ivs[loops.front()] = iv;
    forEach(loops.drop_front(), inner, body);
  });
}

void MatrixEmitter::tiled(unsigned dim, int64_t size, int64_t tile,
                          const Point &point,
                          function_ref<void(const Point &, int64_t)> body) {
  int64_t full = size / tile * tile;
  if (full > 0)
    loop(full, tile, [&](Value iv) {
      Point inner = point;
      inner.ivs[dim] = iv;
      body(inner, tile);
    });
  if (full < size) {
    Point rest = point;
    rest.shifts[dim] += full;
    body(rest, size - full);
  }
}

void MatrixEmitter::emitPanel(const Point &point, int64_t vectors) {
  unsigned inner = c.rows.back();
  forEach(ArrayRef(c.rows).drop_back(), point, [&](const Point &outer) {
    tiled(inner, nest.sizes[inner], kBlock, outer,
          [&](const Point &at, int64_t rows) {
            for (int64_t first = 0; first < vectors; first += 2)
              emitBlock(at, rows, vectors, first,
                        std::min<int64_t>(2, vectors - first));
          });
  });
}

LogicalResult MatrixEmitter::emit() {
  // Tiles multiply signed activations as they are: what is compensated are
  // only buffers that hold the value plus 128.
  Contraction stored = c;
  stored.isUnsigned = kernel.readsUnsigned() && !activations.isFlipped;
  FailureOr<Panels> prepared = preparePanels(b, loc, nest, stored, kernel);
  if (failed(prepared))
    return failure();
  panels = *prepared;
  stepGroups = groupsPerStep(panels.groups);
  block = memref::AllocOp::create(
      b, loc, MemRefType::get({kBlock * kBlock}, b.getI32Type()));
  int64_t size = nest.sizes[c.rows.back()];
  for (int64_t rows : {kBlock, size % kBlock})
    if (rows > 0 && rows <= size)
      configurations[rows] = emitConfiguration(rows);

  int64_t width = panels.vectors * kTile;
  forEach(c.batches, Point(nest.sizes.size()), [&](const Point &batch) {
    if (panels.full > 0)
      tiled(c.column, panels.full * width, width, batch,
            [&](const Point &at, int64_t) { emitPanel(at, panels.vectors); });
    if (panels.lastVectors > 0) {
      Point last = batch;
      last.shifts[c.column] += panels.full * width;
      emitPanel(last, panels.lastVectors);
    }
  });
  call("llvm.x86.tilerelease", {});
  return success();
}

//===----------------------------------------------------------------------===//
// A block
//===----------------------------------------------------------------------===//

/// The shapes of all tiles for a block of `rows`: 64 bytes as ldtilecfg reads
/// them, with bytes of a row from 16 on and rows from 48 on.
Value MatrixEmitter::emitConfiguration(int64_t rows) {
  std::array<char, 64> bytes = {};
  bytes[0] = 1;
  auto shape = [&](int64_t number, int64_t height, int64_t width) {
    bytes[16 + 2 * number] = static_cast<char>(width);
    bytes[48 + number] = static_cast<char>(height);
  };
  for (int64_t rowTile = 0; rowTile < 2; ++rowTile) {
    int64_t height = std::clamp<int64_t>(rows - rowTile * kTile, 0, kTile);
    if (height == 0)
      continue;
    for (int64_t v = 0; v < 2; ++v)
      shape(kAccumulators + 2 * rowTile + v, height, 4 * kTile);
    shape(kActivations + rowTile, height, 4 * stepGroups);
  }
  for (int64_t v = 0; v < 2; ++v)
    shape(kWeights + v, stepGroups, 4 * kTile);
  return emitConstantData(b, loc, "qopt_tiles", b.getI8Type(),
                          ArrayRef<char>(bytes));
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

void MatrixEmitter::emitBlock(const Point &point, int64_t rows,
                              int64_t panelVectors, int64_t first,
                              int64_t vectors) {
  int64_t rowTiles = llvm::divideCeil(rows, kTile);
  call("llvm.x86.ldtilecfg", pointer(configurations[rows], constant(0)));
  emitStart(point, rowTiles, first, vectors);
  emitReduction(point, rowTiles, panelVectors, first, vectors, 0, Value());
  for (int64_t r = 0; r < rowTiles; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      call("llvm.x86.tilestored64",
           {tile(kAccumulators + 2 * r + v),
            pointer(block, constant(r * kTile * kBlock + v * kTile)),
            bytes(4 * kBlock)});
  emitFinish(point, rows, first, vectors);
}

/// Constant initial values are one row for all: a distance of zero.
void MatrixEmitter::emitStart(const Point &point, int64_t rowTiles,
                              int64_t first, int64_t vectors) {
  Value start = panels.startIsComplete
                    ? columnIndex(point, 1, panels.startBatchStride)
                    : Value();
  for (int64_t r = 0; r < rowTiles; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      Value number = tile(kAccumulators + 2 * r + v);
      if (start)
        call("llvm.x86.tileloadd64",
             {number, pointer(panels.start, add(start, (first + v) * kTile)),
              bytes(0)});
      else
        call("llvm.x86.tilezero", number);
    }
}

/// The reduction's outer loops, of which `linear` counts the iterations, then
/// its run by steps.
void MatrixEmitter::emitReduction(const Point &point, int64_t rowTiles,
                                  int64_t panelVectors, int64_t first,
                                  int64_t vectors, unsigned depth,
                                  Value linear) {
  if (depth < c.outer.size()) {
    unsigned dim = c.outer[depth];
    loop(nest.sizes[dim], 1, [&](Value iv) {
      Point inner = point;
      inner.ivs[dim] = iv;
      Value counted = linear ? multiplyAdd(linear, nest.sizes[dim], iv) : iv;
      emitReduction(inner, rowTiles, panelVectors, first, vectors, depth + 1,
                    counted);
    });
    return;
  }
  const int64_t groupBytes = panelVectors * kTile * kernel.group;
  Value weights =
      columnIndex(point, panels.columnSize, panels.weightBatchStride);
  weights = add(weights, first * kTile * kernel.group);
  if (linear)
    weights = multiplyAdd(linear, panels.groups * groupBytes, weights);
  loop(panels.groups, stepGroups, [&](Value group) {
    emitStep(point, rowTiles, panelVectors, vectors,
             multiplyAdd(group, kernel.group, Value()),
             multiplyAdd(group, groupBytes, weights));
  });
}

void MatrixEmitter::emitStep(const Point &point, int64_t rowTiles,
                             int64_t panelVectors, int64_t vectors, Value k,
                             Value weightIndex) {
  const int64_t rowBytes = activations.strides[c.rows.back()];
  Value index =
      arith::AddIOp::create(b, loc, lanes.index(activations, point), k);
  for (int64_t v = 0; v < vectors; ++v)
    call("llvm.x86.tileloadd64",
         {tile(kWeights + v),
          pointer(panels.weights, add(weightIndex, v * kTile * kernel.group)),
          bytes(panelVectors * kTile * kernel.group)});
  bool isUnsigned = c.isUnsigned || activations.isFlipped;
  for (int64_t r = 0; r < rowTiles; ++r) {
    call("llvm.x86.tileloadd64",
         {tile(kActivations + r),
          pointer(lanes.flat(activations), add(index, r * kTile * rowBytes)),
          bytes(rowBytes)});
    for (int64_t v = 0; v < vectors; ++v)
      call(isUnsigned ? "llvm.x86.tdpbusd" : "llvm.x86.tdpbssd",
           {tile(kAccumulators + 2 * r + v), tile(kActivations + r),
            tile(kWeights + v)});
  }
}

/// Row by row, what the tile of vectors does with its registers.
void MatrixEmitter::emitFinish(const Point &point, int64_t rows, int64_t first,
                               int64_t vectors) {
  VectorType type = lanes.vectorOf(nest.accumulator.element);
  unsigned dim = c.rows.back();
  loop(rows, 1, [&](Value row) {
    Point at = point;
    at.ivs[dim] = at.ivs[dim]
                      ? Value(arith::AddIOp::create(b, loc, at.ivs[dim], row))
                      : row;
    SmallVector<Value> accumulators;
    SmallVector<Point> points;
    SmallVector<unsigned> active;
    Value from = multiplyAdd(row, kBlock, Value());
    for (int64_t v = 0; v < vectors; ++v) {
      Value sum = vector::LoadOp::create(b, loc, type, block,
                                         ValueRange{add(from, v * kTile)});
      Point place = at;
      place.shifts[c.column] += (first + v) * kTile;
      unsigned count = activeLanes(point, first + v);
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
    lanes.emitFinish(accumulators, points, active);
  });
}

} // namespace

bool mlir::qopt::suitsMatrixTiles(const Nest &nest,
                                  const Contraction &contraction,
                                  const MicroKernel &kernel) {
  if (contraction.isFloat || contraction.isWide || !contraction.isConstant ||
      contraction.rows.empty() || kernel.lanes != kTile || kernel.group != 4)
    return false;
  // Half a tile of rows, and steps that are half full on average.
  int64_t groups = llvm::divideCeil(contraction.runLength, kernel.group);
  return nest.sizes[contraction.rows.back()] >= kTile / 2 &&
         groupsPerStep(groups) >= kTile / 2;
}

LogicalResult mlir::qopt::emitMatrixTiles(OpBuilder &builder, Nest &nest,
                                          const Contraction &contraction,
                                          const MicroKernel &kernel) {
  return MatrixEmitter(builder, nest, contraction, kernel).emit();
}
