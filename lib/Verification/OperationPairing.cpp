//===- OperationPairing.cpp - Which operation is which after a pass -------===//
//
// A patience diff: what occurs once on both sides, in the same order, divides
// the rest into gaps, where the same is done again. Source: B. Cohen, "Patience
// Diff Advantages", 2010.
//
//===----------------------------------------------------------------------===//

#include "OperationPairing.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"

#include <map>

using namespace mlir;
using namespace mlir::qopt;

static StringAttr getName(Operation *op) {
  return op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
}

namespace {
/// An operation, and what it is equal to.
struct Entry {
  Operation *op;
  unsigned kind;
};

/// Numbers operations so that equal ones have one number.
class Kinds {
public:
  SmallVector<Entry> number(func::FuncOp func) {
    SmallVector<Entry> entries;
    for (Operation &op : func.getBody().front().without_terminator())
      entries.push_back({&op, getKind(&op)});
    return entries;
  }

private:
  static constexpr auto kFlags = OperationEquivalence::IgnoreDiscardableAttrs;

  unsigned getKind(Operation *op) {
    auto hash = size_t(OperationEquivalence::computeHash(
        op, OperationEquivalence::ignoreHashValue,
        OperationEquivalence::ignoreHashValue, kFlags));
    SmallVector<Entry, 1> &known = byHash[hash];
    for (const Entry &entry : known)
      if (isEqual(entry.op, op))
        return entry.kind;
    known.push_back({op, count});
    return count++;
  }
  static bool isEqual(Operation *lhs, Operation *rhs) {
    DenseMap<Value, Value> inside;
    return lhs->getNumOperands() == rhs->getNumOperands() &&
           OperationEquivalence::isEquivalentTo(
               lhs, rhs,
               [&](Value l, Value r) -> LogicalResult {
                 auto it = inside.find(l);
                 return success(it == inside.end() || it->second == r);
               },
               [&](Value l, Value r) { inside[l] = r; }, kFlags);
  }

  std::map<size_t, SmallVector<Entry, 1>> byHash;
  unsigned count = 0;
};

class Pairing {
public:
  explicit Pairing(OperationPairs &pairs) : pairs(pairs) {}

  void run(ArrayRef<Entry> before, ArrayRef<Entry> after) {
    align(before, after);
    // What has moved.
    pairInOrder(before, after);
  }

private:
  void add(const Entry &before, const Entry &after) {
    pairs[after.op] = before.op;
    taken.insert(before.op);
  }

  void align(ArrayRef<Entry> before, ArrayRef<Entry> after) {
    while (!before.empty() && !after.empty() &&
           before.front().kind == after.front().kind) {
      add(before.front(), after.front());
      before = before.drop_front();
      after = after.drop_front();
    }
    while (!before.empty() && !after.empty() &&
           before.back().kind == after.back().kind) {
      add(before.back(), after.back());
      before = before.drop_back();
      after = after.drop_back();
    }
    if (before.empty() || after.empty())
      return;
    SmallVector<std::pair<size_t, size_t>> anchors = getAnchors(before, after);
    if (anchors.empty())
      return pairInOrder(before, after);
    size_t left = 0, right = 0;
    for (auto [l, r] : anchors) {
      add(before[l], after[r]);
      align(before.slice(left, l - left), after.slice(right, r - right));
      left = l + 1;
      right = r + 1;
    }
    align(before.drop_front(left), after.drop_front(right));
  }

  /// The longest sequence, rising on both sides, of what occurs once on both.
  static SmallVector<std::pair<size_t, size_t>>
  getAnchors(ArrayRef<Entry> before, ArrayRef<Entry> after) {
    struct Places {
      unsigned left = 0, right = 0;
      size_t place = 0;
    };
    DenseMap<unsigned, Places> places;
    for (const Entry &entry : before)
      ++places[entry.kind].left;
    for (auto [index, entry] : llvm::enumerate(after)) {
      Places &at = places[entry.kind];
      ++at.right;
      at.place = index;
    }
    SmallVector<std::pair<size_t, size_t>> unique;
    for (auto [index, entry] : llvm::enumerate(before))
      if (const Places &at = places[entry.kind]; at.left == 1 && at.right == 1)
        unique.push_back({index, at.place});
    // ends[n]: the last of the best sequence of n + 1.
    SmallVector<size_t> ends, previous(unique.size(), ~size_t(0));
    for (size_t i = 0; i < unique.size(); ++i) {
      size_t length =
          llvm::partition_point(ends,
                                [&](size_t end) {
                                  return unique[end].second < unique[i].second;
                                }) -
          ends.begin();
      if (length > 0)
        previous[i] = ends[length - 1];
      if (length == ends.size())
        ends.push_back(i);
      else
        ends[length] = i;
    }
    SmallVector<std::pair<size_t, size_t>> anchors;
    if (!ends.empty())
      for (size_t i = ends.back(); i != ~size_t(0); i = previous[i])
        anchors.push_back(unique[i]);
    std::reverse(anchors.begin(), anchors.end());
    return anchors;
  }

