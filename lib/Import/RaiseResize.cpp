//===- RaiseResize.cpp - Reads by computed indices become movements -------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallBitVector.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISERESIZE
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// The index `offset + stride * (i floordiv repeat)` of a loop `i`.
struct Steps {
  int64_t offset = 0, stride = 1, repeat = 1;
};

/// Computes scalars of a body for one value of one loop, by the operations'
/// own folders.
class Evaluator {
public:
  Evaluator(Block *body, int64_t iteration)
      : body(body), iteration(iteration) {}

  Attribute evaluate(Value value) {
    auto [entry, isNew] = known.try_emplace(value);
    if (isNew) {
      Attribute result = compute(value);
      known[value] = result;
      return result;
    }
    return entry->second;
  }

private:
  Attribute compute(Value value) {
    Attribute constant;
    if (matchPattern(value, m_Constant(&constant)))
      return constant;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != body || op->getNumResults() != 1 ||
        op->getNumRegions() != 0)
      return {};
    if (isa<linalg::IndexOp>(op))
      return IntegerAttr::get(IndexType::get(op->getContext()), iteration);
    SmallVector<Attribute> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(evaluate(operand));
      if (!operands.back())
        return {};
    }
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(operands, results)) || results.size() != 1)
      return {};
    if (auto attribute = dyn_cast<Attribute>(results[0]))
      return attribute;
    return evaluate(cast<Value>(results[0]));
  }

  Block *body;
  int64_t iteration;
  llvm::DenseMap<Value, Attribute> known;
};
} // namespace

/// The loops whose index `value` is computed from; nothing where it depends on
/// data.
static std::optional<llvm::SmallBitVector> findLoops(Value value, Block *body,
                                                     unsigned numLoops) {
  llvm::SmallBitVector loops(numLoops);
  SmallVector<Value> worklist = {value};
  llvm::DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (!seen.insert(next).second || matchPattern(next, m_Constant()))
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || op->getBlock() != body)
      return std::nullopt;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      loops.set(index.getDim());
    llvm::append_range(worklist, op->getOperands());
  }
  return loops;
}

/// `value` for each iteration of a loop of `size`; empty where it has no
/// constant value.
static SmallVector<Attribute> evaluateOver(Value value, Block *body,
                                           int64_t size) {
  SmallVector<Attribute> values;
  for (int64_t i = 0; i < size; ++i) {
    values.push_back(Evaluator(body, i).evaluate(value));
    // Poison is a constant, too.
    if (!isa_and_nonnull<IntegerAttr, FloatAttr>(values.back()))
      return {};
  }
  return values;
}

/// `value` as positions within [0, `limit`), one for each iteration of a loop
/// of `size`; empty where it is not that.
static SmallVector<int32_t> findPositions(Value value, Block *body,
                                          int64_t size, int64_t limit) {
  SmallVector<int32_t> positions;
  for (Attribute attribute : evaluateOver(value, body, size)) {
    auto index = dyn_cast<IntegerAttr>(attribute);
    if (!index || index.getInt() < 0 || index.getInt() >= limit ||
        index.getInt() > std::numeric_limits<int32_t>::max())
      return {};
    positions.push_back(int32_t(index.getInt()));
  }
  return positions;
}

/// `positions` as steps, where they are regular.
static std::optional<Steps> findSteps(ArrayRef<int32_t> positions) {
  const int64_t size = positions.size();
  Steps steps;
  steps.offset = positions[0];
  const int32_t *change = llvm::find_if(
      positions, [&](int32_t position) { return position != positions[0]; });
  steps.repeat = change - positions.begin();
  if (change != positions.end())
    steps.stride = *change - positions[0];
  if (steps.stride < 1 || size % steps.repeat != 0)
    return std::nullopt;
  for (auto [i, position] : llvm::enumerate(positions))
    if (position != steps.offset + steps.stride * (int64_t(i) / steps.repeat))
      return std::nullopt;
  return steps;
}

