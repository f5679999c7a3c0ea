//===- EmitGPUKernels.cpp - GPU kernels for linalg on buffers -------------===//
//
// As on CPUs, reductions choose first and take their neighbours with them. Then
// every operation is emitted as a kernel and its launch.
//
//===----------------------------------------------------------------------===//

#include "../CPU/Work.h"
#include "Kernels/Coalesce.h"
#include "Kernels/MatrixKernel.h"
#include "Kernels/PointKernel.h"
#include "Kernels/RowKernel.h"
#include "quantopt/Lowering/GPU/Passes.h"
#include "quantopt/Lowering/GPU/Pipeline.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_EMITGPUKERNELS
#include "quantopt/Lowering/GPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// An operation on its way to a kernel: as a nest with its neighbours, where it
/// is one, which may be a product for tensor cores.
struct Kernel {
  linalg::GenericOp op;
  std::optional<Nest> nest;
  std::optional<MatrixProduct> product;
  std::optional<MatrixTile> tile;
  /// The operation in whose place it is launched.
  Operation *anchor = nullptr;
};

struct EmitGPUKernels : qopt::impl::EmitGPUKernelsBase<EmitGPUKernels> {
  using EmitGPUKernelsBase::EmitGPUKernelsBase;

  void runOnOperation() override;

private:
  LogicalResult run(func::FuncOp func);
  FailureOr<Nest> fuse(linalg::GenericOp op);
  std::vector<Kernel> choose(ArrayRef<linalg::GenericOp> ops);
  LogicalResult emit(const Kernel &chosen);

  gpu::GPUModuleOp kernelModule;
  bool isLarge = false;
  bool hasWarpgroups = false;
  /// Operations that stand in a nest already.
  DenseSet<Operation *> taken;
};