  void pairInOrder(ArrayRef<Entry> before, ArrayRef<Entry> after) {
    DenseMap<unsigned, SmallVector<Entry, 1>> left;
    for (const Entry &entry : llvm::reverse(before))
      if (!taken.contains(entry.op))
        left[entry.kind].push_back(entry);
    for (const Entry &entry : after) {
      auto it = left.find(entry.kind);
      if (pairs.contains(entry.op) || it == left.end() || it->second.empty())
        continue;
      add(it->second.pop_back_val(), entry);
    }
  }

  OperationPairs &pairs;
  DenseSet<Operation *> taken;
};
} // namespace

OperationPairs mlir::qopt::pairOperations(func::FuncOp before,
                                          func::FuncOp after) {
  Kinds kinds;
  SmallVector<Entry> left = kinds.number(before), right = kinds.number(after);
  OperationPairs pairs;
  // A name that both have separates equals.
  DenseSet<StringAttr> names;
  for (const Entry &entry : left)
    if (StringAttr name = getName(entry.op))
      names.insert(name);
  DenseMap<std::pair<unsigned, StringAttr>, unsigned> named;
  auto select = [&](ArrayRef<Entry> entries) {
    SmallVector<Entry> selected;
    for (const Entry &entry : entries)
      if (StringAttr name = getName(entry.op); name && names.contains(name))
        selected.push_back(
            {entry.op, named.try_emplace({entry.kind, name}, named.size())
                           .first->second});
    return selected;
  };
  Pairing(pairs).run(select(left), select(right));
  DenseSet<Operation *> taken;
  for (auto [op, old] : pairs)
    taken.insert(old);
  auto isOpen = [&](Operation *op) {
    return !pairs.contains(op) && !taken.contains(op);
  };
  llvm::erase_if(left, [&](const Entry &entry) { return !isOpen(entry.op); });
  llvm::erase_if(right, [&](const Entry &entry) { return !isOpen(entry.op); });
  Pairing(pairs).run(left, right);
  return pairs;
}

OperationPairs mlir::qopt::pairReplacements(func::FuncOp before,
                                            func::FuncOp after,
                                            const OperationPairs &pairs) {
  DenseSet<Operation *> alive;
  for (auto [op, old] : pairs)
    alive.insert(old);
  using Place = std::pair<Attribute, Type>;
  using Places = llvm::MapVector<Place, SmallVector<Operation *, 1>>;
  OperationPairs replacements;
  DenseSet<Operation *> replaced;
  for (bool byName : {true, false}) {
    auto collect = [&](func::FuncOp func, auto isTaken) {
      Places places;
      for (Operation &op : func.getBody().front().without_terminator()) {
        if (isTaken(&op) || op.getNumResults() != 1 ||
            op.hasTrait<OpTrait::ConstantLike>() || isa<tensor::EmptyOp>(op))
          continue;
        Attribute key = getName(&op);
        if (!byName)
          key = isa<UnknownLoc>(op.getLoc()) ? Attribute()
                                             : LocationAttr(op.getLoc());
        if (key)
          places[{key, op.getResult(0).getType()}].push_back(&op);
      }
      return places;
    };
    Places gone = collect(before, [&](Operation *op) {
      return alive.contains(op) || replaced.contains(op);
    });
    Places made = collect(after, [&](Operation *op) {
      return pairs.contains(op) || replacements.contains(op);
    });
    for (auto &[place, ops] : made) {
      auto it = gone.find(place);
      if (it == gone.end())
        continue;
      for (auto [old, op] :
           llvm::zip(llvm::reverse(it->second), llvm::reverse(ops))) {
        replacements[op] = old;
        replaced.insert(old);
      }
    }
  }
  return replacements;
}
