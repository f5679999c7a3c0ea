//===- EmitKernels.cpp - Vector kernels for linalg on buffers -------------===//
//
// In two steps: first every operation finds its nest, with its neighbours fused
// in, and buffers whose every reader and writer is a kernel may change how they
// store signed bytes; then the nests are emitted. What finds no kernel stays
// linalg and becomes plain loops.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Contraction.h"
#include "Kernels/Extrema.h"
#include "Kernels/FillLanes.h"
#include "Kernels/LaneBuilder.h"
#include "Kernels/Lanes.h"
#include "Kernels/MatrixTile.h"
#include "Kernels/TileCandidates.h"
#include "Kernels/WordSums.h"
#include "TargetInfo.h"
#include "Work.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include <array>

namespace mlir::qopt {
#define GEN_PASS_DEF_EMITKERNELS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// A nest and the kernel that was chosen for it.
struct Kernel {
  Nest nest;
  std::optional<Contraction> contraction;
  /// The step of the contraction's tile, or of the depthwise convolution.
  const MicroKernel *step = nullptr;
  std::optional<unsigned> lane;
  std::optional<Depthwise> depthwise;
  /// The lanes are neighbours along a reduction.
  bool isExtremum = false;
};

struct EmitKernels : qopt::impl::EmitKernelsBase<EmitKernels> {
  using EmitKernelsBase::EmitKernelsBase;

  void runOnOperation() override {
    FailureOr<TargetInfo> target =
        TargetInfo::get(getOperation(), cpu, features);
    if (failed(target))
      return signalPassFailure();
    kernels = MicroKernels::get(*target);
    targetName = describeTarget(*target);
    if (!tiles.empty()) {
      llvm::Expected<quantopt::TileTable> table =
          quantopt::TileTable::read(tiles);
      if (!table) {
        emitError(getOperation().getLoc(), "tiles=")
            << llvm::toString(table.takeError());
        return signalPassFailure();
      }
      chosenTiles = std::move(*table);
    }
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        run(func);
  }

private:
  void run(func::FuncOp func);
  std::optional<Kernel> fuse(linalg::GenericOp op, unsigned stages);
  std::optional<Kernel> choose(linalg::GenericOp op);
  void chooseSigns(func::FuncOp func, MutableArrayRef<Kernel> chosen);
  void emit(IRRewriter &rewriter, Kernel &kernel);
  LogicalResult emitCode(OpBuilder &builder, Kernel &kernel);
  scf::ExecuteRegionOp createRegion(OpBuilder &builder, const Kernel &kernel);
  TileCandidate chooseTile(const Kernel &kernel);
  void describeTile(const Kernel &kernel, NamedAttrList &line);
  void copyActivations(OpBuilder &builder, Kernel &kernel,
                       const std::optional<MatrixPlan> &plan);

  const MicroKernel *chooseStep(const Nest &nest,
                                const Contraction &contraction) const;
  const MicroKernel *chooseStep(const Nest &nest,
                                const Depthwise &depthwise) const;

