//===- Nest.cpp - Loop nests over buffers, for kernels --------------------===//

#include "Nest.h"
#include "../CPU/SplitReductions.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

/// The operand `buffer` indexed by `map`, as strides of the loops.
static FailureOr<Access> getAccess(Value buffer, AffineMap map) {
  Access access;
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type) {
    if (!buffer.getType().isIntOrFloat())
      return failure();
    access.buffer = buffer;
    access.element = buffer.getType();
    access.strides.assign(map.getNumDims(), 0);
    return access;
  }
  // A vector of bits is packed, a buffer of bits is not; an index has no width.
  if (!type.getElementType().isIntOrFloat() ||
      type.getElementTypeBitWidth() % 8 != 0)
    return failure();
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, access.offset)) ||
      ShapedType::isDynamic(access.offset) ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return failure();
  access.buffer = buffer;
  access.element = type.getElementType();
  access.strides.assign(map.getNumDims(), 0);
  for (auto [expr, stride] : llvm::zip(map.getResults(), strides)) {
    SmallVector<int64_t> flat;
    if (failed(getFlattenedAffineExpr(expr, map.getNumDims(), 0, &flat)) ||
        flat.size() != map.getNumDims() + 1)
      return failure();
    for (unsigned dim = 0, e = map.getNumDims(); dim < e; ++dim)
      access.strides[dim] += flat[dim] * stride;
    access.offset += flat.back() * stride;
  }
  return access;
}

Value mlir::qopt::getRoot(Value buffer) {
  while (true) {
    if (auto view = buffer.getDefiningOp<ViewLikeOpInterface>()) {
      buffer = view.getViewSource();
      continue;
    }
    return buffer;
  }
}

bool mlir::qopt::isUsedOnlyBy(Value buffer, const DenseSet<Operation *> &ops) {
  return llvm::all_of(buffer.getUsers(), [&](Operation *user) {
    if (isa<ViewLikeOpInterface>(user))
      return isUsedOnlyBy(user->getResult(0), ops);
    return ops.contains(user);
  });
}

void mlir::qopt::sortByStride(SmallVectorImpl<unsigned> &loops,
                              const Access &access) {
  llvm::sort(loops, [&](unsigned left, unsigned right) {
    const int64_t first = access.strides[left], second = access.strides[right];
    return first != second ? first > second : left < right;
  });
}

Value mlir::qopt::emitFlatView(OpBuilder &builder, Location loc,
                               const Access &access) {
  auto type = cast<MemRefType>(access.buffer.getType());
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  (void)type.getStridesAndOffset(strides, offset);
  int64_t size = offset + 1;
  for (auto [extent, stride] : llvm::zip(type.getShape(), strides))
    size += (extent - 1) * stride;
  Value base = access.buffer;
  if (!type.getLayout().isIdentity() || type.getRank() != 1) {
    auto metadata =
        memref::ExtractStridedMetadataOp::create(builder, loc, access.buffer);
    base = metadata.getBaseBuffer();
  }
  auto flat = MemRefType::get({size}, type.getElementType());
  if (base.getType() == flat)
    return base;
  return memref::ReinterpretCastOp::create(
      builder, loc, flat, base, /*offset=*/int64_t(0), ArrayRef<int64_t>{size},
      ArrayRef<int64_t>{1});
}

Value mlir::qopt::emitIndex(OpBuilder &builder, Location loc,
                            const Access &access, ArrayRef<Value> ivs,
                            int64_t extra) {
  Value index;
  for (auto [stride, iv] : llvm::zip(access.strides, ivs)) {
    if (!iv || stride == 0)
      continue;
    Value term = iv;
    if (stride != 1) {
      Value factor = arith::ConstantIndexOp::create(builder, loc, stride);
      term = arith::MulIOp::create(builder, loc, iv, factor);
    }
    index = index ? arith::AddIOp::create(builder, loc, index, term) : term;
  }
  int64_t constant = access.offset + extra;
  if (index && constant == 0)
    return index;
  Value start = arith::ConstantIndexOp::create(builder, loc, constant);
  if (!index)
    return start;
  return arith::AddIOp::create(builder, loc, index, start);
}

//===----------------------------------------------------------------------===//
// Nests
//===----------------------------------------------------------------------===//

SmallVector<Access *> Nest::getAccesses() {
  SmallVector<Access *> accesses;
  for (Access &input : inputs)
    accesses.push_back(&input);
  for (std::optional<Stage> *stage : {&init, &epilogue})
    if (*stage)
      for (auto [index, input] : llvm::enumerate((*stage)->inputs))
        if (static_cast<int>(index) != (*stage)->accumulator)
          accesses.push_back(&input);
  for (auto &[load, access] : loads)
    accesses.push_back(&access);
  accesses.push_back(&accumulator);
  accesses.push_back(&output);
  return accesses;
}

