//===- LayerComparison.cpp - Two forms of a model, value by value ---------===//

#include "quantopt/Comparison/LayerComparison.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// What both have
//===----------------------------------------------------------------------===//

/// The type by which a scalar of a body was stored.
static quant::QuantizedType storedBy(Value value) {
  if (auto quantize = value.getDefiningOp<QuantizeOp>())
    return quantize.getType();
  if (auto requantize = value.getDefiningOp<RequantizeOp>())
    return requantize.getTo();
  return {};
}

/// The type by which `use` reads stored values.
static quant::QuantizedType readBy(OpOperand &use) {
  if (auto dequantize = dyn_cast<DequantizeOp>(use.getOwner()))
    return dequantize.getType();
  if (auto requantize = dyn_cast<RequantizeOp>(use.getOwner()))
    return requantize.getFrom();
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!generic)
    return {};
  BlockArgument argument = generic.getMatchingBlockArgument(&use);
  for (OpOperand &inner : argument.getUses())
    if (isa<DequantizeOp, RequantizeOp>(inner.getOwner()))
      return readBy(inner);
  return {};
}

/// The type of stored values: who makes them says it, or who reads them.
static quant::UniformQuantizedType storedType(Value value) {
  quant::QuantizedType type = storedBy(value);
  if (auto generic = value.getDefiningOp<linalg::GenericOp>();
      !type && generic && generic->getNumResults() == 1)
    type = storedBy(generic.getBody()->getTerminator()->getOperand(0));
  for (OpOperand &use : value.getUses())
    if (!type)
      type = readBy(use);
  return dyn_cast_or_null<quant::UniformQuantizedType>(type);
}

/// By name, the tensors that operations of `func` make.
static llvm::StringMap<Value> collectNames(func::FuncOp func) {
  llvm::StringMap<Value> values;
  for (Operation &op : func.front()) {
    auto name = op.getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (name && op.getNumResults() == 1 &&
        isa<RankedTensorType>(op.getResult(0).getType()))
      values.try_emplace(name.getValue(), op.getResult(0));
  }
  return values;
}

static bool onlyMoves(Value value) {
  auto op = value.getDefiningOp<QuantizableOpInterface>();
  return op && op.getQuantRole() == QuantRole::SameScale;
}