/// Whether positions in a buffer of the module need 64 bits.
static bool hasLargeBuffers(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        auto isBig = [](Type type) {
          auto memref = dyn_cast<MemRefType>(type);
          return memref && memref.hasStaticShape() &&
                 memref.getNumElements() > (int64_t(1) << 30);
        };
        return llvm::any_of(op->getResultTypes(), isBig) ||
                       llvm::any_of(op->getOperandTypes(), isBig)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether `op` may stay in a function whose work is all in kernels.
static bool isBookkeeping(Operation *op) {
  return isa<memref::AllocOp, memref::GetGlobalOp, ViewLikeOpInterface,
             memref::ExtractStridedMetadataOp, linalg::LinalgOp,
             func::ReturnOp>(op) ||
         op->hasTrait<OpTrait::ConstantLike>();
}

void EmitGPUKernels::runOnOperation() {
  if (kernels != "auto" && kernels != "scalar") {
    emitError(getOperation().getLoc(), "kernels=")
        << kernels << ": give auto or scalar";
    return signalPassFailure();
  }
  if (!isSupportedChip(chip)) {
    emitError(getOperation().getLoc(), "chip=")
        << chip
        << ": give sm_80 or a later one that 'llc-22 "
           "-march=nvptx64 -mcpu=help' lists";
    return signalPassFailure();
  }
  ModuleOp module = getOperation();
  isLarge = hasLargeBuffers(module);
  // They are of this one architecture, and no later one has them.
  hasWarpgroups = chip == "sm_90a";
  OpBuilder builder(&getContext());
  kernelModule =
      gpu::GPUModuleOp::create(builder, module.getLoc(), "qopt_kernels");
  SymbolTable(module).insert(kernelModule, module.getBody()->end());
  for (auto func : module.getOps<func::FuncOp>())
    if (!func.isExternal() && failed(run(func)))
      return signalPassFailure();
}

/// The nest of `op` with its neighbours that no other nest has. What puts
/// partial results together is a kernel of its own: there is a thread for each
/// of those.
FailureOr<Nest> EmitGPUKernels::fuse(linalg::GenericOp op) {
  FailureOr<Nest> nest = matchNest(op);
  if (failed(nest))
    return failure();
  if (nest->init && taken.contains(nest->init->op))
    nest->init.reset();
  if (nest->epilogue &&
      (nest->epilogue->combines || taken.contains(nest->epilogue->op))) {
    nest->epilogue.reset();
    nest->output = nest->accumulator;
  }
  taken.insert(op);
  if (nest->init)
    taken.insert(nest->init->op);
  if (nest->epilogue)
    taken.insert(nest->epilogue->op);
  // Positions that a body computes are those of the loops as they are.
  if (!op.hasIndexSemantics())
    mergeLoops(*nest, /*keepsOrder=*/true);
  return nest;
}

/// The kernels to come, in their order: reductions choose their neighbours
/// first.
std::vector<Kernel> EmitGPUKernels::choose(ArrayRef<linalg::GenericOp> ops) {
  std::vector<Kernel> chosen;
  taken.clear();
  for (bool reductions : {true, false})
    for (linalg::GenericOp op : ops) {
      if (taken.contains(op) || (op.getNumReductionLoops() > 0) != reductions)
        continue;
      Kernel kernel;
      kernel.op = op;
      kernel.anchor = op;
      FailureOr<Nest> nest = fuse(op);
      if (succeeded(nest)) {
        kernel.anchor = nest->getAnchor();
        kernel.nest = std::move(*nest);
        // Positions of terms are listed in 32 bits.
        if (kernels != "scalar" && !op.hasIndexSemantics() && !isLarge)
          kernel.product = matchMatrixProduct(*kernel.nest);
        if (kernel.product)
          kernel.tile = chooseMatrixTile(*kernel.product, hasWarpgroups);
      }
      chosen.push_back(std::move(kernel));
    }
  llvm::sort(chosen, [](const Kernel &left, const Kernel &right) {
    return left.anchor != right.anchor &&
           left.anchor->isBeforeInBlock(right.anchor);
  });
  return chosen;
}

/// Whether a body of `nest` loads by itself what is computed: from rows that
/// nobody knows. A table of constants is no such thing.
static bool loadsInBody(const Nest &nest) {
  auto loads = [](linalg::GenericOp op) {
    return llvm::any_of(*op.getBody(), [](Operation &inner) {
      auto load = dyn_cast<memref::LoadOp>(inner);
      return load &&
             !getRoot(load.getMemRef()).getDefiningOp<memref::GetGlobalOp>();
    });
  };
  return loads(nest.main) || (nest.init && loads(nest.init->op)) ||
         (nest.epilogue && loads(nest.epilogue->op));
}

/// Each of `chosen` as one that may share a kernel with its neighbours.
static SmallVector<RowCandidate> getCandidates(ArrayRef<Kernel> chosen) {
  SmallVector<RowCandidate> candidates;
  for (const Kernel &kernel : chosen) {
    linalg::GenericOp op = kernel.op;
    RowCandidate candidate{nullptr, std::nullopt};
    if (kernel.nest && !op.hasIndexSemantics() && !loadsInBody(*kernel.nest))
      candidate.nest = &*kernel.nest;
    if (kernel.product)
      candidate.cycles = estimateCycles(*kernel.product, *kernel.tile);
    candidates.push_back(candidate);
  }
  return candidates;
}

/// What a profiler shows: the name of the operation as the model came, or what
/// it was called then.
static std::string nameKernel(linalg::GenericOp op, StringRef suffix = "") {
  std::string text;
  for (const Origin &origin : getOrigins(op.getLoc())) {
    if (!origin.name.empty()) {
      text = origin.name;
      break;
    }
    if (text.empty())
      text = origin.op;
  }
  std::string name = "kernel";
  bool isLetter = false;
  for (char c : text) {
    // One underscore for all that stands between two words.
    if (llvm::isAlnum(c))
      (name += isLetter ? "" : "_") += c;
    isLetter = llvm::isAlnum(c);
  }
  return name + suffix.str();
}

/// One kernel by itself.
LogicalResult EmitGPUKernels::emit(const Kernel &chosen) {
  KernelBuilder kernel(kernelModule, chosen.anchor, nameKernel(chosen.op),
                       isLarge);
  linalg::GenericOp op = chosen.op;
  if (!chosen.nest || op.hasIndexSemantics())
    return emitPointKernel(kernel, op);
  if (chosen.product)
    return emitMatrixKernel(kernel, *chosen.nest, *chosen.product,
                            *chosen.tile);
  return emitPointKernel(kernel, *chosen.nest);
}

LogicalResult EmitGPUKernels::run(func::FuncOp func) {
  if (!func.getBody().hasOneBlock())
    return func.emitOpError("has control flow between blocks; models are one "
                            "block of operations");
  for (auto call : func.getOps<func::CallOp>())
    return emitError(call.getLoc(), "calls '")
           << call.getCallee()
           << "', and what runs on a GPU calls nothing of the host; run the "
              "model on cpu";
  for (Operation &op : func.front())
    if (!isBookkeeping(&op))
      return emitError(op.getLoc(), "'")
             << op.getName()
             << "' has no GPU kernel; run the model on cpu, or move it out of "
                "the model";
  IRRewriter rewriter(&getContext());
  SmallVector<linalg::LinalgOp> named;
  func.walk([&](linalg::LinalgOp op) { named.push_back(op); });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    if (failed(linalg::generalizeNamedOp(rewriter, op)) &&
        !isa<linalg::GenericOp>(op))
      return emitError(op.getLoc(), "'")
             << op->getName() << "' cannot be written as a generic operation";
  }
  SmallVector<linalg::GenericOp> ops;
  for (auto op : llvm::make_early_inc_range(func.getOps<linalg::GenericOp>())) {
    if (llvm::is_contained(op.getStaticLoopRanges(), 0))
      rewriter.eraseOp(op);
    else
      ops.push_back(op);
  }
  std::vector<Kernel> chosen = choose(ops);
  if (kernels != "scalar")
    for (Kernel &kernel : chosen)
      if (kernel.nest && !kernel.product && !kernel.op.hasIndexSemantics())
        coalesceConstants(*kernel.nest);
  const SmallVector<RowCandidate> candidates = getCandidates(chosen);
  SmallVector<RowChoice> rows(chosen.size(), RowChoice{1, 0});
  if (kernels != "scalar")
    rows = chooseRows(candidates);
  for (size_t first = 0, count; first < chosen.size(); first += count) {
    count = rows[first].count;
    if (rows[first].rows == 0) {
      if (failed(emit(chosen[first])))
        return failure();
    } else {
      const Kernel &last = chosen[first + count - 1];
      KernelBuilder kernel(kernelModule, last.anchor,
                           nameKernel(last.op, "_rows"), isLarge);
      RowPlan plan =
          planRows(ArrayRef(candidates).drop_front(first), rows[first]);
      if (failed(emitRowKernel(kernel, std::move(plan))))
        return failure();
    }
    for (Kernel &kernel : MutableArrayRef(chosen).slice(first, count)) {
      if (kernel.nest)
        kernel.nest->erase(rewriter);
      else
        rewriter.eraseOp(kernel.op);
    }
  }
  return success();
}

} // namespace