void Nest::erase(RewriterBase &rewriter) {
  if (epilogue)
    rewriter.eraseOp(epilogue->op);
  Value buffer = accumulator.buffer;
  rewriter.eraseOp(main);
  if (init)
    rewriter.eraseOp(init->op);
  // The accumulator's own buffer is gone where the epilogue took its place.
  while (Operation *op = buffer.getDefiningOp()) {
    if (!op->use_empty() || !isa<memref::AllocOp, ViewLikeOpInterface>(op))
      break;
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    Value source = view ? view.getViewSource() : Value();
    rewriter.eraseOp(op);
    if (!source)
      break;
    buffer = source;
  }
}

/// Elementwise, one result that it does not read, no question for its position.
static bool isStage(linalg::GenericOp op) {
  return op.getNumParallelLoops() == op.getNumLoops() &&
         op.getNumDpsInits() == 1 && !op.hasIndexSemantics() &&
         !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) &&
         op.getNumLoops() > 0;
}

static bool touches(Operation *op, Value root) {
  WalkResult walk = op->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (isa<BaseMemRefType>(operand.getType()) && getRoot(operand) == root)
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return walk.wasInterrupted();
}

/// Whether an operation strictly between `begin` and `end` may write `root`.
static bool isWrittenBetween(Operation *begin, Operation *end, Value root) {
  for (Operation *op = begin->getNextNode(); op != end;
       op = op->getNextNode()) {
    if (isa<ViewLikeOpInterface>(op) || !touches(op, root))
      continue;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp)
      return true;
    for (Value init : linalgOp.getDpsInits())
      if (getRoot(init) == root)
        return true;
  }
  return false;
}

bool mlir::qopt::isTouchedBetween(Operation *begin, Operation *end,
                                  Value root) {
  for (Operation *op = begin->getNextNode(); op != end; op = op->getNextNode())
    if (!isa<ViewLikeOpInterface>(op) && touches(op, root))
      return true;
  return false;
}

/// The buffers that `op` reads: its inputs and what its body loads.
static SmallVector<Value> getReadBuffers(linalg::GenericOp op) {
  SmallVector<Value> read;
  for (Value input : op.getDpsInputs())
    if (isa<BaseMemRefType>(input.getType()))
      read.push_back(input);
  op.getBody()->walk(
      [&](memref::LoadOp load) { read.push_back(load.getMemRef()); });
  return read;
}

/// The loop of `main` behind each dimension of its accumulator; none where the
/// map has a constant.
static FailureOr<SmallVector<std::optional<unsigned>>>
accumulatorLoops(AffineMap map) {
  SmallVector<std::optional<unsigned>> loops;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      loops.push_back(dim.getPosition());
    else if (isa<AffineConstantExpr>(expr))
      loops.push_back(std::nullopt);
    else
      return failure();
  }
  return loops;
}

/// The accesses of `op`'s operands in terms of `main`'s loops, given the map by
/// which `op` reaches the accumulator.
static FailureOr<SmallVector<Access>>
accessesInLoopsOf(linalg::GenericOp op, AffineMap toAccumulator,
                  ArrayRef<std::optional<unsigned>> loops, unsigned numLoops) {
  SmallVector<std::optional<unsigned>> loopOf(op.getNumLoops());
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (auto [expr, loop] : llvm::zip(toAccumulator.getResults(), loops)) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim) {
      if (!isa<AffineConstantExpr>(expr))
        return failure();
      continue;
    }
    if (loop)
      loopOf[dim.getPosition()] = *loop;
    else if (ranges[dim.getPosition()] != 1)
      return failure();
  }
  for (auto [index, loop] : llvm::enumerate(loopOf))
    if (!loop && ranges[index] != 1)
      return failure();

  SmallVector<Access> accesses;
  for (OpOperand &operand : op->getOpOperands()) {
    FailureOr<Access> own =
        getAccess(operand.get(), op.getMatchingIndexingMap(&operand));
    if (failed(own))
      return failure();
    SmallVector<int64_t> strides(numLoops, 0);
    for (auto [index, loop] : llvm::enumerate(loopOf))
      if (loop)
        strides[*loop] += own->strides[index];
    own->strides = strides;
    accesses.push_back(*own);
  }
  return accesses;
}

