//===- RewriteMatching.cpp - What a pass has rewritten --------------------===//

#include "RewriteMatching.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::qopt;

/// Calibration looks at values and does not change them.
static bool isIdentity(Operation *op) {
  auto observe = dyn_cast<ObserveOp>(op);
  return observe && !observe.getFinal();
}

/// Whether the results follow from the operands: what counts values counts the
/// same ones in both programs.
static bool isNumbered(Operation *op) {
  return isPure(op) || isa<ObserveOp, ObserveMeansOp>(op);
}

static constexpr auto kFlags = OperationEquivalence::IgnoreLocations |
                               OperationEquivalence::IgnoreDiscardableAttrs;

RewriteMatching::RewriteMatching(func::FuncOp before, func::FuncOp after,
                                 const OperationPairs &survivors,
                                 const OperationPairs &replacements,
                                 const DenseSet<Operation *> &ignored)
    : before(before), after(after), survivors(survivors),
      replacements(replacements), ignored(ignored) {
  numberBefore();
  numberAfter();
}

/// What `op` reads: operands, and what its regions take from outside.
SmallVector<Value> RewriteMatching::getOperands(Operation *op) const {
  SmallVector<Value> operands(op->getOperands());
  if (op->getNumRegions()) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    llvm::append_range(operands, captured);
  }
  return operands;
}

void RewriteMatching::addValue(Value value, Number number, bool isConstant) {
  numbers[value] = number;
  if (isConstant)
    constants.insert(value);
}

llvm::hash_code RewriteMatching::hash(Operation *op) const {
  return OperationEquivalence::computeHash(
      op, [&](Value value) { return llvm::hash_code(numbers.lookup(value)); },
      OperationEquivalence::ignoreHashValue, kFlags);
}

/// Whether both do the same with operands of the same numbers.
bool RewriteMatching::computeSame(Operation *lhs, Operation *rhs) const {
  DenseMap<Value, Value> inside;
  return OperationEquivalence::isEquivalentTo(
      lhs, rhs,
      [&](Value l, Value r) -> LogicalResult {
        if (auto it = inside.find(l); it != inside.end())
          return success(it->second == r);
        auto left = numbers.find(l), right = numbers.find(r);
        return success(left != numbers.end() && right != numbers.end() &&
                       left->second == right->second);
      },
      [&](Value l, Value r) { inside[l] = r; }, kFlags);
}

/// Whether `op` is `old` but for its operands, and takes the same values into
/// its regions.
bool RewriteMatching::isInPlace(Operation *old, Operation *op) const {
  if (old->getNumOperands() != op->getNumOperands())
    return false;
  DenseMap<Value, Value> inside;
  if (!OperationEquivalence::isEquivalentTo(
          old, op,
          [&](Value l, Value r) -> LogicalResult {
            if (auto it = inside.find(l); it != inside.end())
              return success(it->second == r);
            return success(numbers.contains(l) && numbers.contains(r));
          },
          [&](Value l, Value r) { inside[l] = r; }, kFlags))
    return false;
  SmallVector<Value> left = getOperands(old), right = getOperands(op);
  if (left.size() != right.size())
    return false;
  for (unsigned i = op->getNumOperands(); i < left.size(); ++i)
    if (numbers.lookup(left[i]) != numbers.lookup(right[i]))
      return false;
  return true;
}

/// Whether an operation reads `op` where it read `old` before. Where none does,
/// `op` may be a new one that only looks like `old`: of two operations that
/// changed places, say.
bool RewriteMatching::isReadInPlace(Operation *old, Operation *op) {
  if (!isPure(op))
    return true;
  for (OpOperand &use : op->getUses()) {
    Operation *user = use.getOwner();
    Operation *oldUser = user->hasTrait<OpTrait::IsTerminator>()
                             ? before.getBody().front().getTerminator()
                             : survivors.lookup(user);
    if (user->getBlock() != op->getBlock() || !oldUser)
      continue;
    Value was = oldUser->getOperand(use.getOperandNumber());
    unsigned index = cast<OpResult>(use.get()).getResultNumber();
    if (numbers.lookup(was) == numbers.lookup(old->getResult(index)))
      return true;
  }
  return false;
}

