//===- PropagateParams.cpp - Values that must share parameters ------------===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/Config.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace mlir::qopt {
#define GEN_PASS_DEF_PROPAGATEPARAMS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

PropagateParamsOptions
mlir::qopt::getPropagateOptions(const quantopt::Config &config) {
  PropagateParamsOptions options;
  options.maxLoss = config.maxLoss;
  return options;
}

/// The smallest type that holds the ranges of both: the first where they are
/// equal.
static quant::UniformQuantizedType unite(quant::UniformQuantizedType a,
                                         quant::UniformQuantizedType b) {
  if (!a || a == b)
    return b;
  // The narrower storage wins: every kernel takes it.
  if (b.getStorageTypeIntegralWidth() < a.getStorageTypeIntegralWidth())
    std::swap(a, b);
  auto low = [](quant::UniformQuantizedType type) {
    return double(type.getStorageTypeMin() - type.getZeroPoint()) *
           type.getScale();
  };
  auto high = [](quant::UniformQuantizedType type) {
    return double(type.getStorageTypeMax() - type.getZeroPoint()) *
           type.getScale();
  };
  // Two of 16 bits stay without a zero point: no kernel wants one there.
  if (a.getStorageTypeIntegralWidth() == 16 &&
      b.getStorageTypeIntegralWidth() == 16 && a.getZeroPoint() == 0 &&
      b.getZeroPoint() == 0) {
    const double reach = std::max({-low(a), -low(b), high(a), high(b)});
    const int64_t steps =
        std::max({-a.getStorageTypeMin(), -b.getStorageTypeMin(),
                  a.getStorageTypeMax(), b.getStorageTypeMax()});
    return quant::UniformQuantizedType::get(
        a.getFlags(), a.getStorageType(), a.getExpressedType(),
        float(reach / double(steps)), 0,
        std::min(a.getStorageTypeMin(), b.getStorageTypeMin()),
        std::max(a.getStorageTypeMax(), b.getStorageTypeMax()));
  }
  std::optional<quantopt::QuantParams> params = quantopt::chooseAsymmetric(
      std::min(low(a), low(b)), std::max(high(a), high(b)),
      a.getStorageTypeMin(), a.getStorageTypeMax());
  if (!params)
    return a;
  return quant::UniformQuantizedType::get(
      a.getFlags(), a.getStorageType(), a.getExpressedType(), params->scale,
      params->zeroPoint, a.getStorageTypeMin(), a.getStorageTypeMax());
}

/// The operands whose values `op` moves.
static SmallVector<OpOperand *> getMoved(Operation *op) {
  SmallVector<OpOperand *> moved;
  for (OpOperand &operand : op->getOpOperands())
    if (isActivation(operand))
      moved.push_back(&operand);
  return moved;
}

namespace {
/// Values that must share parameters.
class Class {
public:
  void add(Value member) {
    if (ObserveOp final = getFinalObserver(member.getDefiningOp()))
      note(given, final);
    bool moves = isMover(member.getDefiningOp());
    for (OpOperand *use : getUses(member)) {
      Operation *user = use->getOwner();
      // What computes a value can round it for each reader; what moves it
      // can't.
      if (ObserveOp final = getFinalObserver(user)) {
        if (moves)
          note(wanted, final);
      } else if (!isMover(user)) {
        hasOtherReaders = true;
      }
    }
    for (ObserveOp observe : getCounting(member))
      if (quant::UniformQuantizedType own = getType(observe)) {
        Source &source = observe->hasAttr(QOptDialect::getNoRangeAttrName())
                             ? rangeless
                             : counted;
        source.type = unite(source.type, own);
        source.names.push_back(observe.getId().str());
      }
  }

  /// Lets the range of the values hold that of `part`, too.
  void cover(const Class &part) {
    if (part.counted.type)
      counted.type = unite(counted.type, part.counted.type);
    llvm::append_range(counted.names, part.counted.names);
  }

