//===- FactorTakes.cpp - Compute once what positions repeat ---------------===//
//
// A resize reads its source at listed positions and weights what it reads. In
// `wy0[y] * h(t0[y], x) + wy1[y] * h(t1[y], x)` the rows h, which weight along
// x, are those of the source, however many rows the result has. They become an
// operation of their own, and what is left reads its result at the positions
// along y: `f(take(x)) = take(f(x))` for every elementwise f.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/DenseSet.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FACTORTAKES
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Operations that a conversion in a body stands for.
static constexpr double kConversion = 3;
/// Storing an element and loading it again, in operations.
static constexpr double kElement = 4;

namespace {

/// The positions that all of a value depends on, along one dimension.
struct Positions {
  enum Kind { None, One, Several } kind = None;
  Value list;

  void join(const Positions &other) {
    if (other.kind == None)
      return;
    if (kind == None)
      *this = other;
    else if (other.kind == Several || list != other.list)
      *this = {Several, Value()};
  }
};

/// Values of a body that read the same as functions of the source's positions.
struct Factor {
  SmallVector<Value> roots;
  /// Of the first root, in order: block arguments and operations.
  SmallVector<unsigned> arguments;
  SmallVector<Operation *> body;
};

/// The factors of a generic along one dimension, and what they gain.
class Factoring {
public:
  Factoring(linalg::GenericOp op, unsigned dim)
      : op(op), dim(dim), sizes(op.getStaticLoopRanges()) {}

  /// Finds the factors; false where there are none.
  bool find();
  /// Operations that are saved, over all elements.
  double getGain() const;
  /// Rewrites the generic; `created` gets the operations that take its place.
  void apply(SmallVectorImpl<linalg::GenericOp> &created);

private:
  TakeOp getTake(unsigned input) const;
  Positions classify(unsigned input);
  bool isSame(Value left, Value right);
  bool compare(Value left, Value right);
  bool isSameInput(unsigned left, unsigned right) const;
  void collect(Value root, Factor &factor) const;
  linalg::GenericOp build(OpBuilder &builder, const Factor &factor) const;

  mutable linalg::GenericOp op; // a handle, whose accessors are not const
  unsigned dim;
  SmallVector<int64_t> sizes;
  /// Of the source, along the dimension.
  int64_t sourceSize = ShapedType::kDynamic;
  DenseMap<Value, Positions> positions;
  /// What `isSame` found: values that many operations read would be compared
  /// along each path else.
  DenseMap<std::pair<Value, Value>, bool> compared;
  SmallVector<Factor> factors;
};

} // namespace

/// The take that is read as it lies, or null. A single index may be a constant.
TakeOp Factoring::getTake(unsigned input) const {
  OpOperand *operand = op.getDpsInputOperand(input);
  auto take = operand->get().getDefiningOp<TakeOp>();
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (!take || map.getNumResults() != sizes.size())
    return TakeOp();
  for (auto [at, expr] : llvm::enumerate(map.getResults())) {
    auto read = dyn_cast<AffineDimExpr>(expr);
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    const bool isOnly = sizes[at] == 1 && constant && constant.getValue() == 0;
    if (!isOnly && !(read && read.getPosition() == at))
      return TakeOp();
  }
  return take;
}

static std::optional<unsigned> findDim(TakeOp take, unsigned dim) {
  const auto *found = llvm::find(take.getDims(), int64_t(dim));
  if (found == take.getDims().end())
    return std::nullopt;
  return found - take.getDims().begin();
}

Positions Factoring::classify(unsigned input) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInputOperand(input));
  if (!map.isFunctionOfDim(dim))
    return {};
  if (TakeOp take = getTake(input))
    if (std::optional<unsigned> at = findDim(take, dim)) {
      const int64_t size =
          cast<RankedTensorType>(take.getInput().getType()).getDimSize(dim);
      if (ShapedType::isDynamic(sourceSize))
        sourceSize = size;
      if (size == sourceSize)
        return {Positions::One, take.getPositions()[*at]};
    }
  return {Positions::Several, Value()};
}

/// Whether two inputs are the same function of the source's positions.
bool Factoring::isSameInput(unsigned left, unsigned right) const {
  if (left == right)
    return true;
  TakeOp first = getTake(left), second = getTake(right);
  if (!first || !second || !findDim(first, dim) || !findDim(second, dim) ||
      first.getInput() != second.getInput() ||
      first.getDims() != second.getDims())
    return false;
  for (auto [at, one, other] : llvm::zip_equal(
           first.getDims(), first.getPositions(), second.getPositions()))
    if (at != int64_t(dim) && one != other)
      return false;
  return true;
}

bool Factoring::isSame(Value left, Value right) {
  if (left == right)
    return true;
  auto known = compared.find({left, right});
  if (known != compared.end())
    return known->second;
  const bool same = compare(left, right);
  compared[{left, right}] = same;
  return same;
}

