//===- PlanArena.cpp - Every buffer's place in one static arena -----------===//
//
// Buffers are intervals over the top-level operations of a function. They are
// placed largest first, each at the lowest offset that no buffer with an
// overlapping interval occupies: greedy by size, as in TFLite's arena planner.
//
//===----------------------------------------------------------------------===//

#include "Arena.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_PLANARENA
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

constexpr int64_t kAlignment = 64;
/// Kernels may read this far past the end of any buffer.
constexpr int64_t kSlack = 64;

using Positions = DenseMap<Operation *, int64_t>;

/// The position of the top-level operation that holds `op`.
static int64_t positionOf(Operation *op, const Positions &positions) {
  while (true) {
    auto it = positions.find(op);
    if (it != positions.end())
      return it->second;
    op = op->getParentOp();
  }
}

/// Follows views and values forwarded through regions.
static int64_t lastUse(Value buffer, const Positions &positions) {
  int64_t last = 0;
  SmallVector<Value> worklist = {buffer};
  DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      last = std::max(last, positionOf(user, positions));
      // Views, and the address on its way to a call.
      bool isAddress = isa<memref::ExtractAlignedPointerAsIndexOp,
                           arith::IndexCastOp, LLVM::IntToPtrOp>(user);
      for (Value result : user->getResults())
        if (isAddress || isa<BaseMemRefType>(result.getType()))
          worklist.push_back(result);
      for (Region &region : user->getRegions())
        for (BlockArgument argument : region.getArguments())
          if (isa<BaseMemRefType>(argument.getType()))
            worklist.push_back(argument);
      if (user->hasTrait<OpTrait::IsTerminator>())
        for (Value result : user->getParentOp()->getResults())
          if (isa<BaseMemRefType>(result.getType()))
            worklist.push_back(result);
    }
  }
  return last;
}

} // namespace

int64_t mlir::qopt::getSizeInBytes(MemRefType type) {
  int64_t bits =
      type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
  return llvm::divideCeil(bits, 8) * type.getNumElements();
}

FailureOr<SmallVector<ArenaBuffer>>
mlir::qopt::collectArenaBuffers(func::FuncOp func) {
  Positions positions;
  for (auto [index, op] : llvm::enumerate(func.front()))
    positions[&op] = index;
  SmallVector<ArenaBuffer> buffers;
  WalkResult walk = func.walk([&](memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    if (!type.hasStaticShape() || !type.getLayout().isIdentity()) {
      alloc.emitOpError("allocates ")
          << type
          << ", whose size is not known at compile time; export the model "
             "with static shapes";
      return WalkResult::interrupt();
    }
    buffers.push_back({alloc, getSizeInBytes(type),
                       positionOf(alloc, positions),
                       lastUse(alloc, positions)});
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  return buffers;
}

int64_t mlir::qopt::placeArenaBuffers(MutableArrayRef<ArenaBuffer> buffers,
                                      int64_t alignment) {
  SmallVector<ArenaBuffer *> order;
  for (ArenaBuffer &buffer : buffers)
    order.push_back(&buffer);
  llvm::sort(order, [](const ArenaBuffer *a, const ArenaBuffer *b) {
    return a->size != b->size ? a->size > b->size : a < b;
  });
  SmallVector<ArenaBuffer *> placed; // by offset
  int64_t total = 0;
  for (ArenaBuffer *buffer : order) {
    int64_t offset = 0;
    for (ArenaBuffer *other : placed) {
      if (other->end < buffer->begin || buffer->end < other->begin)
        continue;
      if (offset + buffer->size <= other->offset)
        break;
      offset = std::max(offset, int64_t(llvm::alignTo(
                                    other->offset + other->size, alignment)));
    }
    buffer->offset = offset;
    total = std::max(total, offset + buffer->size);
    placed.insert(
        llvm::upper_bound(placed, buffer,
                          [](const ArenaBuffer *a, const ArenaBuffer *b) {
                            return a->offset < b->offset;
                          }),
        buffer);
  }
  return total;
}

namespace {

static void rewrite(ArrayRef<ArenaBuffer> buffers, memref::GlobalOp arena) {
  for (ArenaBuffer buffer : buffers) {
    OpBuilder builder(buffer.alloc);
    Location loc = buffer.alloc.getLoc();
    Value base = memref::GetGlobalOp::create(builder, loc, arena.getType(),
                                             arena.getSymName());
    Value offset = arith::ConstantIndexOp::create(builder, loc, buffer.offset);
    Value view = memref::ViewOp::create(builder, loc, buffer.alloc.getType(),
                                        base, offset, ValueRange{});
    buffer.alloc.replaceAllUsesWith(view);
    buffer.alloc.erase();
  }
}

struct PlanArena : qopt::impl::PlanArenaBase<PlanArena> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<SmallVector<ArenaBuffer>> functions;
    int64_t size = 0;
    for (auto func : module.getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      FailureOr<SmallVector<ArenaBuffer>> buffers = collectArenaBuffers(func);
      if (failed(buffers))
        return signalPassFailure();
      size = std::max(size, placeArenaBuffers(*buffers, kAlignment));
      functions.push_back(std::move(*buffers));
    }
    if (llvm::all_of(functions, [](auto &list) { return list.empty(); }))
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    std::string name = "qopt_arena";
    for (unsigned suffix = 0; module.lookupSymbol(name); ++suffix)
      name = "qopt_arena_" + std::to_string(suffix);
    auto type = MemRefType::get({size + kSlack}, builder.getI8Type());
    auto zero = DenseElementsAttr::get(
        RankedTensorType::get(type.getShape(), builder.getI8Type()),
        builder.getI8IntegerAttr(0));
    auto arena = memref::GlobalOp::create(
        builder, module.getLoc(), name, builder.getStringAttr("private"), type,
        zero, /*constant=*/false, builder.getI64IntegerAttr(kAlignment));
    for (ArrayRef<ArenaBuffer> buffers : functions)
      rewrite(buffers, arena);
  }
};

} // namespace