  /// Whether the type comes from samples alone.
  bool isCounted() const {
    return given.names.empty() && wanted.names.empty() && counted.type;
  }

  /// Whether something else than movements reads the values.
  bool isRead() const { return hasOtherReaders; }

  /// What the model gave the values, else what it gives all moved ones, else
  /// the union of their ranges. Null where the model gives several that differ,
  /// and where nothing is known.
  quant::UniformQuantizedType getType() const { return choose().type; }

  /// Whether the model gives types that differ.
  bool disagrees() const { return choose().disagrees; }

  /// Where the type comes from.
  std::string describe() const {
    const Source &source = choose();
    return (source.names.size() > 1 ? "the range of all of " : "shared with ") +
           llvm::join(source.names, ", ");
  }

private:
  /// A type, and the values that it comes from.
  struct Source {
    quant::UniformQuantizedType type;
    bool disagrees = false;
    std::vector<std::string> names;
  };

  static quant::UniformQuantizedType getType(ObserveOp op) {
    return dyn_cast_or_null<quant::UniformQuantizedType>(
        op.getType().value_or(quant::QuantizedType()));
  }

  static void note(Source &source, ObserveOp final) {
    quant::UniformQuantizedType own = getType(final);
    source.disagrees |= !source.names.empty() && source.type != own;
    source.type = source.disagrees ? quant::UniformQuantizedType() : own;
    source.names.push_back(final.getId().str());
  }

  const Source &choose() const {
    if (!given.names.empty())
      return given;
    // Another reader has its values from the samples, not in the range of one
    // that clips.
    if (!wanted.names.empty() && (!hasOtherReaders || !counted.type))
      return wanted;
    return counted.type ? counted : rangeless;
  }

  /// Of members that are rounded, of roundings that read members, of samples,
  /// and of members that samples tell no range of.
  Source given, wanted, counted, rangeless;
  bool hasOtherReaders = false;
};

/// Values, and which of them share parameters.
class Classes {
public:
  void *enter(Value value) {
    void *key = getObserved(value).getAsOpaquePointer();
    if (!leaders.contains(key)) {
      leaders.insert(key);
      members.push_back(getObserved(value));
    }
    return key;
  }

  /// Takes up what an operation moves, and from where.
  void enter(Value result, Value operand, bool isTied) {
    void *to = enter(result), *from = enter(operand);
    if (isTied)
      leaders.unionSets(to, from);
  }

  /// Reads what is known of the members, once all are there.
  void describe() {
    for (Value member : members)
      of(member).add(member);
  }

  /// The class of a value; a reference holds once all are described.
  Class &of(Value value) {
    return classes[*leaders.findLeader(
        getObserved(value).getAsOpaquePointer())];
  }

  ArrayRef<Value> getMembers() const { return members; }

private:
  llvm::EquivalenceClasses<void *> leaders;
  SmallVector<Value> members;
  llvm::MapVector<void *, Class> classes;
};

/// An operand that is rounded once more where it is joined with others, so that
/// its other readers have its own parameters.
struct Kept {
  OpOperand *operand;
  Class part;
  std::string why;
};

struct PropagateParams : qopt::impl::PropagateParamsBase<PropagateParams> {
  using PropagateParamsBase::PropagateParamsBase;

  void runOnOperation() override {
    // One class per set of values that a chain of same-scale operations ties.
    SmallVector<Operation *> movers;
    getOperation().walk([&](Operation *op) {
      if (isMover(op))
        movers.push_back(op);
    });
    SmallVector<Kept> kept = findKept(movers);
    llvm::SmallPtrSet<OpOperand *, 8> cut;
    for (const Kept &own : kept)
      cut.insert(own.operand);

    Classes classes;
    for (Operation *op : movers) {
      classes.enter(op->getResult(0));
      for (OpOperand *operand : getMoved(op))
        classes.enter(op->getResult(0), operand->get(), !cut.contains(operand));
    }
    classes.describe();
    for (const Kept &own : kept) {
      Class &joint = classes.of(own.operand->getOwner()->getResult(0));
      // Other ways may tie them after all.
      if (&joint == &classes.of(own.operand->get()))
        continue;
      joint.cover(own.part);
      for (ObserveOp observe : getCounting(getObserved(own.operand->get())))
        explain(observe, [&] { return own.why; });
    }

    for (Value member : classes.getMembers())
      if (failed(assign(member, classes.of(member))))
        return signalPassFailure();
  }

