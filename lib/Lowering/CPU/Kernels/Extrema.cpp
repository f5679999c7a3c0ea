//===- Extrema.cpp - Maxima and minima along lanes ------------------------===//
//
// Layouts put channels innermost, so the elements of a whole tensor, or of an
// image, are one run in memory, in some order. A maximum does not ask for it.
//
//===----------------------------------------------------------------------===//

#include "Extrema.h"
#include "../ParallelLoops.h"
#include "../SplitReductions.h"
#include "LaneBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

/// Vectors that one iteration takes, each with an accumulator of its own, which
/// hides the latency of the combination.
static constexpr int64_t kAccumulators = 4;

std::optional<unsigned>
mlir::qopt::chooseExtremumLane(const Nest &nest, const MicroKernel &kernel) {
  if (nest.init || nest.epilogue || !nest.hasReduction() ||
      !getOrderFreeCombiner(nest.main))
    return std::nullopt;
  std::optional<unsigned> best;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop) {
    if (!nest.isReduction[loop] || nest.sizes[loop] < 2 * kernel.lanes ||
        llvm::any_of(
            nest.inputs,
            [&](const Access &input) {
              return input.strides[loop] != 0 && input.strides[loop] != 1;
            }) ||
        llvm::none_of(
            nest.inputs,
            [&](const Access &input) { return input.strides[loop] == 1; }))
      continue;
    if (!best || nest.sizes[loop] > nest.sizes[*best])
      best = loop;
  }
  return best;
}

namespace {
class ExtremumEmitter {
public:
  ExtremumEmitter(OpBuilder &builder, Nest &nest, unsigned lane,
                  const MicroKernel &kernel)
      : b(builder), nest(nest), lane(lane),
        builder(builder, nest, lane, kernel),
        combiner(getOrderFreeCombiner(nest.main)), loc(this->builder.loc) {}

  void emit();

private:
  void emitRows(ArrayRef<unsigned> loops, Point point);
  void emitRow(const Point &point);
  SmallVector<Value> emitTerms(ArrayRef<unsigned> loops, Point point,
                               SmallVector<Value> accumulators);
  SmallVector<Value> emitRun(const Point &point,
                             SmallVector<Value> accumulators);
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  OpBuilder &b;
  Nest &nest;
  unsigned lane;
  LaneBuilder builder;
  Operation *combiner;
  Location loc;
  SmallVector<unsigned> outer;
};
} // namespace

/// The run along the lanes, from `point` on. The last vector may take terms
/// again.
SmallVector<Value> ExtremumEmitter::emitRun(const Point &point,
                                            SmallVector<Value> accumulators) {
  const int64_t lanes = builder.lanes, size = nest.sizes[lane];
  const int64_t step = lanes * kAccumulators, full = size / step * step;
  if (full > 0) {
    auto loop = scf::ForOp::create(b, loc, constant(0), constant(full),
                                   constant(step), accumulators);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Point at = point;
    at.ivs[lane] = loop.getInductionVar();
    SmallVector<Value> next;
    for (Value accumulator : loop.getRegionIterArgs()) {
      next.push_back(builder.emitMain(at, accumulator, lanes));
      at.shifts[lane] += lanes;
    }
    scf::YieldOp::create(b, loc, next);
    accumulators = llvm::to_vector_of<Value>(loop.getResults());
  }
  for (int64_t first = full, i = 0; first < size; first += lanes, ++i) {
    Point at = point;
    at.shifts[lane] += std::min(first, size - lanes);
    accumulators[i] = builder.emitMain(at, accumulators[i], lanes);
  }
  return accumulators;
}

SmallVector<Value> ExtremumEmitter::emitTerms(ArrayRef<unsigned> loops,
                                              Point point,
                                              SmallVector<Value> accumulators) {
  if (loops.empty())
    return emitRun(point, accumulators);
  auto loop =
      scf::ForOp::create(b, loc, constant(0), constant(nest.sizes[loops[0]]),
                         constant(1), accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  point.ivs[loops[0]] = loop.getInductionVar();
  scf::YieldOp::create(
      b, loc,
      emitTerms(loops.drop_front(), point,
                llvm::to_vector_of<Value>(loop.getRegionIterArgs())));
  return llvm::to_vector_of<Value>(loop.getResults());
}

/// One result: what its place holds takes part.
void ExtremumEmitter::emitRow(const Point &point) {
  Value first = builder.load(nest.accumulator, point, builder.lanes);
  SmallVector<Value> accumulators =
      emitTerms(outer, point, SmallVector<Value>(kAccumulators, first));
  Value value = builder.combineLanes(*combiner, std::move(accumulators));
  builder.store(value, nest.output, point, /*active=*/1);
}

void ExtremumEmitter::emitRows(ArrayRef<unsigned> loops, Point point) {
  if (loops.empty())
    return emitRow(point);
  auto loop = scf::ForOp::create(b, loc, constant(0),
                                 constant(nest.sizes[loops[0]]), constant(1));
  markParallel(loop);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  point.ivs[loops[0]] = loop.getInductionVar();
  emitRows(loops.drop_front(), point);
}

void ExtremumEmitter::emit() {
  SmallVector<unsigned> rows;
  for (unsigned loop = 0, e = nest.sizes.size(); loop < e; ++loop)
    if (nest.sizes[loop] != 1 && loop != lane)
      (nest.isReduction[loop] ? outer : rows).push_back(loop);
  emitRows(rows, Point(nest.sizes.size()));
}

void mlir::qopt::emitExtremum(OpBuilder &builder, Nest &nest, unsigned lane,
                              const MicroKernel &kernel) {
  ExtremumEmitter(builder, nest, lane, kernel).emit();
}
