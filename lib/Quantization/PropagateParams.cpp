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
  std::optional<quantopt::QuantParams> params = quantopt::chooseAsymmetric(
      std::min(low(a), low(b)), std::max(high(a), high(b)),
      a.getStorageTypeMin(), a.getStorageTypeMax());
  if (!params)
    return a;
  return quant::UniformQuantizedType::get(
      a.getFlags(), a.getStorageType(), a.getExpressedType(), params->scale,
      params->zeroPoint, a.getStorageTypeMin(), a.getStorageTypeMax());
}

namespace {
/// Values that must share parameters.
struct Class {
  quant::UniformQuantizedType type;
  /// The model gave `type`, or several that are not the same.
  bool isFinal = false, disagrees = false;

  /// Of values with parameters of their own.
  SmallVector<std::string> names;

  /// Where the type comes from.
  std::string describe() const {
    return (names.size() > 1 ? "the range of all of " : "shared with ") +
           llvm::join(names, ", ");
  }

  void add(ObserveOp observe) {
    auto own = dyn_cast_or_null<quant::UniformQuantizedType>(
        observe.getType().value_or(quant::QuantizedType()));
    if (!own || (isFinal && !observe.getFinal()))
      return;
    if (observe.getFinal() && !isFinal)
      names.clear();
    names.push_back(observe.getId().str());
    if (!observe.getFinal()) {
      type = unite(type, own);
      return;
    }
    disagrees |= isFinal && type != own;
    isFinal = true;
    type = own;
  }
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
      if (!isInteger(op) || getRole(op) != QuantRole::SameScale)
        return;
      void *result = enter(op->getResult(0));
      for (OpOperand &operand : op->getOpOperands())
        if (isActivation(operand))
          classes.unionSets(result, enter(operand.get()));
    });

    // The class's type, from the members that have one.
    llvm::MapVector<void *, Class> classOf;
    for (Value member : members) {
      void *leader = *classes.findLeader(member.getAsOpaquePointer());
      Class &own = classOf[leader];
      for (Operation *user : member.getUsers())
        if (auto observe = dyn_cast<ObserveOp>(user))
          own.add(observe);
    }
    for (Value member : members)
      if (failed(assign(
              member,
              classOf[*classes.findLeader(member.getAsOpaquePointer())])))
        return signalPassFailure();
  }

  /// Passes `member` through an observer of its class's type.
  LogicalResult assign(Value member, const Class &own) {
    quant::UniformQuantizedType type = own.type;
    if (own.disagrees) {
      // Between values that the model rounds differently, all stays as it is.
      if (Operation *op = member.getDefiningOp();
          isInteger(op) && getRole(op) == QuantRole::SameScale)
        markFloat(op, "the model gives the values that it moves different "
                      "parameters");
      return success();
    }
    if (!type) {
      // Nothing that was calibrated leads here: its operation stays in float.
      if (Operation *op = member.getDefiningOp(); isInteger(op))
        markFloat(op, "no value it moves was calibrated");
      return success();
    }
    for (Operation *user : member.getUsers())
      if (auto observe = dyn_cast<ObserveOp>(user)) {
        if (observe.getFinal() || observe.getType() == type)
          return success();
        if (auto place = observe->getAttrOfType<StringAttr>(
                QOptDialect::getGivenAttrName()))
          return observe.emitOpError("'")
                 << observe.getId() << "' has parameters of its own, given at "
                 << place.getValue() << ", but takes part in " << own.describe()
                 << "; give the same to all values that move into each other";
        observe.setTypeAttr(TypeAttr::get(type));
        explain(observe, [&] { return own.describe(); });
        return success();
      }
    Operation *op = member.getDefiningOp();
    if (!op)
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
    member.replaceAllUsesExcept(observe.getResult(), observe);
    return success();
  }
};
} // namespace