namespace {
/// A tensor that an operation reads at `map` of its loops.
struct Operand {
  Value tensor;
  AffineMap map;
};

/// A read of a tensor at positions that are known: those along each dimension,
/// and the loop that they belong to.
class KnownRead {
public:
  /// Nothing where the positions depend on data or on several loops, or lie
  /// outside of the tensor.
  static std::optional<KnownRead> match(tensor::ExtractOp extract,
                                        linalg::GenericOp op);

  /// Whether the positions of all dimensions are regular.
  bool isRegular() const {
    return llvm::all_of(steps,
                        [](const auto &step) { return step.has_value(); });
  }
  /// The elements that are read, moved so that `op` has them as an operand.
  Operand move(OpBuilder &builder, linalg::GenericOp op) const;

private:
  Value slice(OpBuilder &builder, ArrayRef<bool> isTaken) const;
  Operand repeat(OpBuilder &builder, linalg::GenericOp op, Value read) const;

  Value source;
  SmallVector<std::optional<unsigned>> loops;
  SmallVector<SmallVector<int32_t>> positions;
  SmallVector<std::optional<Steps>> steps;
};
} // namespace

std::optional<KnownRead> KnownRead::match(tensor::ExtractOp extract,
                                          linalg::GenericOp op) {
  Block *body = op.getBody();
  KnownRead read;
  read.source = extract.getTensor();
  auto type = cast<RankedTensorType>(read.source.getType());
  if (!type.hasStaticShape() || type.getRank() == 0 ||
      read.source.getParentBlock() == body)
    return std::nullopt;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  llvm::SmallBitVector used(ranges.size());
  for (auto [dim, index] : llvm::enumerate(extract.getIndices())) {
    std::optional<llvm::SmallBitVector> loops =
        findLoops(index, body, ranges.size());
    if (!loops || loops->count() > 1)
      return std::nullopt;
    const int loop = loops->find_first();
    if (loop >= 0 && used.test(loop))
      return std::nullopt;
    SmallVector<int32_t> positions = findPositions(
        index, body, loop < 0 ? 1 : ranges[loop], type.getDimSize(dim));
    if (positions.empty())
      return std::nullopt;
    read.loops.push_back(loop < 0 ? std::nullopt
                                  : std::optional<unsigned>(loop));
    read.steps.push_back(findSteps(positions));
    read.positions.push_back(std::move(positions));
    if (loop >= 0)
      used.set(loop);
  }
  return read;
}

/// The elements at regular positions, each once; all along dimensions that are
/// taken by list.
Value KnownRead::slice(OpBuilder &builder, ArrayRef<bool> isTaken) const {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<int64_t> shape;
  for (auto [dim, step] : llvm::enumerate(steps)) {
    shape.push_back(isTaken[dim] ? type.getDimSize(dim)
                                 : positions[dim].size() / step->repeat);
    offsets.push_back(builder.getIndexAttr(isTaken[dim] ? 0 : step->offset));
    sizes.push_back(builder.getIndexAttr(shape.back()));
    strides.push_back(builder.getIndexAttr(isTaken[dim] ? 1 : step->stride));
  }
  if (ArrayRef<int64_t>(shape) == type.getShape())
    return source;
  return tensor::ExtractSliceOp::create(builder, source.getLoc(), source,
                                        offsets, sizes, strides);
}