Operation *RewriteMatching::find(Operation *op) const {
  auto [begin, end] = known.equal_range(size_t(hash(op)));
  for (auto it = begin; it != end; ++it)
    if (computeSame(it->second, op))
      return it->second;
  return nullptr;
}

/// Numbers the results of `op`: as those of `same`, or new ones.
void RewriteMatching::assign(Operation *op, Operation *same) {
  bool isConstant =
      isPure(op) && llvm::all_of(getOperands(op), [&](Value value) {
        return constants.contains(value);
      });
  for (OpResult result : op->getResults()) {
    if (same) {
      addValue(result,
               numbers.lookup(same->getResult(result.getResultNumber())),
               isConstant);
      continue;
    }
    addValue(result, values.size(), isConstant);
    values.push_back({});
  }
}

void RewriteMatching::numberBefore() {
  for (BlockArgument argument : before.getArguments()) {
    addValue(argument, values.size(), /*isConstant=*/false);
    values.push_back(argument);
  }
  unsigned position = 0;
  for (Operation &op : before.getBody().front()) {
    positions[&op] = ++position;
    if (isIdentity(&op)) {
      addValue(op.getResult(0), numbers.lookup(op.getOperand(0)), false);
      continue;
    }
    Operation *same = isNumbered(&op) ? find(&op) : nullptr;
    assign(&op, same);
    if (same)
      continue;
    for (Value result : op.getResults())
      values[numbers.lookup(result)] = result;
    known.insert({size_t(hash(&op)), &op});
  }
}

void RewriteMatching::numberAfter() {
  for (auto [index, argument] : llvm::enumerate(after.getArguments())) {
    addValue(argument, index, /*isConstant=*/false);
    common.insert(index);
  }
  DenseMap<std::pair<Value, Value>, size_t> claimOf;
  auto addClaim = [&](Value left, Value right, Operation *claimant,
                      bool isGuess) {
    auto [it, isNew] = claimOf.try_emplace({left, right}, claims.size());
    if (isNew)
      claims.push_back({left, right, {}, /*isGuess=*/true});
    Claim &claim = claims[it->second];
    claim.claimants.push_back(claimant);
    claim.isGuess &= isGuess;
  };
  for (Operation &op : after.getBody().front()) {
    if (isIdentity(&op)) {
      addValue(op.getResult(0), numbers.lookup(op.getOperand(0)), false);
      continue;
    }
    Operation *same = isNumbered(&op) ? find(&op) : nullptr;
    bool isEnd = op.hasTrait<OpTrait::IsTerminator>();
    Operation *old = isEnd ? before.getBody().front().getTerminator()
                           : survivors.lookup(&op);
    bool matters = isEnd || !op.use_empty() || !isPure(&op);
    if (!same && old && matters && !ignored.contains(&op) &&
        isInPlace(old, &op)) {
      bool isGuess = !isEnd && !isReadInPlace(old, &op);
      for (auto [left, right] :
           llvm::zip_equal(old->getOperands(), op.getOperands()))
        if (numbers.lookup(left) != numbers.lookup(right))
          addClaim(left, right, &op, isGuess);
      same = old;
    }
    if (Operation *place = same ? nullptr : replacements.lookup(&op);
        place && !ignored.contains(&op)) {
      addClaim(place->getResult(0), op.getResult(0), &op, /*isGuess=*/true);
      same = place;
    }
    assign(&op, same);
    for (Value result : op.getResults())
      common.insert(numbers.lookup(result));
  }
}

//===----------------------------------------------------------------------===//
// Cutting out
//===----------------------------------------------------------------------===//

/// The operations that compute `roots`, up to values that are inputs. A root
/// that is an input needs none.
RewriteMatching::Cone
RewriteMatching::getCone(ArrayRef<Value> roots,
                         function_ref<bool(Value)> isInput) const {
  Cone cone;
  SmallVector<Value> worklist(roots);
  DenseSet<Value> seen;
  SmallVector<Operation *> ops;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    Operation *op = value.getDefiningOp();
    if (!op || (!constants.contains(value) && isInput(value))) {
      cone.inputs.insert(value);
      continue;
    }
    if (!cone.ops.insert(op))
      continue;
    llvm::append_range(worklist, getOperands(op));
  }
  // In program order.
  SmallVector<Operation *> sorted(cone.ops.begin(), cone.ops.end());
  llvm::sort(sorted, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  cone.ops.clear();
  cone.ops.insert(sorted.begin(), sorted.end());
  return cone;
}

