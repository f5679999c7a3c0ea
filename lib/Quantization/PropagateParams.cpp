//===- PropagateParams.cpp - Values that must share parameters ------------===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_PROPAGATEPARAMS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The smallest type that holds the ranges of both: the first where they are
/// equal.
static quant::UniformQuantizedType unite(quant::UniformQuantizedType a,
                                         quant::UniformQuantizedType b) {
  if (!a || a == b)
    return b;
  // The narrower storage wins: every kernel takes it, and what was cut to fit
  // an accumulator must not grow.
  if (b.getStorageTypeMax() - b.getStorageTypeMin() <
      a.getStorageTypeMax() - a.getStorageTypeMin())
    std::swap(a, b);
  auto low = [](quant::UniformQuantizedType type) {
    return double(type.getStorageTypeMin() - type.getZeroPoint()) *
           type.getScale();
  };
  auto high = [](quant::UniformQuantizedType type) {
    return double(type.getStorageTypeMax() - type.getZeroPoint()) *
           type.getScale();
  };
  std::optional<quantopt::QuantParams> params = quantopt::chooseAsymmetric(
      std::min(low(a), low(b)), std::max(high(a), high(b)),
      a.getStorageTypeMin(), a.getStorageTypeMax());
  if (!params)
    return a;
  return quant::UniformQuantizedType::get(
      a.getFlags(), a.getStorageType(), a.getExpressedType(), params->scale,
      params->zeroPoint, a.getStorageTypeMin(), a.getStorageTypeMax());
}

static bool isMover(Operation *op) {
  return isInteger(op) && getRole(op) == QuantRole::SameScale;
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
        counted.type = unite(counted.type, own);
        counted.names.push_back(observe.getId().str());
      }
  }

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

  /// The observers of `member` that only count.
  static SmallVector<ObserveOp> getCounting(Value member) {
    SmallVector<ObserveOp> observers;
    for (Operation *user : member.getUsers())
      if (auto observe = dyn_cast<ObserveOp>(user);
          observe && !observe.getFinal()) {
        observers.push_back(observe);
        llvm::append_range(observers, getCounting(observe.getResult()));
      }
    return observers;
  }

private:
  /// A type, and the values that it comes from.
  struct Source {
    quant::UniformQuantizedType type;
    bool disagrees = false;
    SmallVector<std::string> names;
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
    return counted;
  }

  /// Of members that are rounded, of roundings that read members, and of
  /// samples.
  Source given, wanted, counted;
  bool hasOtherReaders = false;
};

struct PropagateParams : qopt::impl::PropagateParamsBase<PropagateParams> {
  void runOnOperation() override {
    // One class per set of values that a chain of same-scale operations ties.
    llvm::EquivalenceClasses<void *> classes;
    SmallVector<Value> members;
    auto enter = [&](Value value) {
      void *key = getObserved(value).getAsOpaquePointer();
      if (!classes.contains(key)) {
        classes.insert(key);
        members.push_back(getObserved(value));
      }
      return key;
    };
    getOperation().walk([&](Operation *op) {
      if (!isMover(op))
        return;
      void *result = enter(op->getResult(0));
      for (OpOperand &operand : op->getOpOperands())
        if (isActivation(operand))
          classes.unionSets(result, enter(operand.get()));
    });

    llvm::MapVector<void *, Class> classOf;
    for (Value member : members)
      classOf[*classes.findLeader(member.getAsOpaquePointer())].add(member);
    for (Value member : members)
      if (failed(assign(
              member,
              classOf[*classes.findLeader(member.getAsOpaquePointer())])))
        return signalPassFailure();
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
    SmallVector<ObserveOp> observers = Class::getCounting(member);
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