SmallVector<SharedValue> mlir::qopt::matchValues(func::FuncOp real,
                                                 func::FuncOp stored) {
  llvm::StringMap<Value> names = collectNames(real);
  for (BlockArgument argument : real.getArguments())
    if (auto name = real.getArgAttrOfType<StringAttr>(
            argument.getArgNumber(), QOptDialect::getNameAttrName()))
      names.try_emplace(name.getValue(), argument);
  SmallVector<SharedValue> shared;
  for (Operation &op : stored.front()) {
    auto name = op.getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (!name || op.getNumResults() != 1)
      continue;
    Value own = op.getResult(0), other = names.lookup(name.getValue());
    // A sum that nothing rescales is looked at as the real values it becomes.
    if (own.hasOneUse() && getElementTypeOrSelf(own.getType()).isInteger(32))
      if (auto dequantize = dyn_cast<DequantizeOp>(*own.user_begin()))
        own = dequantize.getResult();
    auto type = dyn_cast<RankedTensorType>(own.getType());
    auto otherType = other ? dyn_cast<RankedTensorType>(other.getType())
                           : RankedTensorType();
    if (!type || !otherType || !otherType.getElementType().isF32() ||
        type.getShape() != otherType.getShape() || onlyMoves(other) ||
        isConstantDerived(other) || isConstantDerived(own))
      continue;
    SharedValue value{name.getValue().str(), other, own, {}};
    if (!type.getElementType().isF32()) {
      value.type = storedType(own);
      // Sums that an operation behind them rescales, for instance.
      if (!value.type || type.getElementType().isInteger(32))
        continue;
    }
    shared.push_back(std::move(value));
  }
  return shared;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

namespace {
/// A function that is put together from parts of the two.
class Assembly {
public:
  /// Its arguments are those of the model, then one for each of `given`, which
  /// is that value of the float model.
  Assembly(func::FuncOp real, func::FuncOp stored,
           ArrayRef<SharedValue> given = {})
      : module(ModuleOp::create(real.getLoc())),
        builder(OpBuilder::atBlockEnd(module->getBody())), real(real),
        stored(stored) {
    SmallVector<Type> types(real.getArgumentTypes());
    for (const SharedValue &value : given)
      types.push_back(value.real.getType());
    func = func::FuncOp::create(builder, real.getLoc(), "compare",
                                builder.getFunctionType(types, {}));
    if (ArrayAttr names = real.getAllArgAttrs()) {
      SmallVector<Attribute> attributes(names.getValue());
      attributes.resize(types.size(), builder.getDictionaryAttr({}));
      func.setAllArgAttrs(builder.getArrayAttr(attributes));
    }
    builder.setInsertionPointToEnd(func.addEntryBlock());
    ValueRange arguments = func.getArguments();
    for (auto [index, argument] : llvm::enumerate(real.getArguments())) {
      realMap.map(argument, arguments[index]);
      storedMap.map(stored.getArgument(index), arguments[index]);
    }
    for (auto [value, argument] :
         llvm::zip_equal(given, arguments.drop_front(real.getNumArguments())))
      realMap.map(value.real, argument);
    // The contract of roundings belongs to the integer form.
    if (Attribute numerics = stored->getParentOfType<ModuleOp>()->getAttr(
            QOptDialect::getNumericsAttrName()))
      (*module)->setAttr(QOptDialect::getNumericsAttrName(), numerics);
  }

  void cloneStored() {
    for (Operation &op : stored.front().without_terminator())
      builder.clone(op, storedMap);
  }
  /// Clones the float model; values of `from`, in the float model, come from
  /// the integer form.
  void cloneReal(ArrayRef<SharedValue> from, IRMapping &map) {
    llvm::DenseMap<Value, const SharedValue *> taken;
    for (const SharedValue &value : from)
      taken[value.real] = &value;
    for (BlockArgument argument : real.getArguments())
      if (const SharedValue *value = taken.lookup(argument))
        map.map(argument, toReal(storedMap.lookup(value->stored), *value));
    for (Operation &op : real.front().without_terminator()) {
      builder.clone(op, map);
      for (Value result : op.getResults())
        if (const SharedValue *value = taken.lookup(result))
          map.map(result, toReal(storedMap.lookup(value->stored), *value));
    }
  }

  Value toReal(Value value, const SharedValue &shared) {
    if (!shared.type)
      return value;
    return DequantizeOp::create(builder, value.getLoc(), shared.real.getType(),
                                value, TypeAttr::get(shared.type));
  }
  Value toStored(Value value, const SharedValue &shared) {
    if (!shared.type)
      return value;
    return QuantizeOp::create(builder, value.getLoc(), shared.stored.getType(),
                              value, TypeAttr::get(shared.type),
                              NumericsAttr());
  }

  /// `value` of the integer form computed from shared values that come from the
  /// float model.
  Value cloneAlone(Value value, IRMapping &map,
                   const llvm::DenseMap<Value, const SharedValue *> &shared,
                   Value root);

  OwningOpRef<ModuleOp> finish(ArrayRef<Value> results) {
    func::ReturnOp::create(builder, func.getLoc(), results);
    func.setFunctionType(builder.getFunctionType(
        func.getArgumentTypes(), ValueRange(results).getTypes()));
    return std::move(module);
  }

  OwningOpRef<ModuleOp> module;
  OpBuilder builder;
  func::FuncOp real, stored, func;
  IRMapping realMap, storedMap;
};
} // namespace

Value Assembly::cloneAlone(
    Value value, IRMapping &map,
    const llvm::DenseMap<Value, const SharedValue *> &shared, Value root) {
  if (Value known = map.lookupOrNull(value))
    return known;
  const SharedValue *own = shared.lookup(value);
  if (own && value != root) {
    Value rounded = toStored(realMap.lookup(own->real), *own);
    map.map(value, rounded);
    return rounded;
  }
  Operation *op = value.getDefiningOp();
  assert(op && "arguments are mapped");
  for (Value operand : op->getOperands())
    cloneAlone(operand, map, shared, root);
  llvm::SetVector<Value> captured;
  for (Region &region : op->getRegions())
    getUsedValuesDefinedAbove(region, captured);
  for (Value outside : captured)
    cloneAlone(outside, map, shared, root);
  builder.clone(*op, map);
  return map.lookup(value);
}

OwningOpRef<ModuleOp>
mlir::qopt::buildRealModule(func::FuncOp real, func::FuncOp stored,
                            ArrayRef<SharedValue> shared) {
  Assembly parts(real, stored);
  parts.cloneReal({}, parts.realMap);
  SmallVector<Value> results;
  for (const SharedValue &value : shared)
    results.push_back(parts.realMap.lookup(value.real));
  return parts.finish(results);
}

OwningOpRef<ModuleOp>
mlir::qopt::buildStoredModule(func::FuncOp real, func::FuncOp stored,
                              ArrayRef<SharedValue> shared) {
  Assembly parts(real, stored);
  parts.cloneStored();
  SmallVector<Value> results;
  for (const SharedValue &value : shared)
    results.push_back(
        parts.toReal(parts.storedMap.lookup(value.stored), value));
  return parts.finish(results);
}

OwningOpRef<ModuleOp>
mlir::qopt::buildAloneModule(func::FuncOp real, func::FuncOp stored,
                             ArrayRef<SharedValue> shared) {
  Assembly parts(real, stored, shared);
  llvm::DenseMap<Value, const SharedValue *> byStored;
  for (const SharedValue &value : shared)
    byStored[value.stored] = &value;
  SmallVector<Value> results;
  for (const SharedValue &value : shared) {
    IRMapping alone;
    for (BlockArgument argument : stored.getArguments())
      alone.map(argument, parts.storedMap.lookup(argument));
    results.push_back(parts.toReal(
        parts.cloneAlone(value.stored, alone, byStored, value.stored), value));
  }
  return parts.finish(results);
}

OwningOpRef<ModuleOp>
mlir::qopt::buildHybridModule(func::FuncOp real, func::FuncOp stored,
                              ArrayRef<SharedValue> shared, size_t count) {
  Assembly parts(real, stored);
  parts.cloneReal({}, parts.realMap);
  parts.cloneStored();
  SmallVector<Value> results;
  for (Value result : real.front().getTerminator()->getOperands())
    results.push_back(parts.realMap.lookup(result));
  if (count == shared.size()) {
    for (Value result : stored.front().getTerminator()->getOperands())
      results.push_back(parts.storedMap.lookup(result));
    return parts.finish(results);
  }
  IRMapping hybrid;
  for (auto [index, argument] : llvm::enumerate(parts.func.getArguments()))
    hybrid.map(real.getArgument(index), argument);
  parts.cloneReal(shared.take_front(count), hybrid);
  for (Value result : real.front().getTerminator()->getOperands())
    results.push_back(hybrid.lookup(result));
  return parts.finish(results);
}