/// Each element of `read`, repeated along a dimension of its own.
Operand KnownRead::repeat(OpBuilder &builder, linalg::GenericOp op,
                          Value read) const {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges(), spread;
  SmallVector<int64_t> repeats(ranges.size(), 1);
  for (auto [loop, step] : llvm::zip_equal(loops, steps))
    if (loop)
      repeats[*loop] = step->repeat;
  SmallVector<ReassociationIndices> groups;
  SmallVector<unsigned> outer;
  for (auto [size, repeat] : llvm::zip_equal(ranges, repeats)) {
    outer.push_back(spread.size());
    groups.push_back({int64_t(spread.size())});
    spread.push_back(size / repeat);
    if (repeat > 1) {
      groups.back().push_back(spread.size());
      spread.push_back(repeat);
    }
  }
  SmallVector<AffineExpr> reads;
  for (std::optional<unsigned> loop : loops)
    reads.push_back(loop ? builder.getAffineDimExpr(outer[*loop])
                         : builder.getAffineConstantExpr(0));
  Type element = cast<RankedTensorType>(source.getType()).getElementType();
  Value moved = createBroadcast(
      builder, op.getLoc(), read,
      AffineMap::get(spread.size(), 0, reads, builder.getContext()),
      RankedTensorType::get(spread, element));
  moved = tensor::CollapseShapeOp::create(
      builder, op.getLoc(), RankedTensorType::get(ranges, element), moved,
      groups);
  return {moved, builder.getMultiDimIdentityMap(ranges.size())};
}

Operand KnownRead::move(OpBuilder &builder, linalg::GenericOp op) const {
  const bool isSliced = isRegular();
  SmallVector<bool> isTaken;
  for (auto [loop, step] : llvm::zip_equal(loops, steps))
    isTaken.push_back(!isSliced && loop && (!step || step->repeat > 1));
  Value read = slice(builder, isTaken);
  if (isSliced && llvm::any_of(llvm::zip_equal(loops, steps), [](auto each) {
        return std::get<0>(each) && std::get<1>(each)->repeat > 1;
      }))
    return repeat(builder, op, read);
  SmallVector<int64_t> dims;
  SmallVector<Value> lists;
  SmallVector<int64_t> shape(cast<RankedTensorType>(read.getType()).getShape());
  for (auto [dim, taken] : llvm::enumerate(isTaken)) {
    if (!taken)
      continue;
    dims.push_back(dim);
    shape[dim] = positions[dim].size();
    lists.push_back(arith::ConstantOp::create(
        builder, op.getLoc(),
        DenseElementsAttr::get(
            RankedTensorType::get(shape[dim], builder.getI32Type()),
            ArrayRef<int32_t>(positions[dim]))));
  }
  if (!dims.empty())
    read = TakeOp::create(builder, op.getLoc(),
                          cast<RankedTensorType>(read.getType()).clone(shape),
                          read, dims, lists);
  SmallVector<AffineExpr> at;
  for (std::optional<unsigned> loop : loops)
    at.push_back(loop ? builder.getAffineDimExpr(*loop)
                      : builder.getAffineConstantExpr(0));
  return {read, AffineMap::get(op.getNumLoops(), 0, at, builder.getContext())};
}

/// The numbers that `value`, which depends on the index of `loop` alone, has
/// along it.
static std::optional<Operand> tabulate(OpBuilder &builder, Value value,
                                       unsigned loop, linalg::GenericOp op) {
  if (!value.getType().isIntOrFloat())
    return std::nullopt;
  SmallVector<Attribute> values =
      evaluateOver(value, op.getBody(), op.getStaticLoopRanges()[loop]);
  if (values.empty())
    return std::nullopt;
  auto type = RankedTensorType::get(int64_t(values.size()), value.getType());
  return Operand{
      arith::ConstantOp::create(builder, op.getLoc(),
                                DenseElementsAttr::get(type, values)),
      AffineMap::get(op.getNumLoops(), 0, builder.getAffineDimExpr(loop))};
}

namespace {
/// A body that asks for its position, taken apart: what it reads at known
/// positions and the numbers that depend on the position of one loop become
/// operands, and the rest does not ask.
class PositionFree {
public:
  explicit PositionFree(linalg::GenericOp op) : op(op) {}

  /// Finds the reads and the numbers. Fails where the body would still ask.
  LogicalResult match();
  /// The result of `op` without positions.
  Value build(OpBuilder &builder);

private:
  LogicalResult visit(Value value);

  linalg::GenericOp op;
  llvm::MapVector<Operation *, KnownRead> reads;
  /// The loop that a number depends on.
  llvm::MapVector<Value, unsigned> numbers;
  /// What the result is computed from, down to these.
  llvm::DenseSet<Operation *> needed;
};
} // namespace

