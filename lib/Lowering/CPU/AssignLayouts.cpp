//===- AssignLayouts.cpp - Channels innermost -----------------------------===//
//
// A layout is the strides of an allocation, nothing else: linalg operations
// keep their logical shapes and maps whatever the order in memory. So layouts
// are chosen after bufferization, where nothing has to be transposed and no
// transpose has to be cancelled.
//
//===----------------------------------------------------------------------===//

#include "../Common/Nest.h"
#include "SplitReductions.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// The allocation that `buffer` is a window of, dimension by dimension.
static memref::AllocOp getAllocation(Value buffer) {
  while (auto subview = buffer.getDefiningOp<memref::SubViewOp>()) {
    if (subview.getDroppedDims().any())
      return nullptr;
    buffer = subview.getSource();
  }
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  if (!alloc || alloc.getType().getRank() < 2 ||
      !alloc.getType().hasStaticShape() ||
      !alloc.getType().getLayout().isIdentity())
    return nullptr;
  return alloc;
}

/// The buffer that `buffer` reshapes, and the dimension there that is all of
/// `dim`; nothing where there is none.
static std::optional<std::pair<Value, unsigned>>
lookThroughReshape(Value buffer, unsigned dim) {
  if (auto collapse = buffer.getDefiningOp<memref::CollapseShapeOp>()) {
    MemRefType type = collapse.getSrcType();
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    std::optional<unsigned> only;
    for (int64_t each : groups[dim]) {
      if (type.getDimSize(each) == 1)
        continue;
      if (only)
        return std::nullopt;
      only = each;
    }
    if (only)
      return std::pair(collapse.getSrc(), *only);
  }
  if (auto expand = buffer.getDefiningOp<memref::ExpandShapeOp>()) {
    MemRefType type = expand.getResultType();
    for (auto [from, group] : llvm::enumerate(expand.getReassociationIndices()))
      if (llvm::is_contained(group, int64_t(dim)) &&
          type.getDimSize(dim) == expand.getSrcType().getDimSize(from))
        return std::pair(expand.getSrc(), unsigned(from));
  }
  return std::nullopt;
}

/// The dimension of an operand that is exactly `loop`.
static std::optional<unsigned> dimensionOf(AffineMap map, unsigned loop) {
  for (auto [index, expr] : llvm::enumerate(map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (dim.getPosition() == loop)
        return index;
  return std::nullopt;
}

/// The last loop of the wanted kind that `accept` takes.
static std::optional<unsigned> lastLoop(linalg::GenericOp op,
                                        utils::IteratorType kind,
                                        function_ref<bool(unsigned)> accept) {
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned loop = op.getNumLoops(); loop-- > 0;)
    if (iterators[loop] == kind && ranges[loop] != 1 && accept(loop))
      return loop;
  return std::nullopt;
}

/// Whether `dim` of `type` has no neighbours nearer to each other than its own.
static bool isInnermost(MemRefType type, unsigned dim) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (type.getDimSize(dim) == 1 ||
      failed(type.getStridesAndOffset(strides, offset)))
    return true;
  return strides[dim] == 1;
}

class LayoutAssigner {
public:
  explicit LayoutAssigner(func::FuncOp func) : func(func) {}
  void run();

private:
  void vote(linalg::GenericOp op);
  bool propagate(linalg::GenericOp op);
  void choose(Value buffer, std::optional<unsigned> dim);
  void keep(Value buffer, unsigned dim);
  void separateResult(linalg::GenericOp op, unsigned dim);
  void separateInput(OpOperand &input, unsigned dim);
  bool canRetype(Value buffer);
  void retype(Value from, Value to);
  void apply(memref::AllocOp alloc, unsigned channel);

  func::FuncOp func;
  /// The dimension that should be innermost.
  llvm::MapVector<memref::AllocOp, unsigned> channels;
  /// The input of each contraction, and the dimension that it reads as one run.
  SmallVector<std::pair<OpOperand *, unsigned>> runs;
};

void LayoutAssigner::choose(Value buffer, std::optional<unsigned> dim) {
  memref::AllocOp alloc = getAllocation(buffer);
  if (alloc && dim)
    channels.insert({alloc, *dim});
}

/// What is read through reshapes with `dim` innermost, as it is allocated,
/// stays so whatever others wish.
void LayoutAssigner::keep(Value buffer, unsigned dim) {
  while (auto source = lookThroughReshape(buffer, dim))
    std::tie(buffer, dim) = *source;
  memref::AllocOp alloc = getAllocation(buffer);
  if (alloc && isInnermost(alloc.getType(), dim))
    channels.insert({alloc, dim});
}

