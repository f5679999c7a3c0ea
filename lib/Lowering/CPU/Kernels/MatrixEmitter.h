//===- MatrixEmitter.h - Emits contractions on tile registers ---*- C++ -*-===//
//
// A tile register holds 16 rows of 64 bytes. Of activations, that is 16 rows of
// 64 products, straight from where they lie; of weights, 16 columns of as many
// products in groups of four, which is how vpdpbusd wants them too; of
// accumulators, 16 x 16. Tiles 0 to 3 hold a block's accumulators; activations
// and weights share the others.
//
// Blocks follow each other in one loop. The accumulators of one are stored
// between the first products of the next: all stores at once would fill the
// core's queues, and its loads wait behind them. Its epilogue runs beside the
// products that follow: they take a unit of their own and leave the vector
// ports alone.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXEMITTER_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXEMITTER_H

#include "LaneBuilder.h"
#include "MatrixPlan.h"
#include "Panels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <array>

namespace mlir::qopt::matrix {

constexpr int64_t kTile = MatrixPlan::kTile;
/// Tile registers: from here on activations and weights.
constexpr int64_t kOperands = 4, kRegisters = 8;
/// Registers that four operands share: the other side has the last one.
constexpr int64_t kTurns = kRegisters - kOperands - 1;
/// Bytes of a cache line, and vectors whose narrowed results fill one.
constexpr int64_t kLine = 64;
constexpr int64_t kTogether = 4;

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
  /// Whether weights pass by activations that stay, or the other way round.
  bool weightsPass = false;
  /// Parts of the run, and whether rows are packed: those of the plan for most
  /// blocks.
  int64_t parts = 1;
  bool packsRows = false;
};

/// Which block it is, of a chunk.
struct Position {
  Value rowBlock;
  Value panel;
  /// Of the run; null where there is one part only.
  Value part;
};

/// Where a block is: its row tiles, at their first column, the first step of
/// its part of the run and where its packed rows start; null: at the first
/// one, and not packed.
struct Place {
  SmallVector<Point, 4> tiles;
  Value firstStep;
  Value packedRows;
};

/// What is done for the accumulator of a row tile and a vector of columns.
using TileAction = function_ref<void(int64_t tile, int64_t vector)>;

class MatrixEmitter {
public:
  MatrixEmitter(OpBuilder &builder, Nest &nest, const Contraction &contraction,
                const MicroKernel &kernel, const MatrixPlan &plan,
                bool sharesBuffers)
      : b(builder), nest(nest), c(contraction), kernel(kernel), plan(plan),
        sharesBuffers(sharesBuffers),
        activations(nest.inputs[contraction.activations]),
        inner(contraction.rows.back()),
        lanes(builder, nest, contraction.column, kernel), loc(lanes.loc) {}

  LogicalResult emit();

private:
  void emitBatch(const Point &batch);
  void emitRows(const Point &batch, const Rows &rows, const Columns &columns);
  void emitBlocks(const Point &batch, const Blocks &blocks);
  void emitChunk(const Point &batch, const Blocks &blocks, Value first,
                 Value count, Value bufferStart, Value rowsStart);
  void emitRowPacking(const Point &batch, const Blocks &blocks, Value first,
                      Value count, Value rowsStart);
  Value firstLineAhead(const Point &batch, const Blocks &blocks,
                       const Position &position, Value count, int64_t steps);
  Value firstRowLineAhead(const Point &batch, const Blocks &blocks,
                          const Position &position, Value first, int64_t steps);
  Value nextOf(Value number, int64_t count);
  void emitLinesAhead(Value buffer, Value first, int64_t lines, Value step);
  Place placeOf(const Point &batch, const Blocks &blocks, Value rowBlock,
                Value panel);
  void emitStart(const Place &place, const Blocks &blocks, Value sums,
                 Value isFirstPart, int64_t t, int64_t v);
  void emitFirstStep(const Place &place, const Blocks &blocks, Value isBackward,
                     TileAction beforeProduct);
  void emitOtherSteps(const Place &place, const Blocks &blocks,
                      Value isBackward, unsigned depth, Value count,
                      Value linear, function_ref<void(Value)> besides);
  int64_t stepsOf(const Blocks &blocks) const {
    return plan.steps / blocks.parts;
  }
  void emitStep(const Place &place, const Blocks &blocks, Value step,
                Value linear, TileAction beforeProduct);
  void emitStore(const Place &place, const Blocks &blocks, Value bufferStart,
                 Value isLastPart, int64_t t, int64_t v);
  void forEachTile(const Blocks &blocks, TileAction action);
  bool liesRegularly(const Blocks &blocks) const;
  Value startPointer(const Place &place, int64_t v);
  /// Bytes of a packed row tile, elements to an accumulator in the buffer, and
  /// bytes between its rows there.
  int64_t packedTile(const Blocks &blocks) const {
    return blocks.rows.height * kLine;
  }
  int64_t bufferShift(const Blocks &blocks, int64_t t, int64_t v) const {
    return (t * kTile * blocks.columns.vectors + v) * kTile;
  }
  int64_t bufferStride(const Blocks &blocks) const {
    return 4 * blocks.columns.vectors * kTile;
  }
  int64_t rowsTogether(const Blocks &blocks) const;
  void emitFinish(const Place &place, const Blocks &blocks, Value bufferStart,
                  Value group);
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
  Value select(Value condition, int64_t then, int64_t otherwise) {
    return arith::SelectOp::create(b, loc, condition, constant(then),
                                   constant(otherwise));
  }
  Value isZero(Value value) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, value,
                                 constant(0));
  }
  /// `count` as it is, or, where `isBackward` holds, counted from the end.
  Value position(Value count, int64_t size, Value isBackward);
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
  /// Those that a chunk's buffer holds.
  int64_t chunkBufferSize() const {
    return (plan.parts > 1 ? plan.chunkBlocks : 2) * bufferSize();
  }
  /// Bytes of a block's packed rows.
  int64_t packedBlockSize() const {
    return plan.blockTiles * plan.tileRows * plan.steps * kLine;
  }

  OpBuilder &b;
  Nest &nest;
  const Contraction &c;
  const MicroKernel &kernel;
  const MatrixPlan &plan;
  const bool sharesBuffers; // chunks, which follow each other
  const Access &activations;
  const unsigned inner; // the innermost row loop
  LaneBuilder lanes;
  Location loc;

  Panels panels;
  /// Accumulators on their way to the epilogue, two blocks a chunk, or, where
  /// sums wait there, all blocks of rows of a chunk.
  Value buffer;
  /// The packed rows of all chunks; null: none are packed.
  Value packedRows;
  /// A row of zeros; null where sums do not wait.
  Value zeros;
  /// Shapes by the rows of a tile, and the rows that are in force; 0: none.
  std::array<Value, kTile + 1> shapes = {};
  int64_t configured = 0;
};

} // namespace mlir::qopt::matrix

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_MATRIXEMITTER_H