  MicroKernels kernels;
  /// The target as tables of tiles name it, and the table that was given.
  std::string targetName;
  quantopt::TileTable chosenTiles;
  /// Operations that stand in a nest already.
  DenseSet<Operation *> taken;
};

/// The nest of `op`, fused with as many of its neighbours as `stages` counts:
/// the initialization first.
std::optional<Kernel> EmitKernels::fuse(linalg::GenericOp op, unsigned stages) {
  FailureOr<Nest> nest = matchNest(op);
  if (failed(nest))
    return std::nullopt;
  if (nest->init && (stages < 1 || taken.contains(nest->init->op) ||
                     !hasLanes(*nest->init->op.getBody())))
    nest->init.reset();
  if (nest->epilogue && (stages < 2 || taken.contains(nest->epilogue->op) ||
                         !hasLanes(*nest->epilogue->op.getBody()))) {
    nest->epilogue.reset();
    nest->output = nest->accumulator;
  }
  mergeLoops(*nest);
  Kernel kernel;
  kernel.nest = std::move(*nest);
  return kernel;
}

const MicroKernel *
EmitKernels::chooseStep(const Nest &nest,
                        const Contraction &contraction) const {
  if (contraction.isFloat) {
    // A last word of fewer weights would meet activations that are not there,
    // which may be NaN.
    const bool isWhole = contraction.runLength % kernels.nibbles->group == 0;
    return isWhole && weightsKeep(WeightBound::Nibbles, nest, contraction)
               ? kernels.nibbles.get()
               : kernels.floating.get();
  }
  if (contraction.isWide)
    return kernels.wide.get();
  int64_t rows = 1;
  for (unsigned loop : contraction.rows)
    rows *= nest.sizes[loop];
  for (const MicroKernelRef &kernel : kernels.integers)
    if (kernel->rows <= rows && weightsKeep(kernel->bound, nest, contraction))
      return kernel.get();
  llvm_unreachable("the last kernel takes any weights");
}

/// The step for lanes with activations of their own; null where the target has
/// none.
const MicroKernel *EmitKernels::chooseStep(const Nest &nest,
                                           const Depthwise &depthwise) const {
  const Access &activations = nest.inputs[depthwise.activations];
  if (activations.element.isInteger(16))
    return kernels.wide->takesLanes() ? kernels.wide.get() : nullptr;
  for (const MicroKernelRef &kernel : kernels.integers)
    if (kernel->bound == WeightBound::Any && kernel->takesLanes())
      return kernel.get();
  return nullptr;
}

/// Whether the tile has constants for activations, and packs what is computed
/// at run time as weights: what follows the product has its own order in memory
/// then, not that of the product's channels.
static bool readsConstantRows(const Kernel &kernel) {
  const Contraction &contraction = *kernel.contraction;
  return !contraction.isConstant &&
         getConstantBytes(kernel.nest.inputs[contraction.activations].buffer);
}

/// The best kernel for `op`. A tile is worth more than what is fused into it,
/// and neighbouring lanes are worth more than gathered ones.
std::optional<Kernel> EmitKernels::choose(linalg::GenericOp op) {
  constexpr unsigned kAllStages = 2;
  std::array<std::optional<Kernel>, kAllStages + 1> candidates;
  for (unsigned stages = 0; stages <= kAllStages; ++stages)
    candidates[stages] = fuse(op, stages);
  std::optional<Kernel> turned;
  for (std::optional<Kernel> &kernel : llvm::reverse(candidates)) {
    if (!kernel)
      continue;
    FailureOr<Contraction> contraction = matchContraction(kernel->nest);
    if (failed(contraction))
      continue;
    kernel->contraction = *contraction;
    kernel->step = chooseStep(kernel->nest, *contraction);
    if (!readsConstantRows(*kernel))
      return std::move(kernel);
    if (!turned)
      turned = std::move(*kernel);
  }
  if (turned)
    return turned;
  if (!hasLanes(*op.getBody()))
    return std::nullopt;
  for (bool mayGather : {false, true}) {
    for (std::optional<Kernel> &kernel : llvm::reverse(candidates)) {
      if (!kernel)
        continue;
      kernel->lane = chooseLane(kernel->nest, mayGather);
      if (!kernel->lane)
        continue;
      if (!mayGather) {
        OpBuilder builder(kernel->nest.getAnchor());
        fillLanes(builder, kernel->nest, *kernel->lane,
                  kernels.floating->lanes);
      }
      kernel->depthwise = matchDepthwise(kernel->nest, *kernel->lane);
      if (kernel->depthwise)
        kernel->step = chooseStep(kernel->nest, *kernel->depthwise);
      if (!kernel->step)
        kernel->depthwise.reset();
      return std::move(kernel);
    }
    std::optional<Kernel> &alone = candidates[0];
    if (mayGather || !alone)
      continue;
    alone->lane = chooseExtremumLane(alone->nest, *kernels.floating);
    alone->isExtremum = alone->lane.has_value();
    if (alone->isExtremum)
      return std::move(alone);
  }
  return std::nullopt;
}

void EmitKernels::run(func::FuncOp func) {
  IRRewriter rewriter(&getContext());
  SmallVector<linalg::LinalgOp> named;
  func.walk([&](linalg::LinalgOp op) { named.push_back(op); });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
  SmallVector<linalg::GenericOp> ops;
  func.walk([&](linalg::GenericOp op) { ops.push_back(op); });

  // Reductions choose first: they take their neighbours with them.
  taken.clear();
  std::vector<Kernel> chosen;
  for (bool reductions : {true, false}) {
    for (linalg::GenericOp op : ops) {
      if ((op.getNumReductionLoops() > 0) != reductions || taken.contains(op))
        continue;
      std::optional<Kernel> kernel = choose(op);
      if (!kernel)
        continue;
      taken.insert(op);
      if (kernel->nest.init)
        taken.insert(kernel->nest.init->op);
      if (kernel->nest.epilogue)
        taken.insert(kernel->nest.epilogue->op);
      chosen.push_back(std::move(*kernel));
    }
  }
  chooseSigns(func, chosen);
  for (Kernel &kernel : chosen)
    emit(rewriter, kernel);
}

/// Where micro-kernels read unsigned bytes, buffers of signed bytes that
/// products read, and all of them in this way, hold the value plus 128:
/// writers flip a bit once, and readers do not for each use. So do those that
/// nothing but sums reads, which are faster then.
void EmitKernels::chooseSigns(func::FuncOp func,
                              MutableArrayRef<Kernel> chosen) {
  DenseSet<Value> flipped, fixed;
  auto add = [&](const Kernel &kernel, unsigned activations, unsigned weights,
                 bool isUnsigned) {
    // Weights stay signed.
    fixed.insert(getRoot(kernel.nest.inputs[weights].buffer));
    Value root = getRoot(kernel.nest.inputs[activations].buffer);
    if (isUnsigned || !kernel.step->readsUnsigned() ||
        !root.getDefiningOp<memref::AllocOp>() || !isUsedOnlyBy(root, taken))
      fixed.insert(root);
    else
      flipped.insert(root);
  };
  for (const Kernel &kernel : chosen) {
    if (kernel.contraction && !kernel.contraction->isFloat &&
        !kernel.contraction->isWide)
      add(kernel, kernel.contraction->activations, kernel.contraction->weights,
          kernel.contraction->isUnsigned);
    else if (kernel.depthwise && kernel.step != kernels.wide.get())
      add(kernel, kernel.depthwise->activations, kernel.depthwise->weights,
          kernel.depthwise->isUnsigned);
  }
  // What products have not decided, sums may, where nobody else reads it.
  DenseSet<Value> summed, read;
  for (Kernel &kernel : chosen) {
    Block &body = *kernel.nest.main.getBody();
    std::optional<WordSums> sums;
    if (kernel.lane && !kernel.depthwise && !kernel.isExtremum)
      sums = matchWordSums(kernel.nest, *kernel.lane, *kernels.floating);
    for (Access *access : kernel.nest.getAccesses()) {
      const bool isRead =
          access != &kernel.nest.output &&
          (access != &kernel.nest.accumulator ||
           (!kernel.nest.init && !body.getArguments().back().use_empty()));
      if (!isRead)
        continue;
      const bool prefers = sums && sums->prefersUnsigned && !sums->isUnsigned &&
                           access == &kernel.nest.inputs[sums->input];
      (prefers ? summed : read).insert(getRoot(access->buffer));
    }
  }
  for (Value root : summed)
    if (!read.contains(root) && root.getDefiningOp<memref::AllocOp>() &&
        isUsedOnlyBy(root, taken))
      flipped.insert(root);
  for (Kernel &kernel : chosen)
    for (Access *access : kernel.nest.getAccesses()) {
      Value root = getRoot(access->buffer);
      access->isFlipped = flipped.contains(root) && !fixed.contains(root);
    }
}

/// Copies `from` to `to`, two flat buffers of `size` bytes, with each byte's
/// sign bit inverted.
static void emitFlippedCopy(OpBuilder &b, Location loc, Value from, Value to,
                            int64_t size) {
  constexpr int64_t kBlock = 64;
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto copy = [&](int64_t width, int64_t begin, int64_t end) {
    if (begin == end)
      return;
    auto type = VectorType::get({width}, b.getI8Type());
    Value sign = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, int8_t(-128)));
    auto loop = scf::ForOp::create(b, loc, constant(begin), constant(end),
                                   constant(width));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> at = {loop.getInductionVar()};
    Value bytes = vector::LoadOp::create(b, loc, type, from, at);
    bytes = arith::XOrIOp::create(b, loc, bytes, sign);
    vector::StoreOp::create(b, loc, bytes, to, at);
  };
  int64_t whole = size / kBlock * kBlock;
  copy(kBlock, 0, whole);
  copy(1, whole, size);
}