/// A copy that kernels know.
static void createCopy(OpBuilder &builder, Location loc, Value from, Value to) {
  auto copy = linalg::CopyOp::create(builder, loc, from, to);
  IRRewriter rewriter(builder);
  rewriter.setInsertionPoint(copy);
  (void)linalg::generalizeNamedOp(rewriter, copy);
}

/// Gives `op` a result of its own, with `dim` innermost to be, where that is
/// not so of the buffer that it should write and cannot be: results of the
/// function, above all. A copy behind it is cheaper than a kernel that
/// scatters.
void LayoutAssigner::separateResult(linalg::GenericOp op, unsigned dim) {
  Value result = op.getDpsInits()[0];
  auto type = cast<MemRefType>(result.getType());
  memref::AllocOp alloc = getAllocation(result);
  if (type.getRank() < 2 || !type.hasStaticShape() || isInnermost(type, dim) ||
      (alloc && canRetype(alloc)))
    return;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  // What gives the reduction all of its initial values writes there, too, where
  // nobody else sees them.
  OpOperand *initial = nullptr;
  for (OpOperand &use : result.getUses()) {
    auto writer = dyn_cast<linalg::LinalgOp>(use.getOwner());
    if (writer && writer != op && writer->getBlock() == op->getBlock() &&
        writer->isBeforeInBlock(op) && writer.isDpsInit(&use) &&
        writer.getMatchingIndexingMap(&use).isPermutation() &&
        !writer.payloadUsesValueFromOperand(&use) &&
        !isTouchedBetween(writer, op, getRoot(result)))
      initial = &use;
  }
  if (initial)
    builder.setInsertionPoint(initial->getOwner());
  Value own = memref::AllocOp::create(
      builder, loc, MemRefType::get(type.getShape(), type.getElementType()));
  if (initial)
    initial->set(own);
  else
    linalg::CopyOp::create(builder, loc, result, own);
  op.getDpsInitsMutable()[0].set(own);
  builder.setInsertionPointAfter(op);
  createCopy(builder, loc, own, result);
}

/// The products of each element of `input` on average.
static double getReuse(linalg::GenericOp op, Value input) {
  double products = 1;
  for (int64_t range : op.getStaticLoopRanges())
    products *= double(range);
  return products / double(cast<MemRefType>(input.getType()).getNumElements());
}

/// Gives a contraction a copy of its input with `dim` innermost, where another
/// dimension is that in the end: behind a shuffle of channels, say, or where a
/// softmax had other wishes. A copy is transposed in registers, which takes
/// less time than products of short runs.
void LayoutAssigner::separateInput(OpOperand &input, unsigned dim) {
  auto op = cast<linalg::GenericOp>(input.getOwner());
  auto type = cast<MemRefType>(input.get().getType());
  memref::AllocOp alloc = getAllocation(input.get());
  const auto *chosen = alloc ? channels.find(alloc) : channels.end();
  const bool isRun = chosen != channels.end() && canRetype(alloc)
                         ? chosen->second == dim
                         : isInnermost(type, dim);
  constexpr int64_t kRun = 16;
  constexpr double kReuse = 8;
  if (isRun || type.getRank() < 2 || !type.hasStaticShape() ||
      type.getDimSize(dim) < kRun || getReuse(op, input.get()) < kReuse ||
      !type.getElementType().isIntOrFloat())
    return;
  // The run that there is may be as good: rows of a kernel as wide as a patch.
  AffineMap map = op.getMatchingIndexingMap(&input);
  for (auto [loop, range] : llvm::enumerate(op.getStaticLoopRanges()))
    if (op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction &&
        range >= kRun && map.getResults().back().isFunctionOfDim(loop) &&
        isInnermost(type, type.getRank() - 1) && dimensionOf(map, loop) != dim)
      return;
  OpBuilder builder(op);
  Value own = memref::AllocOp::create(
      builder, op.getLoc(),
      MemRefType::get(type.getShape(), type.getElementType()));
  createCopy(builder, op.getLoc(), input.get(), own);
  input.set(own);
  choose(own, dim);
}