/// Takes the operation that fills the accumulator right before `main`.
static void matchInit(Nest &nest,
                      ArrayRef<std::optional<unsigned>> accumulatorDims) {
  Value buffer = nest.accumulator.buffer;
  linalg::GenericOp candidate;
  for (Operation *user : buffer.getUsers()) {
    auto op = dyn_cast<linalg::GenericOp>(user);
    if (!op || op == nest.main || op->getBlock() != nest.main->getBlock() ||
        !op->isBeforeInBlock(nest.main) || !isStage(op) ||
        op.getDpsInits()[0] != buffer ||
        isTouchedBetween(op, nest.main, getRoot(buffer)))
      continue;
    candidate = op;
  }
  if (!candidate)
    return;
  for (Value buffer : getReadBuffers(candidate))
    if (isWrittenBetween(candidate, nest.main, getRoot(buffer)))
      return;
  FailureOr<SmallVector<Access>> accesses = accessesInLoopsOf(
      candidate,
      candidate.getMatchingIndexingMap(candidate.getDpsInitOperand(0)),
      accumulatorDims, nest.sizes.size());
  if (failed(accesses))
    return;
  accesses->pop_back();
  nest.init = Stage{candidate, std::move(*accesses)};
}

/// The one operation that reads the accumulator, where the accumulator is a
/// buffer of its own.
static linalg::GenericOp findReader(const Nest &nest) {
  Value buffer = nest.accumulator.buffer;
  // Nobody else may read it through another view: a pooling that writes into
  // the middle of a padded buffer has the reader of that buffer as well.
  Value root = buffer;
  while (auto view = root.getDefiningOp<ViewLikeOpInterface>()) {
    root = view.getViewSource();
    if (!root.hasOneUse())
      return nullptr;
  }
  if (!root.getDefiningOp<memref::AllocOp>())
    return nullptr;
  linalg::GenericOp main = nest.main, candidate;
  for (Operation *user : buffer.getUsers()) {
    if (user == main || user == candidate ||
        (nest.init && user == nest.init->op))
      continue;
    auto op = dyn_cast<linalg::GenericOp>(user);
    if (!op || candidate || op->getBlock() != main->getBlock() ||
        !main->isBeforeInBlock(op) || !isStage(op))
      return nullptr;
    candidate = op;
  }
  return candidate;
}

/// Whether the reduction can run where `candidate` is, tile by tile.
static bool canMoveTo(linalg::GenericOp candidate, const Nest &nest) {
  linalg::GenericOp main = nest.main;
  SmallVector<Value> read = getReadBuffers(main);
  if (nest.init)
    llvm::append_range(read, getReadBuffers(nest.init->op));
  Value target = getRoot(candidate.getDpsInits()[0]);
  // What it reads must not change before, nor may the candidate overwrite what
  // a later tile still reads.
  return llvm::none_of(read, [&](Value value) {
    return getRoot(value) == target ||
           isWrittenBetween(main, candidate, getRoot(value));
  });
}

/// Takes the operation that reads the accumulator.
static void matchEpilogue(Nest &nest,
                          ArrayRef<std::optional<unsigned>> accumulatorDims) {
  linalg::GenericOp candidate = findReader(nest);
  if (!candidate)
    return;
  bool combines = isCombination(candidate);
  OpOperand *position = nullptr;
  for (OpOperand *input : candidate.getDpsInputOperands()) {
    if (input->get() != nest.accumulator.buffer)
      continue;
    if (position && !combines)
      return;
    position = input;
  }
  if (!position || !canMoveTo(candidate, nest))
    return;
  FailureOr<SmallVector<Access>> accesses =
      accessesInLoopsOf(candidate, candidate.getMatchingIndexingMap(position),
                        accumulatorDims, nest.sizes.size());
  if (failed(accesses))
    return;
  nest.output = accesses->back();
  accesses->pop_back();
  if (combines)
    accesses->clear();
  nest.epilogue = Stage{
      candidate, std::move(*accesses),
      combines ? -1 : static_cast<int>(position->getOperandNumber()), combines};
}

/// The buffer that `load` reads, as strides of the loops whose indices it asks
/// for and terms of the body.
static FailureOr<Access> getLoadAccess(memref::LoadOp load, unsigned numLoops) {
  MemRefType type = load.getMemRefType();
  // The buffer itself is walked like a scalar: by no loop.
  FailureOr<Access> access =
      getAccess(load.getMemRef(),
                AffineMap::get(numLoops, 0,
                               SmallVector<AffineExpr>(
                                   type.getRank(),
                                   getAffineConstantExpr(0, load.getContext())),
                               load.getContext()));
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(access) || failed(type.getStridesAndOffset(strides, offset)))
    return failure();
  for (auto [index, stride] : llvm::zip_equal(load.getIndices(), strides)) {
    APInt constant;
    if (auto loop = index.getDefiningOp<linalg::IndexOp>())
      access->strides[loop.getDim()] += stride;
    else if (matchPattern(index, m_ConstantInt(&constant)))
      access->offset += constant.getSExtValue() * stride;
    else
      access->terms.emplace_back(index, stride);
  }
  return access;
}