/// Activations outside of the arena are copied where the kernel would read
/// past them: the last step of a run that is no multiple of what it takes.
/// Behind buffers of the arena there is slack. They are copied with inverted
/// signs where every panel of columns would invert them again and that costs
/// the ports of the multiply-adds.
void EmitKernels::copyActivations(OpBuilder &builder, Kernel &kernel,
                                  const std::optional<MatrixPlan> &plan) {
  Contraction &contraction = *kernel.contraction;
  const MicroKernel &micro = *kernel.step;
  Access &access = kernel.nest.inputs[contraction.activations];
  bool inArena(getRoot(access.buffer).getDefiningOp<memref::AllocOp>());
  int64_t read = plan ? plan->groups() * micro.group
                      : llvm::alignTo(contraction.runLength, micro.group);
  bool overreads = !inArena && read != contraction.runLength;
  constexpr int64_t kManyColumns = 256;
  bool flips = !plan && micro.readsUnsigned() && !contraction.isUnsigned &&
               !access.isFlipped && !micro.unit.hasSparePorts &&
               kernel.nest.sizes[contraction.column] >= kManyColumns;
  if (!overreads && !flips)
    return;
  Location loc = kernel.nest.main.getLoc();
  Value flat = emitFlatView(builder, loc, access);
  auto type = cast<MemRefType>(flat.getType());
  Value copy = memref::AllocOp::create(builder, loc, type);
  if (flips)
    emitFlippedCopy(builder, loc, flat, copy, type.getDimSize(0));
  else
    linalg::CopyOp::create(builder, loc, flat, copy);
  access.buffer = copy;
  access.isFlipped |= flips;
}

