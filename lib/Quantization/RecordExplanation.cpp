//===- RecordExplanation.cpp - What was decided, before it vanishes -------===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RECORDEXPLANATION
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether an operation on integers computes with `value`.
static bool isReadAsInteger(Value value) {
  return llvm::any_of(getUses(value), [](OpOperand *use) {
    return isInteger(use->getOwner()) && isActivation(*use);
  });
}

/// Where the parameters of `op` come from, as far as that is known.
static std::string getWhy(ObserveOp op) {
  auto why = op->getAttrOfType<StringAttr>(QOptDialect::getWhyAttrName());
  auto place = op->getAttrOfType<StringAttr>(QOptDialect::getGivenAttrName());
  if (!place)
    return why ? why.str() : "";
  return "given at " + place.str() + (why ? ": " + why.str() : "");
}

/// The observer whose parameters `value` has on storage: the one that the model
/// rounds it by, else the one that was calibrated; null where it has none.
static ObserveOp getStored(Value value, bool isInteger) {
  ObserveOp counted;
  for (Operation *user : value.getUsers()) {
    auto observe = dyn_cast<ObserveOp>(user);
    if (!observe)
      continue;
    if (observe.getFinal())
      return observe;
    if (!counted && (isInteger || isReadAsInteger(observe.getResult())))
      counted = observe;
  }
  return counted;
}

/// What the weights of `op`, which computes in float, or the tables that it
/// reads are stored as.
static std::string describeStored(Operation *op) {
  const WeightFormat format = getWeightOnly(op).getFormat();
  const std::string name = stringifyWeightFormat(format).str();
  if (!isInteger(format))
    return name;
  if (getRole(op) != QuantRole::Contraction)
    return name + ", a scale a row";
  for (OpOperand &operand : op->getOpOperands()) {
    Operation *maker = operand.get().getDefiningOp();
    if (auto groups = dyn_cast_or_null<DequantizeGroupsOp>(maker))
      return name + ", groups of " + std::to_string(groups.getGroupSize()) +
             " along dimension " + std::to_string(groups.getAxis());
    if (auto whole = dyn_cast_or_null<DequantizeOp>(maker))
      return name + (isa<quant::UniformQuantizedPerAxisType>(whole.getType())
                         ? ", a scale a channel"
                         : ", one scale");
  }
  return name;
}

namespace {
struct RecordExplanation
    : qopt::impl::RecordExplanationBase<RecordExplanation> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    Builder builder(&getContext());
    SmallVector<Attribute> entries;
    auto record = [&](StringRef name, StringRef op, Location loc, Value value,
                      StringRef state, StringRef reason) {
      NamedAttrList entry;
      entry.set("name", builder.getStringAttr(name));
      entry.set("op", builder.getStringAttr(op));
      entry.set("location", builder.getStringAttr(describeLocation(loc)));
      entry.set("state", builder.getStringAttr(state));
      if (!reason.empty())
        entry.set("reason", builder.getStringAttr(reason));
      if (ObserveOp observe = getStored(value, state == "integer")) {
        if (auto type = dyn_cast_or_null<quant::UniformQuantizedType>(
                observe.getType().value_or(quant::QuantizedType())))
          entry.set("type", TypeAttr::get(type));
        if (std::string why = getWhy(observe); !why.empty())
          entry.set("why", builder.getStringAttr(why));
      }
      // What there is to say of the weights; said once.
      if (Operation *maker = value.getDefiningOp()) {
        std::string weights;
        if (isWeightOnly(maker))
          weights = describeStored(maker);
        if (auto why = dyn_cast_or_null<StringAttr>(
                maker->removeAttr(QOptDialect::getWhyAttrName())))
          weights += (weights.empty() ? "" : "; ") + why.str();
        if (!weights.empty())
          entry.set("weights", builder.getStringAttr(weights));
      }
      entries.push_back(entry.getDictionary(&getContext()));
    };
    StringRef nameAttr = QOptDialect::getNameAttrName();
    for (BlockArgument argument : func.getArguments()) {
      auto name =
          func.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nameAttr);
      if (!name || !isa<FloatType>(getElementTypeOrSelf(argument.getType())))
        continue;
      bool isStored = isReadAsInteger(argument) ||
                      llvm::any_of(argument.getUsers(), getFinalObserver);
      record(name.getValue(), "input", argument.getLoc(), argument,
             isStored ? "integer" : "float",
             isStored ? "" : "no operation on integers reads it");
    }
    for (Operation &op : func.front()) {
      auto name = op.getAttrOfType<StringAttr>(nameAttr);
      if (!name || op.getNumResults() == 0 ||
          (getRole(&op) == QuantRole::None && !isWeightOnly(&op)) ||
          isConstantDerived(op.getResult(0)))
        continue;
      auto reason = op.getAttrOfType<StringAttr>(kFloatAttr);
      StringRef state = isDynamic(&op)      ? "dynamic"
                        : isWeightOnly(&op) ? "weight-only"
                        : isInteger(&op)    ? "integer"
                                            : "float";
      record(name.getValue(), op.getName().getStringRef(), op.getLoc(),
             op.getResult(0), state, reason ? reason.getValue() : "");
    }
    func->setAttr(kExplanationAttr, builder.getArrayAttr(entries));
  }
};
} // namespace