/// What a reduction wants: kernels vectorize along channels of the output, and
/// contractions read channels of the input as one run.
void LayoutAssigner::vote(linalg::GenericOp op) {
  // A third input holds scales of the weights.
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 ||
      op.getNumDpsInputs() < 1 || op.getNumDpsInputs() > 3)
    return;
  OpOperand *input = op.getDpsInputOperand(0);
  OpOperand *other =
      op.getNumDpsInputs() > 1 ? op.getDpsInputOperand(1) : nullptr;
  if (!isa<MemRefType>(input->get().getType()))
    return;
  AffineMap in = op.getMatchingIndexingMap(input);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap weights = other ? op.getMatchingIndexingMap(other)
                            : AffineMap::get(op.getContext());
  auto inWeights = [&](unsigned loop) {
    return other && weights.isFunctionOfDim(loop);
  };
  using utils::IteratorType;

  // A contraction: the output's channel is a loop that the input lacks.
  if (auto column = lastLoop(op, IteratorType::parallel, [&](unsigned loop) {
        return inWeights(loop) && !in.isFunctionOfDim(loop) &&
               dimensionOf(out, loop);
      })) {
    separateResult(op, *dimensionOf(out, *column));
    choose(op.getDpsInits()[0], dimensionOf(out, *column));
    if (auto depth = lastLoop(op, IteratorType::reduction, [&](unsigned loop) {
          return inWeights(loop) && dimensionOf(in, loop);
        })) {
      choose(input->get(), dimensionOf(in, *depth));
      keep(input->get(), *dimensionOf(in, *depth));
      runs.emplace_back(input, *dimensionOf(in, *depth));
    }
    return;
  }
  // Partial results beside each other are vectors already, and a maximum over
  // whole dimensions runs along memory.
  if (isBlockwise(op) || isExtremumOverDims(op))
    return;
  // Depthwise or pooling: input and output share the channel.
  auto isShared = [&](unsigned loop) {
    return dimensionOf(in, loop) && dimensionOf(out, loop);
  };
  auto channel = lastLoop(op, IteratorType::parallel, [&](unsigned loop) {
    return isShared(loop) && inWeights(loop);
  });
  if (!channel)
    channel = lastLoop(op, IteratorType::parallel, isShared);
  if (!channel)
    return;
  choose(op.getDpsInits()[0], dimensionOf(out, *channel));
  choose(input->get(), dimensionOf(in, *channel));
}

/// What the body of `op` loads along loops.
static SmallVector<memref::LoadOp> getLoads(linalg::GenericOp op) {
  return llvm::to_vector(op.getBody()->getOps<memref::LoadOp>());
}

/// The dimension that `load` reads at the index of `loop`.
static std::optional<unsigned> dimensionOf(memref::LoadOp load, unsigned loop) {
  for (auto [dim, index] : llvm::enumerate(load.getIndices()))
    if (auto asked = index.getDefiningOp<linalg::IndexOp>();
        asked && asked.getDim() == loop)
      return dim;
  return std::nullopt;
}

/// Fewer channels than a vector's lanes are innermost only for a contraction
/// that reads them.
static constexpr int64_t kFewChannels = 8;

/// Elementwise neighbours follow. Returns whether anything changed.
bool LayoutAssigner::propagate(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0)
    return false;
  std::optional<unsigned> channel;
  for (OpOperand &operand : op->getOpOperands()) {
    memref::AllocOp alloc = getAllocation(operand.get());
    if (!alloc || !channels.contains(alloc))
      continue;
    auto dim = dyn_cast<AffineDimExpr>(
        op.getMatchingIndexingMap(&operand).getResult(channels[alloc]));
    if (dim)
      channel = dim.getPosition();
  }
  for (memref::LoadOp load : getLoads(op)) {
    memref::AllocOp alloc = getAllocation(load.getMemRef());
    if (!alloc || !channels.contains(alloc))
      continue;
    auto asked =
        load.getIndices()[channels[alloc]].getDefiningOp<linalg::IndexOp>();
    if (asked)
      channel = asked.getDim();
  }
  if (!channel)
    return false;
  memref::AllocOp result = getAllocation(op.getDpsInits()[0]);
  if (op.getStaticLoopRanges()[*channel] < kFewChannels &&
      !(result && channels.contains(result)))
    return false;
  size_t before = channels.size();
  for (memref::LoadOp load : getLoads(op))
    choose(load.getMemRef(), dimensionOf(load, *channel));
  for (OpOperand &operand : op->getOpOperands())
    choose(operand.get(),
           dimensionOf(op.getMatchingIndexingMap(&operand), *channel));
  return channels.size() != before;
}

/// Whether every use of `buffer` takes another order in memory. Reshapes that
/// only readers look through can be given a copy.
bool LayoutAssigner::canRetype(Value buffer) {
  return llvm::all_of(buffer.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<memref::SubViewOp, memref::ExpandShapeOp>(user))
      return canRetype(user->getResult(0));
    if (auto collapse = dyn_cast<memref::CollapseShapeOp>(user))
      return llvm::all_of(
          collapse.getResult().getUses(), [](OpOperand &reader) {
            auto op = dyn_cast<linalg::LinalgOp>(reader.getOwner());
            return op && op.isDpsInput(&reader);
          });
    return isa<linalg::LinalgOp, memref::ExtractAlignedPointerAsIndexOp,
               memref::LoadOp, memref::StoreOp>(user);
  });
}

