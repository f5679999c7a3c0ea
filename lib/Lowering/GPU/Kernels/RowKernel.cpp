//===- RowKernel.cpp - Several operations by a block for each row ---------===//

#include "RowKernel.h"
#include "PointKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::qopt;

/// Bytes of shared memory that every GPU gives a block without being asked.
static constexpr int64_t kSharedBytes = 40 * 1024;

/// The elements of a row of the allocation `root`, as `access` walks it.
static int64_t getRowSize(Value root, const RowNest &nest,
                          const Access &access) {
  return nest.rowLoops.empty()
             ? cast<MemRefType>(root.getType()).getNumElements()
             : access.strides[nest.rowLoops.back()];
}

/// Keeps one row of each buffer that goes only between nests of `plan` in
/// shared memory, as long as there is room.
static void shareBuffers(KernelBuilder &kernel, RowPlan &plan) {
  DenseSet<Operation *> ops;
  for (RowNest &nest : plan.nests) {
    ops.insert(nest.nest.main);
    for (const std::optional<Stage> *stage :
         {&nest.nest.init, &nest.nest.epilogue})
      if (*stage)
        ops.insert((*stage)->op);
  }
  struct Use {
    int64_t size;
    Type element;
    SmallVector<std::pair<RowNest *, Access *>> accesses;
    DenseSet<RowNest *> nests;
    bool isWritten = false;
  };
  llvm::MapVector<Value, Use> uses;
  for (RowNest &nest : plan.nests)
    for (Access *access : nest.nest.getAccesses()) {
      Value root = getRoot(access->buffer);
      if (!root.getDefiningOp<memref::AllocOp>() || !isUsedOnlyBy(root, ops))
        continue;
      Use &use = uses[root];
      use.size = getRowSize(root, nest, *access);
      use.element = access->element;
      use.accesses.emplace_back(&nest, access);
      use.nests.insert(&nest);
      use.isWritten |= access == &nest.nest.output;
    }
  int64_t left = kSharedBytes;
  for (auto &[root, use] : uses) {
    const int64_t bytes =
        use.size * int64_t(use.element.getIntOrFloatBitWidth() / 8);
    // What nobody writes is a window, which only says how large it is.
    if (use.nests.size() < 2 || !use.isWritten || bytes > left)
      continue;
    left -= llvm::alignTo(bytes, 16);
    kernel.bind(root, kernel.addShared(use.element, use.size));
    for (auto [nest, access] : use.accesses)
      for (unsigned loop : nest->rowLoops)
        access->strides[loop] = 0;
  }
}

namespace {
/// Emits the nests of a plan one behind the other.
class RowEmitter {
public:
  RowEmitter(KernelBuilder &kernel, const RowPlan &plan)
      : kernel(kernel), b(kernel.b), plan(plan) {}

  LogicalResult emit();

private:
  void emitWhole(const RowNest &row);
  void emitParts(const RowNest &row, int64_t parts);
  /// Has threads below `count` do what follows.
  void beginThreads(int64_t count);
  /// The positions of element `flat` of the row.
  SmallVector<Value> getPositions(const RowNest &row, Value flat);

  KernelBuilder &kernel;
  OpBuilder &b;
  const RowPlan &plan;
  Value block, thread;
  /// Parts of sums, for all nests in turn.
  Value partials;
};
} // namespace

void RowEmitter::beginThreads(int64_t count) {
  if (count >= plan.threads)
    return;
  Value isInside = arith::CmpIOp::create(
      b, kernel.loc, arith::CmpIPredicate::ult, thread, kernel.constant(count));
  auto condition = scf::IfOp::create(b, kernel.loc, isInside);
  b.setInsertionPointToStart(condition.thenBlock());
}

SmallVector<Value> RowEmitter::getPositions(const RowNest &row, Value flat) {
  const Nest &nest = row.nest;
  SmallVector<Value> ivs(nest.sizes.size());
  auto assign = [&](ArrayRef<unsigned> loops, Value position) {
    auto sizes = llvm::map_to_vector(
        loops, [&](unsigned loop) { return nest.sizes[loop]; });
    for (auto [loop, iv] :
         llvm::zip_equal(loops, kernel.delinearize(position, sizes)))
      ivs[loop] = iv;
  };
  SmallVector<unsigned> loops = getThreadLoops(nest);
  llvm::erase_if(loops, [&](unsigned loop) {
    return llvm::is_contained(row.rowLoops, loop);
  });
  assign(row.rowLoops, block);
  assign(loops, flat);
  return ivs;
}

/// A thread, or a warp, for each element of the row.
void RowEmitter::emitWhole(const RowNest &row) {
  OpBuilder::InsertionGuard guard(b);
  const int64_t threads = row.countThreads(plan.rows);
  Value flat = thread;
  beginThreads(threads);
  if (threads > plan.threads) {
    auto loop =
        scf::ForOp::create(b, kernel.loc, thread, kernel.constant(threads),
                           kernel.constant(plan.threads));
    b.setInsertionPointToStart(loop.getBody());
    flat = loop.getInductionVar();
  }
  SmallVector<Value> ivs =
      getPositions(row, kernel.divide(flat, getLanes(row.nest)));
  emitPoint(kernel, row.nest, ivs, flat);
}

/// Neighbouring threads have neighbouring elements, and as many threads have
/// another part of each, which meet in shared memory.
void RowEmitter::emitParts(const RowNest &row, int64_t parts) {
  const int64_t points = row.countThreads(plan.rows);
  auto toIndex = [&](Value position) -> Value {
    return arith::IndexCastUIOp::create(b, kernel.loc, b.getIndexType(),
                                        position);
  };
  {
    OpBuilder::InsertionGuard guard(b);
    beginThreads(points * parts);
    SmallVector<Value> ivs =
        getPositions(row, kernel.remainder(thread, points));
    Value sum =
        emitPart(kernel, row.nest, ivs, kernel.divide(thread, points), parts);
    if (!sum)
      return;
    memref::StoreOp::create(b, kernel.loc, sum, partials, toIndex(thread));
  }
  gpu::BarrierOp::create(b, kernel.loc);
  OpBuilder::InsertionGuard guard(b);
  beginThreads(points);
  Value sum;
  for (int64_t part = 0; part < parts; ++part) {
    Value at = kernel.add(thread, kernel.constant(part * points));
    Value other = memref::LoadOp::create(b, kernel.loc, partials, toIndex(at));
    sum = sum ? arith::AddIOp::create(b, kernel.loc, sum, other).getResult()
              : other;
  }
  emitEnd(kernel, row.nest, getPositions(row, thread), sum);
}

LogicalResult RowEmitter::emit() {
  block = kernel.getBlock(gpu::Dimension::x);
  thread = kernel.getThread();
  for (const RowNest &row : plan.nests) {
    // What the threads have written so far, all of them see from here on.
    if (&row != &plan.nests.front())
      gpu::BarrierOp::create(b, kernel.loc);
    const int64_t parts = row.getParts(plan.rows, plan.threads);
    if (parts > 1 && !partials)
      partials = kernel.addShared(b.getI32Type(), plan.threads);
    if (parts > 1)
      emitParts(row, parts);
    else
      emitWhole(row);
    if (kernel.hasFailed())
      return failure();
  }
  kernel.finish({plan.rows, 1, 1}, plan.threads);
  return failure(kernel.hasFailed());
}

LogicalResult mlir::qopt::emitRowKernel(KernelBuilder &kernel, RowPlan plan) {
  shareBuffers(kernel, plan);
  return RowEmitter(kernel, plan).emit();
}
