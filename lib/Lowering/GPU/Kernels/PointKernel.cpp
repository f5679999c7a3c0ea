//===- PointKernel.cpp - A thread for each element of a result ------------===//

#include "PointKernel.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// Threads of a block: enough blocks for every multiprocessor come first, so
/// blocks are small.
constexpr int64_t kThreads = 128;

/// The loops of a kernel: parallel ones as threads, outer to inner, and
/// reductions in their order.
struct Loops {
  SmallVector<unsigned> parallel;
  SmallVector<unsigned> reductions;
  SmallVector<int64_t> sizes;
  /// Threads that share a point, and the reduction that they divide: this one
  /// begins at `lane`.
  int64_t lanes = 1;
  unsigned divided = 0;
  Value lane;

  int64_t countPoints() const {
    int64_t points = 1;
    for (unsigned loop : parallel)
      points *= sizes[loop];
    return points;
  }
};
} // namespace

using BodyFn = llvm::function_ref<SmallVector<Value>(ArrayRef<Value> ivs,
                                                     ValueRange accumulators)>;

/// The reductions from `depth` on around `body`; returns what they end in.
static SmallVector<Value> emitReductions(KernelBuilder &kernel,
                                         const Loops &loops, size_t depth,
                                         SmallVectorImpl<Value> &ivs,
                                         ValueRange accumulators, BodyFn body) {
  if (depth == loops.reductions.size())
    return body(ivs, accumulators);
  OpBuilder &b = kernel.b;
  const unsigned loop = loops.reductions[depth];
  const bool isDivided = loops.lane && loop == loops.divided;
  Value begin = isDivided ? loops.lane : kernel.constant(0);
  Value step = kernel.constant(isDivided ? loops.lanes : 1);
  Value size = kernel.constant(loops.sizes[loop]);
  auto loopOp =
      scf::ForOp::create(b, kernel.loc, begin, size, step, accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(loopOp.getBody());
  ivs[loop] = loopOp.getInductionVar();
  SmallVector<Value> results = emitReductions(kernel, loops, depth + 1, ivs,
                                              loopOp.getRegionIterArgs(), body);
  scf::YieldOp::create(b, kernel.loc, results);
  ivs[loop] = {};
  return SmallVector<Value>(loopOp.getResults());
}

/// One thread for each point: `emit` gets the positions along all loops.
static void
emitThreads(KernelBuilder &kernel, const Loops &loops,
            llvm::function_ref<void(SmallVectorImpl<Value> &, Value)> emit) {
  OpBuilder &b = kernel.b;
  const int64_t points = loops.countPoints() * loops.lanes;
  const int64_t blocks = llvm::divideCeil(points, kThreads);
  Value flat =
      kernel.add(kernel.mul(kernel.getBlock(gpu::Dimension::x), kThreads),
                 kernel.getThread());
  if (points % kThreads != 0) {
    Value isInside =
        arith::CmpIOp::create(b, kernel.loc, arith::CmpIPredicate::ult, flat,
                              kernel.constant(points));
    auto guard = scf::IfOp::create(b, kernel.loc, isInside);
    b.setInsertionPointToStart(guard.thenBlock());
  }
  SmallVector<int64_t> sizes;
  for (unsigned loop : loops.parallel)
    sizes.push_back(loops.sizes[loop]);
  SmallVector<Value> ivs(loops.sizes.size());
  for (auto [loop, iv] : llvm::zip_equal(
           loops.parallel,
           kernel.delinearize(kernel.divide(flat, loops.lanes), sizes)))
    ivs[loop] = iv;
  emit(ivs, flat);
  if (kernel.hasFailed())
    return;
  kernel.finish({blocks, 1, 1}, kThreads);
}

SmallVector<unsigned> mlir::qopt::getThreadLoops(const Nest &nest) {
  SmallVector<unsigned> loops;
  for (auto [loop, size] : llvm::enumerate(nest.sizes))
    if (size != 1 && !nest.isReduction[loop])
      loops.push_back(loop);
  sortByStride(loops, nest.output);
  return loops;
}

/// The elements of the result.
static int64_t countPoints(const Nest &nest) {
  int64_t points = 1;
  for (unsigned loop : getThreadLoops(nest))
    points *= nest.sizes[loop];
  return points;
}

/// Whether `nest` adds up integers of 32 bits.
static bool addsIntegers(const Nest &nest) {
  linalg::GenericOp main = nest.main;
  Block &body = *main.getBody();
  BlockArgument accumulator = body.getArguments().back();
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  return add && add.getType().isInteger(32) && accumulator.hasOneUse() &&
         (add.getLhs() == accumulator || add.getRhs() == accumulator);
}

/// The reduction with the most terms.
static std::optional<unsigned> getLongestReduction(const Nest &nest) {
  std::optional<unsigned> longest;
  for (auto [loop, size] : llvm::enumerate(nest.sizes))
    if (nest.isReduction[loop] && (!longest || size > nest.sizes[*longest]))
      longest = loop;
  return longest;
}

int64_t mlir::qopt::getLanes(const Nest &nest) {
  constexpr int64_t kWarp = 32, kTerms = 48, kThreads = kMultiprocessors * 1024;
  const int64_t points = countPoints(nest);
  std::optional<unsigned> longest = getLongestReduction(nest);
  if (!longest || nest.sizes[*longest] < kTerms || points * kWarp > kThreads ||
      !addsIntegers(nest))
    return 1;
  const bool isTogether = llvm::all_of(nest.inputs, [&](const Access &input) {
    return input.strides[*longest] == 0 || input.strides[*longest] == 1;
  });
  return isTogether ? kWarp : 1;
}

int64_t mlir::qopt::getMostParts(const Nest &nest) {
  constexpr int64_t kMost = 64, kTerms = 8;
  std::optional<unsigned> longest = getLongestReduction(nest);
  if (!longest || getLanes(nest) > 1 || !addsIntegers(nest))
    return 1;
  const int64_t parts = std::min(nest.sizes[*longest] / kTerms, kMost);
  return parts < 2 ? 1 : int64_t(llvm::bit_floor(uint64_t(parts)));
}

int64_t mlir::qopt::countThreads(const Nest &nest) {
  return getLanes(nest) * countPoints(nest);
}

/// The sum of what the threads of a warp have.
static Value emitWarpSum(KernelBuilder &kernel, Value sum) {
  OpBuilder &b = kernel.b;
  for (int32_t offset = 16; offset > 0; offset /= 2) {
    Value other = gpu::ShuffleOp::create(b, kernel.loc, sum, offset, 32,
                                         gpu::ShuffleMode::XOR)
                      .getShuffleResult();
    sum = arith::AddIOp::create(b, kernel.loc, sum, other);
  }
  return sum;
}

/// What the terms of `nest`, all of them or every `lanes`th from `lane` on,
/// make of `initial`, which is null where nothing reads it.
static Value emitTerms(KernelBuilder &kernel, const Nest &nest,
                       SmallVectorImpl<Value> &ivs, Value initial,
                       Value lane = {}, int64_t lanes = 1) {
  Loops loops;
  loops.sizes = nest.sizes;
  for (auto [loop, size] : llvm::enumerate(nest.sizes))
    if (size != 1 && nest.isReduction[loop])
      loops.reductions.push_back(loop);
  if (lane) {
    loops.lanes = lanes;
    loops.lane = lane;
    loops.divided = *getLongestReduction(nest);
  }
  linalg::GenericOp main = nest.main;
  SmallVector<Value> carried;
  if (nest.hasReduction())
    carried.push_back(initial);
  SmallVector<Value> results = emitReductions(
      kernel, loops, 0, ivs, carried,
      [&](ArrayRef<Value> ivs, ValueRange accumulators) {
        SmallVector<Value> values;
        for (auto [input, argument] :
             llvm::zip(nest.inputs, main.getBody()->getArguments()))
          values.push_back(argument.use_empty() ? Value()
                                                : kernel.load(input, ivs));
        values.push_back(accumulators.empty() ? initial : accumulators.front());
        SmallVector<Value> yielded = kernel.inlineBody(main, values, ivs);
        return yielded.empty() ? SmallVector<Value>(accumulators) : yielded;
      });
  return kernel.hasFailed() ? Value() : results.front();
}

/// What the accumulator begins with; null where nothing reads it.
static Value emitInitial(KernelBuilder &kernel, const Nest &nest,
                         ArrayRef<Value> ivs) {
  linalg::GenericOp main = nest.main;
  if (nest.init)
    return kernel.evaluate(*nest.init, ivs);
  if (nest.hasReduction() || !main.getBody()->getArguments().back().use_empty())
    return kernel.load(nest.accumulator, ivs);
  return {};
}

/// What becomes of `result`, and where it goes.
static void emitStore(KernelBuilder &kernel, const Nest &nest,
                      ArrayRef<Value> ivs, Value result) {
  if (nest.epilogue)
    result = kernel.evaluate(*nest.epilogue, ivs, result);
  if (result)
    kernel.store(result, nest.output, ivs);
}

static Value emitZero(KernelBuilder &kernel) {
  return arith::ConstantOp::create(kernel.b, kernel.loc,
                                   kernel.b.getI32IntegerAttr(0));
}

Value mlir::qopt::emitPart(KernelBuilder &kernel, const Nest &nest,
                           SmallVectorImpl<Value> &ivs, Value part,
                           int64_t parts) {
  return emitTerms(kernel, nest, ivs, emitZero(kernel), part, parts);
}

void mlir::qopt::emitEnd(KernelBuilder &kernel, const Nest &nest,
                         ArrayRef<Value> ivs, Value sum) {
  Value initial = emitInitial(kernel, nest, ivs);
  if (!initial)
    return;
  emitStore(kernel, nest, ivs,
            arith::AddIOp::create(kernel.b, kernel.loc, sum, initial));
}

void mlir::qopt::emitPoint(KernelBuilder &kernel, const Nest &nest,
                           SmallVectorImpl<Value> &ivs, Value thread) {
  OpBuilder &b = kernel.b;
  const int64_t lanes = getLanes(nest);
  if (lanes == 1) {
    Value initial = emitInitial(kernel, nest, ivs);
    if (kernel.hasFailed())
      return;
    if (Value result = emitTerms(kernel, nest, ivs, initial))
      emitStore(kernel, nest, ivs, result);
    return;
  }
  Value lane = kernel.remainder(thread, lanes);
  Value sum = emitPart(kernel, nest, ivs, lane, lanes);
  if (!sum)
    return;
  sum = emitWarpSum(kernel, sum);
  Value isFirst = arith::CmpIOp::create(b, kernel.loc, arith::CmpIPredicate::eq,
                                        lane, kernel.constant(0));
  OpBuilder::InsertionGuard guard(b);
  auto condition = scf::IfOp::create(b, kernel.loc, isFirst);
  b.setInsertionPointToStart(condition.thenBlock());
  emitEnd(kernel, nest, ivs, sum);
}

LogicalResult mlir::qopt::emitPointKernel(KernelBuilder &kernel,
                                          const Nest &nest) {
  Loops loops;
  loops.sizes = nest.sizes;
  loops.parallel = getThreadLoops(nest);
  loops.lanes = getLanes(nest);
  emitThreads(kernel, loops, [&](SmallVectorImpl<Value> &ivs, Value thread) {
    emitPoint(kernel, nest, ivs, thread);
  });
  return failure(kernel.hasFailed());
}

/// Where `map` goes at `ivs`, as indices; loops that are not there yet, which
/// it does not ask for, count as zero.
static SmallVector<Value> getIndices(KernelBuilder &kernel, AffineMap map,
                                     ArrayRef<Value> ivs) {
  SmallVector<Value> indices = llvm::map_to_vector(ivs, [&](Value iv) -> Value {
    return arith::IndexCastUIOp::create(kernel.b, kernel.loc,
                                        kernel.b.getIndexType(),
                                        iv ? iv : kernel.constant(0));
  });
  return *affine::expandAffineMap(kernel.b, kernel.loc, map, indices);
}

LogicalResult mlir::qopt::emitPointKernel(KernelBuilder &kernel,
                                          linalg::GenericOp op) {
  Loops loops;
  loops.sizes = op.getStaticLoopRanges();
  for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    (iterator == utils::IteratorType::reduction ? loops.reductions
                                                : loops.parallel)
        .push_back(loop);
  auto load = [&](OpOperand &operand, ArrayRef<Value> ivs) -> Value {
    if (!op.payloadUsesValueFromOperand(&operand))
      return {};
    if (!isa<MemRefType>(operand.get().getType()))
      return kernel.import(operand.get());
    return memref::LoadOp::create(
        kernel.b, kernel.loc, kernel.import(operand.get()),
        getIndices(kernel, op.getMatchingIndexingMap(&operand), ivs));
  };
  const bool reduces = !loops.reductions.empty();
  emitThreads(kernel, loops, [&](SmallVectorImpl<Value> &ivs, Value) {
    SmallVector<Value> initial;
    for (OpOperand &out : op.getDpsInitsMutable()) {
      Value value = load(out, ivs);
      // What a reduction does not read is what its last iteration yields.
      if (!value && reduces) {
        Type type = cast<MemRefType>(out.get().getType()).getElementType();
        value = arith::ConstantOp::create(kernel.b, kernel.loc,
                                          kernel.b.getZeroAttr(type));
      }
      initial.push_back(value);
    }
    SmallVector<Value> results = emitReductions(
        kernel, loops, 0, ivs, reduces ? ValueRange(initial) : ValueRange(),
        [&](ArrayRef<Value> ivs, ValueRange accumulators) {
          SmallVector<Value> values;
          for (OpOperand *input : op.getDpsInputOperands())
            values.push_back(load(*input, ivs));
          llvm::append_range(values,
                             reduces ? accumulators : ValueRange(initial));
          SmallVector<Value> yielded = kernel.inlineBody(op, values, ivs);
          return yielded.empty() ? SmallVector<Value>(accumulators) : yielded;
        });
    if (kernel.hasFailed())
      return;
    for (auto [out, result] : llvm::zip(op.getDpsInitsMutable(), results))
      memref::StoreOp::create(
          kernel.b, kernel.loc, result, kernel.import(out.get()),
          getIndices(kernel, op.getMatchingIndexingMap(&out), ivs));
  });
  return failure(kernel.hasFailed());
}