  /// Operands of operations that join several values, whose other readers would
  /// lose more than `max-loss` by the range of all.
  SmallVector<Kept> findKept(ArrayRef<Operation *> movers) {
    Classes all, parts;
    for (Operation *op : movers) {
      SmallVector<OpOperand *> moved = getMoved(op);
      for (OpOperand *operand : moved) {
        all.enter(op->getResult(0), operand->get(), /*isTied=*/true);
        parts.enter(op->getResult(0), operand->get(), moved.size() == 1);
      }
    }
    all.describe();
    parts.describe();
    SmallVector<Kept> kept;
    // In the order of the program what is joined is known before the joint is.
    for (Operation *op : movers) {
      SmallVector<OpOperand *> moved = getMoved(op);
      Class &joint = parts.of(op->getResult(0));
      const Class &whole = all.of(op->getResult(0));
      for (OpOperand *operand : moved) {
        const Class &part = parts.of(operand->get());
        if (&part == &joint || !part.isCounted())
          continue;
        joint.cover(part);
        quant::UniformQuantizedType own = part.getType(),
                                    type = whole.getType();
        if (!whole.isCounted() || !part.isRead() ||
            own.getStorageType() != type.getStorageType() ||
            own.isSigned() != type.isSigned())
          continue;
        // The noise of rounding goes with the square of the step.
        const double loss = 20 * std::log10(type.getScale() / own.getScale());
        if (loss > maxLoss)
          kept.push_back({operand, part,
                          "of its own: " + whole.describe() + " would cost " +
                              llvm::formatv("{0:F1}", loss).str() + " dB"});
      }
    }
    return kept;
  }

  /// Passes `member` through observers of its class's type.
  LogicalResult assign(Value member, const Class &own) {
    quant::UniformQuantizedType type = own.getType();
    Operation *op = member.getDefiningOp();
    if (!type) {
      if (isMover(op))
        markFloat(op,
                  own.disagrees()
                      ? "the model gives the values that it moves different "
                        "parameters"
                      : "no value it moves was calibrated");
      return success();
    }
    SmallVector<ObserveOp> observers = getCounting(member);
    for (ObserveOp observe : observers)
      if (observe.getType() != type) {
        if (auto place = observe->getAttrOfType<StringAttr>(
                QOptDialect::getGivenAttrName()))
          return observe.emitOpError("'")
                 << observe.getId() << "' has parameters of its own, given at "
                 << place.getValue() << ", but takes part in " << own.describe()
                 << "; give the same to all values that move into each other";
        observe.setTypeAttr(TypeAttr::get(type));
        explain(observe, [&] { return own.describe(); });
      }
    if (!op || !observers.empty() || getFinalObserver(op))
      return success();
    // The model's own rounding is one where all read it through that.
    if (llvm::all_of(member.getUsers(), [&](Operation *user) {
          ObserveOp final = getFinalObserver(user);
          return final && final.getType() == type;
        }))
      return success();
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (!name)
      return op->emitOpError("has no name; run qopt-assign-names first");
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(op);
    auto observe = ObserveOp::create(builder, op->getLoc(), member.getType(),
                                     member, name, TypeAttr::get(type),
                                     /*final=*/false);
    explain(observe, [&] { return own.describe(); });
    member.replaceUsesWithIf(observe.getResult(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      return user != observe && (isMover(op) || !getFinalObserver(user));
    });
    return success();
  }
};
} // namespace
