//===- Footprint.cpp - What an element of a result depends on -------------===//

#include "Footprint.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
class FootprintAnalysis {
public:
  explicit FootprintAnalysis(func::FuncOp func) : func(func) {}
  FunctionFootprint run();

private:
  Footprint visit(Operation *op);
  Footprint visitLinalg(linalg::LinalgOp op);
  Footprint unite(Operation *op, bool isPointwise);
  void addTypes(Operation *op);
  void vary(quant::QuantizedType type);
  void varyEverywhere() { all.varying.set(); }
  bool isConstant(Value value) { return values[value].arguments.none(); }

  func::FuncOp func;
  FunctionFootprint all;
  DenseMap<Value, Footprint> values;
  DenseMap<Value, unsigned> roundings;
};
} // namespace

static double countElements(Type type) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  return shaped && shaped.hasStaticShape() ? double(shaped.getNumElements())
                                           : 1.0;
}

/// Whether all elements of a constant are the same.
static bool isSplat(Value value) {
  if (!isa<ShapedType>(value.getType()))
    return true;
  Attribute attribute;
  if (matchPattern(value, m_Constant(&attribute)))
    if (auto elements = dyn_cast<ElementsAttr>(attribute))
      return elements.isSplat();
  return value.getDefiningOp<linalg::FillOp>() ||
         value.getDefiningOp<tensor::EmptyOp>();
}

void FootprintAnalysis::vary(quant::QuantizedType type) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (perAxis && unsigned(perAxis.getQuantizedDimension()) < all.varying.size())
    all.varying.set(perAxis.getQuantizedDimension());
}

void FootprintAnalysis::addTypes(Operation *op) {
  auto add = [&](Type type) {
    auto quantized = dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(type));
    if (!quantized || isa<quant::AnyQuantizedType>(quantized))
      return;
    if (!llvm::is_contained(all.types, quantized))
      all.types.push_back(quantized);
    vary(quantized);
  };
  op->walk([&](Operation *inner) {
    for (NamedAttribute attribute : inner->getAttrs())
      if (auto type = dyn_cast<TypeAttr>(attribute.getValue()))
        add(type.getValue());
    for (Type type : inner->getResultTypes())
      add(type);
  });
}

/// The union of what the operands depend on.
Footprint FootprintAnalysis::unite(Operation *op, bool isPointwise) {
  Footprint result;
  result.isPointwise = isPointwise;
  result.arguments.resize(func.getNumArguments());
  for (Value operand : op->getOperands()) {
    const Footprint &part = values[operand];
    result.isPointwise &= part.isPointwise;
    result.arguments |= part.arguments;
    result.elements += part.elements;
    if (isPointwise && part.arguments.none() && !isSplat(operand))
      varyEverywhere();
  }
  if (result.isPointwise)
    result.elements = result.arguments.count();
  return result;
}

Footprint FootprintAnalysis::visitLinalg(linalg::LinalgOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  double iterations = 1, terms = 1;
  for (auto [range, kind] : llvm::zip(ranges, op.getIteratorTypesArray())) {
    iterations *= double(range);
    if (kind != utils::IteratorType::parallel)
      terms *= double(range);
  }
  unsigned bodySize = 0;
  bool hasIndex = false;
  op->walk([&](Operation *inner) {
    ++bodySize;
    hasIndex |= isa<linalg::IndexOp>(inner);
  });
  all.cost += iterations * (bodySize + op->getNumOperands());
  Type element = getElementTypeOrSelf(op.getDpsInitOperand(0)->get());
  ReductionKind kind = classifyReduction(op);
  all.addsFloats |= op.getNumReductionLoops() && isa<FloatType>(element) &&
                    kind != ReductionKind::Max && kind != ReductionKind::Min;

  AffineMap output = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Footprint result;
  result.arguments.resize(func.getNumArguments());
  result.isPointwise = op.getNumReductionLoops() == 0 && output.isIdentity();
  if (hasIndex)
    varyEverywhere();
  for (OpOperand &operand : op->getOpOperands()) {
    if (!op.payloadUsesValueFromOperand(&operand))
      continue;
    const Footprint &part = values[operand.get()];
    AffineMap map = op.getMatchingIndexingMap(&operand);
    result.arguments |= part.arguments;
    result.elements += part.elements * terms;
    if (part.arguments.any()) {
      result.isPointwise &= part.isPointwise && map == output;
      continue;
    }
    if (isSplat(operand.get()))
      continue;
    for (AffineExpr expr : map.getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr);
          dim && dim.getPosition() < all.varying.size())
        all.varying.set(dim.getPosition());
  }
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured) {
    result.arguments |= values[value].arguments;
    result.elements += values[value].elements * terms;
    result.isPointwise &= values[value].arguments.none();
  }
  if (result.isPointwise)
    result.elements = result.arguments.count();
  return result;
}

Footprint FootprintAnalysis::visit(Operation *op) {
  addTypes(op);
  for (Type type : op->getResultTypes())
    all.cost += 4 * countElements(type);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    if (!structured.hasDynamicShape())
      return visitLinalg(structured);
  if (op->hasTrait<OpTrait::ConstantLike>() || isa<tensor::EmptyOp>(op))
    return unite(op, /*isPointwise=*/true);
  if (OpTrait::hasElementwiseMappableTraits(op) ||
      isa<ObserveOp, quant::QuantizeCastOp, quant::DequantizeCastOp,
          quant::StorageCastOp>(op))
    return unite(op, /*isPointwise=*/true);
  Footprint result = unite(op, /*isPointwise=*/false);
  if (isa_and_nonnull<tensor::TensorDialect>(op->getDialect()) ||
      isa<TakeOp>(op)) {
    // Each element comes from one operand.
    result.elements = 0;
    for (Value operand : op->getOperands())
      result.elements = std::max(result.elements, values[operand].elements);
    return result;
  }
  if (result.arguments.none()) {
    result.isPointwise = true;
    varyEverywhere();
    return result;
  }
  all.addsFloats |= isa<linalg::SoftmaxOp>(op);
  for (Value operand : op->getOperands())
    result.elements +=
        values[operand].elements * countElements(operand.getType());
  return result;
}

FunctionFootprint FootprintAnalysis::run() {
  Block &body = func.getBody().front();
  Operation *end = body.getTerminator();
  unsigned rank = 0;
  if (auto shaped = dyn_cast<RankedTensorType>(end->getOperand(0).getType()))
    rank = shaped.getRank();
  all.varying.resize(rank);
  for (BlockArgument argument : body.getArguments()) {
    Footprint &footprint = values[argument];
    footprint.isPointwise = true;
    footprint.arguments.resize(func.getNumArguments());
    footprint.arguments.set(argument.getArgNumber());
    footprint.elements = 1;
    auto quantized = dyn_cast<quant::QuantizedType>(
        getElementTypeOrSelf(argument.getType()));
    if (quantized)
      vary(quantized);
  }
  for (Operation &op : body.without_terminator()) {
    Footprint footprint = visit(&op);
    unsigned passed = 0;
    for (Value operand : op.getOperands())
      passed = std::max(passed, roundings.lookup(operand));
    passed += isa<QuantizeOp, FakeQuantOp, quant::QuantizeCastOp>(op);
    for (Value result : op.getResults()) {
      values[result] = footprint;
      roundings[result] = passed;
    }
  }
  all.roundings = roundings.lookup(end->getOperand(0));
  all.result = values[end->getOperand(0)];
  return all;
}

FunctionFootprint mlir::qopt::getFootprint(func::FuncOp func) {
  return FootprintAnalysis(func).run();
}