LogicalResult EmitKernels::emitCode(OpBuilder &builder, Kernel &kernel) {
  if (kernel.isExtremum) {
    emitExtremum(builder, kernel.nest, *kernel.lane, *kernels.floating);
    return success();
  }
  if (!kernel.contraction) {
    emitLanes(builder, kernel.nest, *kernel.lane,
              kernel.depthwise ? *kernel.step : *kernels.floating,
              kernel.depthwise);
    return success();
  }
  TileCandidate tile = chooseTile(kernel);
  copyActivations(builder, kernel, tile.plan);
  if (tile.plan)
    return emitMatrixTiles(builder, kernel.nest, *kernel.contraction,
                           *kernel.step, *tile.plan, threads == 1);
  return emitContraction(builder, kernel.nest, *kernel.contraction,
                         *kernel.step, tile.choice);
}

/// What was measured to be the fastest; else the candidate that is asked for,
/// or the last one where there are fewer; else what the model says.
TileCandidate EmitKernels::chooseTile(const Kernel &kernel) {
  SmallVector<TileCandidate> candidates = listTileCandidates(
      kernel.nest, *kernel.contraction, *kernel.step, kernels.hasMatrixTiles);
  const quantopt::TileTable::Entry *entry = chosenTiles.find(
      targetName,
      describeContraction(kernel.nest, *kernel.contraction, *kernel.step));
  if (entry)
    if (auto measured = findTile(kernel.nest, *kernel.contraction, *kernel.step,
                                 kernels.hasMatrixTiles, entry->choice))
      return *measured;
  return candidates[std::min<size_t>(candidate, candidates.size() - 1)];
}

/// What a search needs to know of a kernel that it measures.
void EmitKernels::describeTile(const Kernel &kernel, NamedAttrList &line) {
  Builder builder(&getContext());
  line.set("target", builder.getStringAttr(targetName));
  line.set("contraction", builder.getStringAttr(describeContraction(
                              kernel.nest, *kernel.contraction, *kernel.step)));
  line.set("tile", builder.getStringAttr(chooseTile(kernel).choice.str()));
  line.set("candidates",
           builder.getI64IntegerAttr(
               listTileCandidates(kernel.nest, *kernel.contraction,
                                  *kernel.step, kernels.hasMatrixTiles)
                   .size()));
}

/// A region that says which code is the kernel's, and what it was made from.
scf::ExecuteRegionOp EmitKernels::createRegion(OpBuilder &builder,
                                               const Kernel &kernel) {
  const Nest &nest = kernel.nest;
  SmallVector<linalg::LinalgOp> ops = {nest.main};
  SmallVector<Location> locations = {nest.main->getLoc()};
  for (const std::optional<Stage> *stage : {&nest.epilogue, &nest.init}) {
    if (!*stage)
      continue;
    ops.push_back((*stage)->op);
    locations.push_back((*stage)->op->getLoc());
  }
  auto region = scf::ExecuteRegionOp::create(
      builder, builder.getFusedLoc(locations), TypeRange());
  Value inner = nest.epilogue ? nest.accumulator.buffer : Value();
  NamedAttrList line(describeKernel(&getContext(),
                                    kernel.contraction ? "tile" : "lanes",
                                    getLabel(nest.main), getWork(ops, inner)));
  if (kernel.contraction)
    describeTile(kernel, line);
  region->setAttr(kKernelAttrName, line.getDictionary(&getContext()));
  builder.setInsertionPointToStart(&region.getRegion().emplaceBlock());
  return region;
}

void EmitKernels::emit(IRRewriter &rewriter, Kernel &kernel) {
  rewriter.setInsertionPoint(kernel.nest.getAnchor());
  scf::ExecuteRegionOp region;
  if (profile)
    region = createRegion(rewriter, kernel);
  LogicalResult emitted = emitCode(rewriter, kernel);
  if (region && succeeded(emitted))
    scf::YieldOp::create(rewriter, region.getLoc());
  if (succeeded(emitted))
    kernel.nest.erase(rewriter);
  else if (region)
    rewriter.eraseOp(region);
}

} // namespace
