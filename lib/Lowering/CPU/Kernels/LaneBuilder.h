//===- LaneBuilder.h - Bodies and operands on vectors of lanes --*- C++ -*-===//
//
// Emits the scalar bodies of a nest for several neighbouring points of one
// loop, its lanes, at once. Scalar operations become the same operations on
// vectors, so vector code has the bits of scalar code.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANEBUILDER_H
#define QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANEBUILDER_H

#include "../../Common/Nest.h"
#include "MicroKernel.h"
#include "NarrowStore.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::qopt {

/// A point of the loops: run-time indices (null for zero) plus constants.
struct Point {
  SmallVector<Value> ivs;
  SmallVector<int64_t> shifts;

  explicit Point(unsigned numLoops) : ivs(numLoops), shifts(numLoops, 0) {}
};

class LaneBuilder {
public:
  /// Lanes are neighbours along loop `lane` of `nest`, as many as a vector of
  /// `kernel` has. Flat views of all operands are made at the builder's
  /// insertion point.
  LaneBuilder(OpBuilder &builder, Nest &nest, unsigned lane,
              const MicroKernel &kernel);

  OpBuilder &builder;
  Location loc;
  Nest &nest;
  const unsigned lane;
  const unsigned lanes;

  VectorType vectorOf(Type element) const {
    return VectorType::get({static_cast<int64_t>(lanes)}, element);
  }
  /// The flat buffer behind `access`.
  Value flat(const Access &access);
  /// The first lane's element index.
  Value index(const Access &access, const Point &point);
  /// A vector of the operand at `point`: neighbours, or one value in all lanes.
  /// Lanes from `active` on are zero and not read.
  Value load(const Access &access, const Point &point, unsigned active);
  /// Loads what `points`, as many neighbours along `loop` as there are lanes,
  /// read with a stride along the lanes but side by side along `loop`: vectors
  /// along `loop`, transposed in registers. Until `endBlock`, `load` gives
  /// those of the point that `selectPoint` chose.
  void beginBlock(ArrayRef<Point> points, unsigned loop, unsigned active);
  void selectPoint(unsigned number) { selected = number; }
  void endBlock() { block.clear(); }
  /// Whether `beginBlock` loads `access` along `loop`.
  bool isTransposed(const Access &access, unsigned loop) const;
  /// Stores the first `active` lanes.
  void store(Value value, const Access &access, const Point &point,
             unsigned active);
  /// The result of a stage at `point`: what its body yields, or its value
  /// `result`.
  Value emitStage(const Stage &stage, const Point &point, Value accumulator,
                  unsigned active, Value result = Value());
  /// The main body at `point`: one term of the reduction, added to
  /// `accumulator`, or the whole elementwise body, without. Of that, what it
  /// yields, or its value `result`.
  Value emitMain(const Point &point, Value accumulator, unsigned active,
                 Value result = Value());
  /// The value that the reduction starts from.
  Value emitInit(const Point &point, unsigned active);
  /// Of an elementwise nest, what `emitFinish` of several points, or
  /// `emitInterleaved`, expects of each: a value of the main body, or null for
  /// what that yields.
  Value getFinished(unsigned active, bool isInterleaved);
  /// Runs the epilogue, if there is one, and stores the result.
  void emitFinish(Value accumulator, const Point &point, unsigned active);
  /// The same for several points, of which `active` says how many lanes each
  /// stores. Points that stand behind each other in the output share stores.
  void emitFinish(ArrayRef<Value> accumulators, ArrayRef<Point> points,
                  ArrayRef<unsigned> active);
  /// Stores what `getFinished` says of points that are neighbours in the
  /// output, each element of whose lanes lies as many further: interleaved.
  void emitInterleaved(ArrayRef<Value> values, const Point &first);
  /// The lanes of all `accumulators` put together by halves, by operations like
  /// `combiner`: one lane.
  Value combineLanes(Operation &combiner, SmallVector<Value> accumulators);
  /// Puts the accumulators of all chunks of the lanes together, as the epilogue
  /// says, and stores the one element.
  void emitCombination(SmallVector<Value> accumulators, const Point &point);
  /// `body` on vectors; a null argument is one that the body does not use.
  /// The result is what the body yields, or its value `result`.
  Value emitBody(Block &body, ArrayRef<Value> arguments,
                 Value result = Value());

private:
  Value loadAt(const Access &access, Value first, unsigned active);
  Value mask(unsigned active);
  Value flip(Value value, const Access &access);
  Value keepIdleLanes(Value floats);
  Value splat(Value scalar);
  Value emitOp(Operation *op, IRMapping &mapping);
  Value emitByLane(Operation *op, IRMapping &mapping);
  Value emitDivision(arith::DivFOp division, IRMapping &mapping);
  std::optional<NarrowTail> findTail();
  Value emitTable(memref::LoadOp load, IRMapping &mapping);
  Value emitLoad(memref::LoadOp load, IRMapping &mapping);

  const bool hasByteTables;
  const VectorUnit unit;
  /// The stage whose body is emitted; null for the main body.
  const Stage *stage = nullptr;
  /// Where the main body is emitted, and for how many lanes.
  const Point *position = nullptr;
  unsigned activeLanes = 0;
  DenseMap<std::pair<Value, Type>, Value> views;
  /// Of a block: for each input that is transposed, a vector a point.
  DenseMap<const Access *, SmallVector<Value>> block;
  unsigned selected = 0;
};

/// Whether every operation of `body` can be emitted by lanes.
bool hasLanes(Block &body);

/// Vectors of as many elements each, rows of a matrix, as its columns: those of
/// the halves are interleaved, again and again.
SmallVector<Value> emitTranspose(OpBuilder &builder, Location loc,
                                 SmallVector<Value> rows);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_KERNELS_LANEBUILDER_H
