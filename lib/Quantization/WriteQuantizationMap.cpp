//===- WriteQuantizationMap.cpp - The parameters of each value ------------===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/MappedTypes.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_WRITEQUANTIZATIONMAP
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

static std::string print(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The observer of `value` that holds what calibration chose.
static ObserveOp getObserver(Value value) {
  for (Operation *user : value.getUsers())
    if (auto observe = dyn_cast<ObserveOp>(user);
        observe && !observe.getFinal())
      return observe;
  return {};
}

static void setParams(quantopt::MappedValue &entry, ObserveOp observe) {
  entry.params =
      getMappedParams(observe.getType().value_or(quant::QuantizedType()));
  if (auto why =
          observe->getAttrOfType<StringAttr>(QOptDialect::getWhyAttrName()))
    entry.why = why.str();
}

static void setScheme(quantopt::MappedValue &entry, Operation *op) {
  using Scheme = quantopt::MappedValue::Scheme;
  auto reason = op->getAttrOfType<StringAttr>(kFloatAttr);
  if (reason &&
      (reason.getValue() == kKeptByConfig || reason.getValue() == kKeptByMap)) {
    entry.scheme = Scheme::Float;
    return;
  }
  // What follows from the rest of the model follows again.
  if (reason)
    entry.note = "stays in float: " + reason.str();
  if (WeightOnlyAttr weightOnly = getWeightOnly(op)) {
    entry.scheme = Scheme::WeightOnly;
    entry.weightOnly.groupSize = int(weightOnly.getGroup());
    switch (weightOnly.getFormat()) {
    case WeightFormat::Int8:
      entry.weightOnly.format = quantopt::StoredFormat::Int8;
      break;
    case WeightFormat::Int4:
      entry.weightOnly.format = quantopt::StoredFormat::Int4;
      break;
    case WeightFormat::Float16:
      entry.weightOnly.format = quantopt::StoredFormat::Float16;
      break;
    case WeightFormat::BFloat16:
      entry.weightOnly.format = quantopt::StoredFormat::BFloat16;
      break;
    }
  }
  if (DynamicAttr dynamic = getDynamic(op)) {
    entry.scheme = Scheme::Dynamic;
    entry.dynamic.granularity = dynamic.getGranularity() == Granularity::Row
                                    ? quantopt::DynamicGranularity::Row
                                    : quantopt::DynamicGranularity::Tensor;
    entry.dynamic.symmetric = dynamic.getSymmetric();
  }
}

static void setWeights(quantopt::MappedValue &entry,
                       QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.getOperandKind(operand) != OperandKind::Weight)
      continue;
    auto stored = operand.get().getDefiningOp<DequantizeOp>();
    if (!stored)
      continue;
    std::optional<quantopt::MappedParams> params =
        getMappedParams(stored.getType());
    // Other forms come from the model and stay as they are.
    if (!params || !params->isSigned || params->zeroPoints[0] != 0)
      continue;
    quantopt::MappedWeights weights;
    weights.operand = operand.getOperandNumber();
    weights.params = *params;
    if (auto correction = op->getAttrOfType<ElementsAttr>(
            QOptDialect::getBiasCorrectionAttrName())) {
      FailureOr<ConstantValues<float>> values = readFloats(correction);
      assert(succeeded(values) && "of f32");
      weights.biasCorrection.assign(values->begin(), values->end());
    }
    entry.weights.push_back(std::move(weights));
  }
}

namespace {
struct WriteQuantizationMap
    : qopt::impl::WriteQuantizationMapBase<WriteQuantizationMap> {
  using WriteQuantizationMapBase::WriteQuantizationMapBase;

  void runOnOperation() override {
    Location loc = getOperation().getLoc();
    if (file.empty()) {
      emitError(loc) << "qopt-write-quantization-map needs file=PATH, - for "
                        "standard output";
      return signalPassFailure();
    }
    quantopt::QuantizationMap map;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        collect(func, map);
    if (llvm::Error error = map.save(file)) {
      emitError(loc) << llvm::toString(std::move(error));
      return signalPassFailure();
    }
    // What was explained for the map alone.
    getOperation()->removeAttr(QOptDialect::getExplainAttrName());
    getOperation().walk([](Operation *op) {
      if (!isa<ObserveOp>(op))
        op->removeAttr(QOptDialect::getWhyAttrName());
    });
  }

  static void collect(func::FuncOp func, quantopt::QuantizationMap &map) {
    StringRef nameAttr = QOptDialect::getNameAttrName();
    auto begin = [](StringRef name, StringRef op, Value value) {
      quantopt::MappedValue entry;
      entry.name = name.str();
      entry.op = op.str();
      entry.tensor = print(value.getType());
      if (ObserveOp observe = getObserver(value))
        setParams(entry, observe);
      return entry;
    };
    for (BlockArgument argument : func.getArguments())
      if (auto name = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        nameAttr))
        map.values.push_back(begin(name.getValue(), "input", argument));
    for (Operation &op : func.front()) {
      // What came with the model has its own name, that of its fake_quant.
      if (auto pinned = dyn_cast<ObserveOp>(op); pinned && pinned.getFinal()) {
        quantopt::MappedValue entry =
            begin(pinned.getId(), FakeQuantOp::getOperationName(),
                  pinned.getResult());
        setParams(entry, pinned);
        map.values.push_back(std::move(entry));
        continue;
      }
      auto name = op.getAttrOfType<StringAttr>(nameAttr);
      if (!name || op.getNumResults() == 0)
        continue;
      // Of constants those that are moved.
      if (!getObserver(op.getResult(0)) && !isWeightOnly(&op) &&
          (getRole(&op) == QuantRole::None ||
           isConstantDerived(op.getResult(0))))
        continue;
      quantopt::MappedValue entry =
          begin(name.getValue(), op.getName().getStringRef(), op.getResult(0));
      setScheme(entry, &op);
      if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
        setWeights(entry, quantizable);
      map.values.push_back(std::move(entry));
    }
  }
};
} // namespace