bool Factoring::compare(Value left, Value right) {
  auto first = dyn_cast<BlockArgument>(left);
  auto second = dyn_cast<BlockArgument>(right);
  if (first || second)
    return first && second && first.getOwner() == op.getBody() &&
           second.getOwner() == op.getBody() &&
           isSameInput(first.getArgNumber(), second.getArgNumber());
  Operation *one = left.getDefiningOp(), *other = right.getDefiningOp();
  return one->getName() == other->getName() &&
         one->getAttrDictionary() == other->getAttrDictionary() &&
         one->getBlock() == op.getBody() && other->getBlock() == op.getBody() &&
         llvm::equal(one->getResultTypes(), other->getResultTypes()) &&
         llvm::all_of(llvm::zip_equal(one->getOperands(), other->getOperands()),
                      [&](auto pair) {
                        return isSame(std::get<0>(pair), std::get<1>(pair));
                      });
}

/// The values of `body` that `root` is computed from, where `known` are there.
static llvm::SmallDenseSet<Value> getNeeded(Block *body, Value root,
                                            ArrayRef<Value> known) {
  llvm::SmallDenseSet<Value> needed;
  SmallVector<Value> pending = {root};
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    if (value.getParentBlock() != body || llvm::is_contained(known, value) ||
        !needed.insert(value).second)
      continue;
    if (Operation *defining = value.getDefiningOp())
      llvm::append_range(pending, defining->getOperands());
  }
  return needed;
}

/// What `root` is computed from.
void Factoring::collect(Value root, Factor &factor) const {
  const auto needed = getNeeded(op.getBody(), root, {});
  for (BlockArgument argument : op.getBody()->getArguments())
    if (needed.contains(argument))
      factor.arguments.push_back(argument.getArgNumber());
  for (Operation &each : op.getBody()->without_terminator())
    if (needed.contains(each.getResult(0)))
      factor.body.push_back(&each);
}

bool Factoring::find() {
  const unsigned inputs = op.getNumDpsInputs();
  for (unsigned input = 0; input < inputs; ++input)
    positions[op.getBody()->getArgument(input)] = classify(input);
  for (Operation &each : op.getBody()->without_terminator()) {
    Positions joined;
    for (Value operand : each.getOperands())
      joined.join(positions.lookup(operand));
    positions[each.getResult(0)] = joined;
  }
  auto isListed = [&](Value value) {
    return positions.lookup(value).kind == Positions::One;
  };
  // What is yielded as it is would leave nothing to do behind it.
  if (isListed(op.getBody()->getTerminator()->getOperand(0)))
    return false;
  auto isRoot = [&](Value value) {
    return isListed(value) &&
           llvm::any_of(value.getUsers(), [&](Operation *user) {
             return user->getNumResults() == 0 || !isListed(user->getResult(0));
           });
  };
  // Inputs that are read outside of factors would be taken all the same.
  for (unsigned input = 0; input < inputs; ++input)
    if (isRoot(op.getBody()->getArgument(input)))
      return false;
  for (Operation &each : op.getBody()->without_terminator()) {
    Value root = each.getResult(0);
    if (!isRoot(root))
      continue;
    auto *same = llvm::find_if(factors, [&](const Factor &factor) {
      return isSame(factor.roots.front(), root);
    });
    if (same != factors.end()) {
      same->roots.push_back(root);
      continue;
    }
    factors.emplace_back();
    factors.back().roots.push_back(root);
    collect(root, factors.back());
  }
  return !factors.empty();
}

double Factoring::getGain() const {
  double elements = 1;
  for (int64_t size : sizes)
    elements *= double(size);
  const double ofSource = double(sourceSize) / double(sizes[dim]);
  double gain = 0;
  for (const Factor &factor : factors) {
    double cost = 0;
    for (Operation *each : factor.body)
      if (!each->hasTrait<OpTrait::ConstantLike>())
        cost += isa<DequantizeOp, QuantizeOp, RequantizeOp, FakeQuantOp>(each)
                    ? kConversion
                    : 1;
    gain += cost * double(factor.roots.size()) - (cost + kElement) * ofSource;
  }
  return gain * elements;
}