/// Describes the loads of a body that asks for its position. Fails where it
/// asks for something else.
static LogicalResult matchLoads(Nest &nest) {
  for (Operation &inner : nest.main.getBody()->without_terminator()) {
    if (isa<linalg::IndexOp>(inner) &&
        !llvm::all_of(inner.getUsers(), llvm::IsaPred<memref::LoadOp>))
      return failure();
    auto load = dyn_cast<memref::LoadOp>(inner);
    if (!load || llvm::none_of(load.getIndices(), [](Value index) {
          return index.getDefiningOp<linalg::IndexOp>() != nullptr;
        }))
      continue;
    FailureOr<Access> access = getLoadAccess(load, nest.sizes.size());
    if (failed(access))
      return failure();
    nest.loads.emplace_back(load, std::move(*access));
  }
  return success();
}

bool mlir::qopt::hasTermsAlong(const Nest &nest, const Access &access,
                               unsigned loop) {
  linalg::GenericOp main = nest.main;
  SmallVector<Value> worklist;
  for (auto [term, stride] : access.terms)
    worklist.push_back(term);
  llvm::SmallPtrSet<Value, 8> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value);
        argument && argument.getOwner() == main.getBody()) {
      const unsigned number = argument.getArgNumber();
      if (number >= nest.inputs.size() ||
          nest.inputs[number].strides[loop] != 0)
        return true;
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != main.getBody())
      continue;
    // A load by a load's value may be from anywhere.
    if (isa<memref::LoadOp>(op))
      return true;
    llvm::append_range(worklist, op->getOperands());
  }
  return false;
}

FailureOr<Nest> mlir::qopt::matchNest(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumLoops() == 0 ||
      (op.hasIndexSemantics() && op.getNumReductionLoops() > 0))
    return failure();
  Nest nest;
  nest.main = op;
  nest.sizes = op.getStaticLoopRanges();
  for (utils::IteratorType iterator : op.getIteratorTypesArray())
    nest.isReduction.push_back(iterator == utils::IteratorType::reduction);
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    FailureOr<Access> access = getAccess(operand.get(), map);
    if (failed(access))
      return failure();
    // An operand that only gives its shape, a pooling's window, has no strides.
    if (!op.payloadUsesValueFromOperand(&operand) && op.isDpsInput(&operand))
      access->strides.assign(op.getNumLoops(), 0);
    if (op.isDpsInit(&operand))
      nest.accumulator = *access;
    else
      nest.inputs.push_back(*access);
  }
  nest.output = nest.accumulator;
  if (!nest.hasReduction()) {
    if (failed(matchLoads(nest)))
      return failure();
    return nest;
  }
  auto dims =
      accumulatorLoops(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  if (failed(dims))
    return failure();
  matchInit(nest, *dims);
  matchEpilogue(nest, *dims);
  return nest;
}

/// Whether `inner` is the first reduction behind `outer` that has iterations.
static bool isNextReduction(const Nest &nest, unsigned outer, unsigned inner) {
  if (outer > inner)
    return false;
  for (unsigned loop = outer + 1; loop < inner; ++loop)
    if (nest.isReduction[loop] && nest.sizes[loop] != 1)
      return false;
  return true;
}

void mlir::qopt::mergeLoops(Nest &nest, bool keepsOrder) {
  SmallVector<Access *> accesses = nest.getAccesses();
  for (unsigned dim = 0, e = nest.sizes.size(); dim < e; ++dim)
    if (nest.sizes[dim] == 1)
      for (Access *access : accesses)
        access->strides[dim] = 0;
  bool changed = true;
  while (changed) {
    changed = false;
    for (unsigned outer = 0, e = nest.sizes.size(); outer < e; ++outer) {
      for (unsigned inner = 0; inner < e; ++inner) {
        if (outer == inner || nest.sizes[outer] == 1 ||
            nest.sizes[inner] == 1 ||
            nest.isReduction[outer] != nest.isReduction[inner] ||
            (keepsOrder && nest.isReduction[outer] &&
             !isNextReduction(nest, outer, inner)) ||
            !llvm::all_of(accesses, [&](Access *access) {
              return access->strides[outer] ==
                     access->strides[inner] * nest.sizes[inner];
            }))
          continue;
        nest.sizes[inner] *= nest.sizes[outer];
        nest.sizes[outer] = 1;
        for (Access *access : accesses)
          access->strides[outer] = 0;
        changed = true;
      }
    }
  }
}