/// Inputs must not depend on each other: takes out those that are computed from
/// others, which compute them instead. All are values of `before`.
void RewriteMatching::removeDependent(llvm::SetVector<Value> &inputs) const {
  for (bool changed = true; changed;) {
    changed = false;
    unsigned first = ~0u;
    for (Value input : inputs)
      first = std::min(first, input.getDefiningOp()
                                  ? positions.lookup(input.getDefiningOp())
                                  : 0);
    for (Value input : SmallVector<Value>(inputs.begin(), inputs.end())) {
      Operation *op = input.getDefiningOp();
      if (!op)
        continue;
      bool depends = false;
      DenseSet<Value> seen;
      SmallVector<Value> worklist = getOperands(op);
      llvm::SetVector<Value> frontier;
      while (!worklist.empty()) {
        Value value = worklist.pop_back_val();
        if (constants.contains(value) || !seen.insert(value).second)
          continue;
        if (value != input && inputs.contains(value)) {
          depends = true;
          continue;
        }
        Operation *inner = value.getDefiningOp();
        if (!inner || positions.lookup(inner) < first) {
          frontier.insert(value);
          continue;
        }
        llvm::append_range(worklist, getOperands(inner));
      }
      if (!depends)
        continue;
      inputs.remove(input);
      inputs.insert(frontier.begin(), frontier.end());
      changed = true;
      break;
    }
  }
}

/// Whether values of `type` do not take all values of the stored integer.
static bool isRestricted(quant::QuantizedType type) {
  return type && type.hasStorageTypeBounds();
}

/// Whether `value` has so few patterns that all are tried. Where it is read as
/// a type that leaves out some, what computes it says which.
static bool isNarrow(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  if (quantized)
    element = quantized.getStorageType();
  return element.isInteger() && element.getIntOrFloatBitWidth() <= 8 &&
         !isRestricted(quantized) &&
         llvm::none_of(value.getUsers(), [](Operation *user) {
           auto dequantize = dyn_cast<DequantizeOp>(user);
           auto requantize = dyn_cast<RequantizeOp>(user);
           return (dequantize && isRestricted(dequantize.getType())) ||
                  (requantize && isRestricted(requantize.getFrom()));
         });
}

/// Moves inputs back by one operation.
void RewriteMatching::grow(llvm::SetVector<Value> &inputs,
                           bool onlyDequantize) const {
  for (Value input : SmallVector<Value>(inputs.begin(), inputs.end())) {
    Operation *op = input.getDefiningOp();
    if (!op || isNarrow(input) || !isPure(op))
      continue;
    if (onlyDequantize && !isa<DequantizeOp, quant::DequantizeCastOp>(op))
      continue;
    inputs.remove(input);
    for (Value operand : getOperands(op))
      if (!constants.contains(operand))
        inputs.insert(values[numbers.lookup(operand)]);
  }
  removeDependent(inputs);
}

/// Clones functions that `op` calls into `module`.
static void cloneCallees(Operation *op, ModuleOp module) {
  op->walk([&](func::CallOp call) {
    auto callee = dyn_cast_or_null<func::FuncOp>(
        SymbolTable::lookupNearestSymbolFrom(call, call.getCalleeAttr()));
    if (!callee || module.lookupSymbol(callee.getSymName()))
      return;
    module.push_back(callee.clone());
    cloneCallees(callee, module);
  });
}

bool RewriteMatching::isCommon(Value value) const {
  auto it = numbers.find(value);
  return it != numbers.end() && values[it->second] &&
         common.contains(it->second);
}

/// Both cones begin at values that both functions have. Where the claim has
/// given its two sides one number, that one is none of them.
RewriteMatching::Cone RewriteMatching::getBeforeCone(const Claim &claim) const {
  Number before = numbers.lookup(claim.before);
  bool isJoined = before == numbers.lookup(claim.after);
  return getCone(claim.before, [&](Value value) {
    return isCommon(value) && !(isJoined && numbers.lookup(value) == before);
  });
}