/// Replaces `from` by `to`, which differs in strides only, through all views.
void LayoutAssigner::retype(Value from, Value to) {
  for (OpOperand &use : llvm::make_early_inc_range(from.getUses())) {
    Operation *user = use.getOwner();
    if (user == to.getDefiningOp())
      continue;
    OpBuilder builder(user);
    Location loc = user->getLoc();
    auto type = cast<MemRefType>(to.getType());
    if (auto subview = dyn_cast<memref::SubViewOp>(user)) {
      auto inferred = memref::SubViewOp::inferRankReducedResultType(
          subview.getType().getShape(), type, subview.getMixedOffsets(),
          subview.getMixedSizes(), subview.getMixedStrides());
      Value view = memref::SubViewOp::create(
          builder, loc, inferred, to, subview.getMixedOffsets(),
          subview.getMixedSizes(), subview.getMixedStrides());
      retype(subview, view);
      subview.erase();
    } else if (auto expand = dyn_cast<memref::ExpandShapeOp>(user)) {
      SmallVector<ReassociationIndices> groups =
          expand.getReassociationIndices();
      auto expanded = memref::ExpandShapeOp::computeExpandedType(
          type, expand.getType().getShape(), groups);
      Value view =
          memref::ExpandShapeOp::create(builder, loc, *expanded, to, groups);
      retype(expand, view);
      expand.erase();
    } else if (auto collapse = dyn_cast<memref::CollapseShapeOp>(user)) {
      SmallVector<ReassociationIndices> groups =
          collapse.getReassociationIndices();
      if (memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups)) {
        Value view = memref::CollapseShapeOp::create(builder, loc, to, groups);
        retype(collapse, view);
        collapse.erase();
        continue;
      }
      // Each reader gets the logical order in a copy of its own.
      for (OpOperand &reader :
           llvm::make_early_inc_range(collapse.getResult().getUses())) {
        builder.setInsertionPoint(reader.getOwner());
        Value copy = memref::AllocOp::create(
            builder, loc,
            MemRefType::get(type.getShape(), type.getElementType()));
        linalg::CopyOp::create(builder, loc, to, copy);
        reader.set(memref::CollapseShapeOp::create(builder, loc, copy, groups));
      }
      collapse.erase();
    } else {
      use.set(to);
    }
  }
}

void LayoutAssigner::apply(memref::AllocOp alloc, unsigned channel) {
  MemRefType type = alloc.getType();
  SmallVector<unsigned> order;
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim)
    if (dim != channel)
      order.push_back(dim);
  order.push_back(channel);
  // Behind the channel there are only loops of one step: nothing to do.
  if (llvm::all_of(type.getShape().drop_front(channel + 1),
                   [](int64_t size) { return size == 1; }) ||
      !canRetype(alloc))
    return;
  SmallVector<int64_t> shape, strides(type.getRank());
  for (unsigned dim : order)
    shape.push_back(type.getDimSize(dim));
  int64_t stride = 1;
  for (unsigned dim : llvm::reverse(order)) {
    strides[dim] = stride;
    stride *= type.getDimSize(dim);
  }
  OpBuilder builder(alloc);
  Location loc = alloc.getLoc();
  Value permuted = memref::AllocOp::create(
      builder, loc, MemRefType::get(shape, type.getElementType()),
      alloc.getAlignmentAttr());
  auto layout = StridedLayoutAttr::get(builder.getContext(), 0, strides);
  Value view = memref::ReinterpretCastOp::create(
      builder, loc,
      MemRefType::get(type.getShape(), type.getElementType(), layout), permuted,
      /*offset=*/int64_t(0), type.getShape(), strides);
  retype(alloc, view);
  alloc.erase();
}

void LayoutAssigner::run() {
  SmallVector<linalg::GenericOp> ops;
  func.walk([&](linalg::GenericOp op) { ops.push_back(op); });
  for (linalg::GenericOp op : ops)
    vote(op);
  bool changed = true;
  while (changed) {
    changed = false;
    for (linalg::GenericOp op : ops)
      changed |= propagate(op);
  }
  for (auto [input, dim] : runs)
    separateInput(*input, dim);
  for (auto [alloc, channel] : channels)
    apply(alloc, channel);
}

struct AssignLayouts : qopt::impl::AssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> named;
    getOperation().walk([&](linalg::LinalgOp op) { named.push_back(op); });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    LayoutAssigner(getOperation()).run();
  }
};

} // namespace