/// What `value` needs, from the result towards its operands.
LogicalResult PositionFree::visit(Value value) {
  Operation *inner = value.getDefiningOp();
  if (!inner || inner->getBlock() != op.getBody() ||
      !needed.insert(inner).second)
    return success();
  if (auto extract = dyn_cast<tensor::ExtractOp>(inner)) {
    std::optional<KnownRead> read = KnownRead::match(extract, op);
    if (!read)
      return failure();
    reads.insert({inner, std::move(*read)});
    return success();
  }
  if (isa<linalg::IndexOp>(inner) || inner->getNumRegions() != 0 ||
      inner->getNumResults() != 1)
    return failure();
  std::optional<llvm::SmallBitVector> loops =
      findLoops(value, op.getBody(), op.getNumLoops());
  if (loops && loops->count() == 1 && value.getType().isIntOrFloat()) {
    numbers.insert({value, unsigned(loops->find_first())});
    return success();
  }
  for (Value operand : inner->getOperands())
    if (failed(visit(operand)))
      return failure();
  return success();
}

LogicalResult PositionFree::match() {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumReductionLoops() != 0 || op.hasDynamicShape() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      !op.getBody()->getArguments().back().use_empty() ||
      failed(visit(op.getBody()->getTerminator()->getOperand(0))) ||
      reads.empty())
    return failure();
  // A constant that is read in no regular order is as good where it is.
  return success(llvm::none_of(reads, [](auto &entry) {
    Value source = cast<tensor::ExtractOp>(entry.first).getTensor();
    return isConstantDerived(source) && !entry.second.isRegular();
  }));
}

Value PositionFree::build(OpBuilder &builder) {
  Location loc = op.getLoc();
  SmallVector<Value> inputs(op.getDpsInputs());
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps.pop_back();
  SmallVector<std::pair<Value, unsigned>> replaced;
  auto add = [&](Value value, const Operand &operand) {
    replaced.emplace_back(value, inputs.size());
    inputs.push_back(operand.tensor);
    maps.push_back(operand.map);
  };
  for (auto &[extract, read] : reads)
    add(extract->getResult(0), read.move(builder, op));
  for (auto [value, loop] : numbers) {
    std::optional<Operand> table = tabulate(builder, value, loop, op);
    if (!table)
      return {};
    add(value, *table);
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value yielded = op.getBody()->getTerminator()->getOperand(0);
  DictionaryAttr attributes = op->getDiscardableAttrDictionary();
  if (inputs.size() == 1 && yielded == replaced[0].first &&
      maps[0].isIdentity()) {
    auto extract = cast<tensor::ExtractOp>(reads.front().first);
    if (inputs[0] != extract.getTensor())
      inputs[0].getDefiningOp()->setDiscardableAttrs(attributes);
    return inputs[0];
  }
  maps.push_back(builder.getMultiDimIdentityMap(type.getRank()));
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  auto result = linalg::GenericOp::create(
      builder, loc, type, inputs, empty, maps, op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location at, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(op.getBody()->getArguments().drop_back(),
                    arguments.take_front(op.getNumDpsInputs()));
        for (auto [value, number] : replaced)
          mapping.map(value, arguments[number]);
        for (Operation &inner : op.getBody()->without_terminator())
          if (needed.contains(&inner) && !mapping.contains(inner.getResult(0)))
            b.clone(inner, mapping);
        linalg::YieldOp::create(b, at, mapping.lookupOrDefault(yielded));
      });
  result->setDiscardableAttrs(attributes);
  return result.getResult(0);
}

namespace {
struct RaiseResize : qopt::impl::RaiseResizeBase<RaiseResize> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> generics;
    getOperation().walk([&](linalg::GenericOp op) { generics.push_back(op); });
    for (linalg::GenericOp op : generics) {
      PositionFree free(op);
      if (failed(free.match()))
        continue;
      OpBuilder builder(op);
      Value result = free.build(builder);
      if (!result)
        continue;
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }
};
} // namespace