RewriteMatching::Cone RewriteMatching::getAfterCone(const Claim &claim) const {
  Number before = numbers.lookup(claim.before);
  bool isJoined = before == numbers.lookup(claim.after);
  return getCone(claim.after, [&](Value value) {
    return isCommon(value) && !(isJoined && numbers.lookup(value) == before);
  });
}

RewriteSlice RewriteMatching::extract(const Claim &claim, unsigned growth) {
  Cone old = getBeforeCone(claim), rewritten = getAfterCone(claim);
  llvm::SetVector<Value> shared, inputs;
  for (Value value : llvm::concat<const Value>(old.inputs, rewritten.inputs))
    if (Value in = values[numbers.lookup(value)])
      shared.insert(in);
  inputs = shared;
  removeDependent(inputs);
  grow(inputs, /*onlyDequantize=*/true);
  llvm::SetVector<Value> nearest = inputs;
  for (unsigned step = 0; step < growth; ++step)
    grow(inputs, /*onlyDequantize=*/false);

  // Both sides begin with what computes the shared values from the inputs.
  auto isInput = [&](Value value) {
    auto it = numbers.find(value);
    return it != numbers.end() && values[it->second] &&
           inputs.contains(values[it->second]);
  };
  SmallVector<Value> roots(shared.begin(), shared.end());
  Cone prefix = getCone(roots, isInput);
  Cone first = getCone(claim.before, isInput);

  MLIRContext *context = before.getContext();
  Location loc = before.getLoc();
  RewriteSlice slice;
  slice.module = ModuleOp::create(loc);
  for (auto module = before->getParentOfType<ModuleOp>(); module;
       module = module->getParentOfType<ModuleOp>())
    if (Attribute numerics =
            module->getAttr(QOptDialect::getNumericsAttrName())) {
      (*slice.module)->setAttr(QOptDialect::getNumericsAttrName(), numerics);
      break;
    }
  SmallVector<Type> types;
  for (Value input : inputs) {
    types.push_back(input.getType());
    Operation *op = input.getDefiningOp();
    slice.canGrow |= op && !isNarrow(input) && isPure(op);
  }
  auto build = [&](StringRef name, const Cone &cone, const Cone *more,
                   ArrayRef<Value> outputs) {
    auto func = func::FuncOp::create(
        loc, name,
        FunctionType::get(context, types, TypeRange(ValueRange(outputs))));
    Block *body = func.addEntryBlock();
    OpBuilder builder = OpBuilder::atBlockEnd(body);
    DenseMap<Number, Value> made;
    for (auto [input, argument] : llvm::zip_equal(inputs, body->getArguments()))
      made[numbers.lookup(input)] = argument;
    IRMapping mapping;
    auto clone = [&](const Cone &part, bool isAfter) {
      for (Operation *op : part.ops) {
        for (Value operand : getOperands(op))
          if (!mapping.contains(operand))
            if (Value value = made.lookup(numbers.lookup(operand)))
              mapping.map(operand, value);
        Operation *copy = builder.clone(*op, mapping);
        cloneCallees(op, *slice.module);
        for (auto [from, to] :
             llvm::zip_equal(op->getResults(), copy->getResults()))
          // The rewritten side of the claim has the number of the other side.
          if (!isAfter || from != claim.after)
            made.try_emplace(numbers.lookup(from), to);
      }
    };
    clone(cone, /*isAfter=*/false);
    if (more)
      clone(*more, /*isAfter=*/true);
    SmallVector<Value> results;
    for (Value output : outputs) {
      Value result = mapping.lookupOrNull(output);
      results.push_back(result ? result : made.lookup(numbers.lookup(output)));
    }
    func::ReturnOp::create(builder, loc, results);
    slice.module->push_back(func);
    return func;
  };
  slice.before = build("before", first, nullptr, claim.before);
  slice.after = build("after", prefix, &rewritten, claim.after);
  if (growth > 0) {
    SmallVector<Value> ends(nearest.begin(), nearest.end());
    slice.reach = build("reach", getCone(ends, isInput), nullptr, ends);
  }
  return slice;
}

SmallVector<Operation *>
RewriteMatching::getRewritten(const Claim &claim) const {
  return getAfterCone(claim).ops.takeVector();
}

SmallVector<Operation *>
RewriteMatching::getReplaced(const Claim &claim) const {
  return getBeforeCone(claim).ops.takeVector();
}