/// The factor at every position of the source.
linalg::GenericOp Factoring::build(OpBuilder &builder,
                                   const Factor &factor) const {
  Location loc = op.getLoc();
  SmallVector<int64_t> shape(sizes);
  shape[dim] = sourceSize;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (unsigned input : factor.arguments) {
    OpOperand *operand = op.getDpsInputOperand(input);
    maps.push_back(op.getMatchingIndexingMap(operand));
    TakeOp take = getTake(input);
    if (!take || !findDim(take, dim)) {
      inputs.push_back(operand->get());
      continue;
    }
    SmallVector<int64_t> dims;
    SmallVector<Value> lists;
    for (auto [at, list] : llvm::zip_equal(take.getDims(), take.getPositions()))
      if (at != int64_t(dim)) {
        dims.push_back(at);
        lists.push_back(list);
      }
    Value source = take.getInput();
    if (!dims.empty())
      source = TakeOp::create(
          builder, take.getLoc(),
          RankedTensorType::get(
              shape, cast<RankedTensorType>(source.getType()).getElementType()),
          source, dims, lists);
    inputs.push_back(source);
  }
  Value root = factor.roots.front();
  Value empty = tensor::EmptyOp::create(builder, loc, shape, root.getType());
  maps.push_back(builder.getMultiDimIdentityMap(sizes.size()));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, empty.getType(), inputs, empty, maps, iterators,
      [&](OpBuilder &b, Location at, ValueRange values) {
        IRMapping mapping;
        for (auto [input, value] : llvm::zip(factor.arguments, values))
          mapping.map(op.getBody()->getArgument(input), value);
        for (Operation *each : factor.body)
          b.clone(*each, mapping);
        linalg::YieldOp::create(b, at, mapping.lookup(root));
      });
}

void Factoring::apply(SmallVectorImpl<linalg::GenericOp> &created) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  SmallVector<Value> inputs, roots;
  SmallVector<AffineMap> maps;
  for (const Factor &factor : factors) {
    created.push_back(build(builder, factor));
    Value source = created.back().getResult(0);
    DenseMap<Value, Value> taken;
    for (Value root : factor.roots) {
      Value list = positions.lookup(root).list;
      Value &take = taken[list];
      if (!take)
        take = TakeOp::create(builder, loc,
                              RankedTensorType::get(sizes, root.getType()),
                              source, ArrayRef<int64_t>{int64_t(dim)}, list);
      inputs.push_back(take);
      maps.push_back(builder.getMultiDimIdentityMap(sizes.size()));
      roots.push_back(root);
    }
  }
  // What the rest still reads.
  Value yielded = op.getBody()->getTerminator()->getOperand(0);
  const auto needed = getNeeded(op.getBody(), yielded, roots);
  SmallVector<BlockArgument> kept;
  for (unsigned input = 0, e = op.getNumDpsInputs(); input < e; ++input) {
    BlockArgument argument = op.getBody()->getArgument(input);
    if (!needed.contains(argument))
      continue;
    kept.push_back(argument);
    inputs.push_back(op.getDpsInputOperand(input)->get());
    maps.push_back(op.getMatchingIndexingMap(op.getDpsInputOperand(input)));
  }
  maps.push_back(builder.getMultiDimIdentityMap(sizes.size()));
  auto result = linalg::GenericOp::create(
      builder, loc, op.getResultTypes(), inputs, op.getDpsInits(), maps,
      op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location at, ValueRange values) {
        IRMapping mapping;
        for (auto [root, value] : llvm::zip(roots, values))
          mapping.map(root, value);
        for (auto [argument, value] :
             llvm::zip(kept, values.drop_front(roots.size())))
          mapping.map(argument, value);
        for (Operation &each : op.getBody()->without_terminator())
          if (needed.contains(each.getResult(0)))
            b.clone(each, mapping);
        linalg::YieldOp::create(b, at, mapping.lookup(yielded));
      });
  result->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op->replaceAllUsesWith(result);
  op->erase();
  created.push_back(result);
}

/// Elementwise, and its body nothing but scalar operations.
static bool isEligible(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      !op.getIndexingMapsArray().back().isIdentity() ||
      !op.getBody()->getArguments().back().use_empty() ||
      llvm::any_of(op.getStaticLoopRanges(), ShapedType::isDynamic))
    return false;
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &each) {
    return isPure(&each) && each.getNumRegions() == 0 &&
           each.getNumResults() == 1 && !isa<linalg::IndexOp>(each) &&
           llvm::none_of(each.getOperandTypes(), llvm::IsaPred<ShapedType>);
  });
}

namespace {
struct FactorTakes : mlir::qopt::impl::FactorTakesBase<FactorTakes> {
  using FactorTakesBase::FactorTakesBase;
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> pending;
    getOperation().walk([&](linalg::GenericOp op) { pending.push_back(op); });
    while (!pending.empty()) {
      linalg::GenericOp op = pending.pop_back_val();
      if (isEligible(op))
        factor(op, pending);
    }
  }

  /// By the dimension that saves most, if any does.
  static void factor(linalg::GenericOp op,
                     SmallVectorImpl<linalg::GenericOp> &created) {
    std::optional<Factoring> best;
    double most = 0;
    for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
      Factoring factoring(op, dim);
      if (!factoring.find() || factoring.getGain() <= most)
        continue;
      most = factoring.getGain();
      best = std::move(factoring);
    }
    if (best)
      best->apply(created);
  }
};
} // namespace
