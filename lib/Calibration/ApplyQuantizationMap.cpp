//===- ApplyQuantizationMap.cpp - Take parameters as they were decided ----===//

#include "Schemes.h"
#include "quantopt/Analysis/MappedTypes.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_APPLYQUANTIZATIONMAP
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

FailureOr<quantopt::QuantizationMap>
mlir::qopt::loadQuantizationMap(StringRef path, Location loc) {
  llvm::Expected<quantopt::QuantizationMap> map =
      quantopt::QuantizationMap::load(path);
  if (map)
    return std::move(*map);
  emitError(loc) << llvm::toString(map.takeError());
  return failure();
}

namespace {
/// What has a name in the module.
struct Named {
  Value value;
  /// The operation that makes it, or "input".
  StringRef kind;
};

class MapApplier {
public:
  MapApplier(ModuleOp module, const quantopt::QuantizationMap &map)
      : module(module), map(map) {}

  LogicalResult run() {
    collectNames();
    for (const quantopt::MappedValue &value : map.values)
      if (failed(apply(value)))
        return failure();
    WalkResult result = module.walk([&](ObserveOp op) -> WalkResult {
      if (op.getType())
        return WalkResult::advance();
      return op->emitOpError("'")
             << op.getId() << "' has no 'params' in the quantization map '"
             << map.file << "'; add them, or calibrate and make the map again";
    });
    return failure(result.wasInterrupted());
  }

private:
  void collectNames();
  InFlightDiagnostic fail(const std::string &place) {
    return emitError(module.getLoc()) << place << ": ";
  }
  InFlightDiagnostic fail(const quantopt::MappedValue &value) {
    return fail(map.placeOf(value));
  }
  std::string suggest(StringRef name);
  LogicalResult apply(const quantopt::MappedValue &value);
  LogicalResult applyParams(const quantopt::MappedValue &value, Named named);
  LogicalResult applyWeights(const quantopt::MappedValue &value, Named named);
  FailureOr<bool> isGivenByModel(const quantopt::MappedParams &params,
                                 quant::QuantizedType own,
                                 const std::string &place, StringRef what);

  ModuleOp module;
  const quantopt::QuantizationMap &map;
  llvm::StringMap<Named> names;
};
} // namespace

void MapApplier::collectNames() {
  StringRef nameAttr = QOptDialect::getNameAttrName();
  for (auto func : module.getOps<func::FuncOp>()) {
    for (BlockArgument argument : func.getArguments())
      if (auto name = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        nameAttr))
        names[name.getValue()] = {argument, "input"};
    func.walk([&](Operation *op) {
      auto name = op->getAttrOfType<StringAttr>(nameAttr);
      if (name && op->getNumResults() > 0)
        names[name.getValue()] = {op->getResult(0),
                                  op->getName().getStringRef()};
    });
  }
}

/// What to do about a name that the model does not have.
std::string MapApplier::suggest(StringRef name) {
  StringRef nearest;
  unsigned least = std::max<unsigned>(2, name.size() / 3) + 1;
  for (const auto &known : names) {
    unsigned distance =
        name.edit_distance(known.getKey(), /*AllowReplacements=*/true, least);
    // The map's order is that of its hashes: let names decide.
    if (distance < least ||
        (distance == least && !nearest.empty() && known.getKey() < nearest)) {
      least = distance;
      nearest = known.getKey();
    }
  }
  if (!nearest.empty())
    return "did you mean '" + nearest.str() + "'?";
  return "the map was made for another model, or remove the entry";
}

LogicalResult MapApplier::apply(const quantopt::MappedValue &value) {
  auto found = names.find(value.name);
  if (found == names.end())
    return fail(value) << "the model has no value '" << value.name << "'; "
                       << suggest(value.name);
  Named named = found->second;
  std::string tensor;
  llvm::raw_string_ostream(tensor) << named.value.getType();
  for (auto [own, given] :
       {std::pair<StringRef, StringRef>(tensor, value.tensor),
        {named.kind, value.op}})
    if (!given.empty() && own != given)
      return fail(value) << "'" << value.name << "' is " << own
                         << " in the model and " << given
                         << " in the map, which was made for another model; "
                            "calibrate this one";
  Operation *producer = named.value.getDefiningOp();
  if (value.scheme != quantopt::MappedValue::Scheme::Static &&
      (!producer || isa<FakeQuantOp>(producer)))
    return fail(value) << "'" << value.name
                       << "' is made by no operation that has a scheme; set "
                          "'scheme: static'";
  if (value.params && failed(applyParams(value, named)))
    return failure();
  return applyWeights(value, named);
}

/// Whether the parameters are there already because the model came with them;
/// fails where those are others.
FailureOr<bool> MapApplier::isGivenByModel(const quantopt::MappedParams &params,
                                           quant::QuantizedType own,
                                           const std::string &place,
                                           StringRef what) {
  std::optional<quantopt::MappedParams> given = getMappedParams(own);
  if (given && given->onSignedStorage() == params.onSignedStorage())
    return true;
  return fail(place) << what << " came with the model in "
                     << (given ? given->describe() : "another form")
                     << ", which the map cannot change; remove the 'params', "
                        "or change the model";
}

LogicalResult MapApplier::applyParams(const quantopt::MappedValue &value,
                                      Named named) {
  Operation *producer = named.value.getDefiningOp();
  if (auto fake = dyn_cast_or_null<FakeQuantOp>(producer))
    return isGivenByModel(*value.params, fake.getType(), map.placeOf(value),
                          "'" + value.name + "'");
  auto tensor = dyn_cast<RankedTensorType>(named.value.getType());
  if (!tensor || !isa<FloatType>(tensor.getElementType()))
    return fail(value) << "'" << value.name << "' is no tensor of floats";
  ObserveOp observe;
  for (Operation *user : named.value.getUsers())
    if (auto hook = dyn_cast<ObserveOp>(user))
      observe = hook;
  if (!observe) {
    // A value that only moves others has no hook of its own.
    auto mover = dyn_cast_or_null<QuantizableOpInterface>(producer);
    if (!mover || mover.getQuantRole() != QuantRole::SameScale)
      return success();
    OpBuilder builder(producer->getContext());
    builder.setInsertionPointAfter(producer);
    observe = ObserveOp::create(builder, named.value.getLoc(), tensor,
                                named.value, builder.getStringAttr(value.name),
                                TypeAttr(), /*final=*/false);
    named.value.replaceAllUsesExcept(observe.getResult(), observe);
  }
  // The integer form computes with signed bytes.
  quant::QuantizedType type =
      getMappedType(value.params->onSignedStorage(), tensor.getElementType(),
                    [&] { return fail(value); });
  if (!type)
    return failure();
  observe.setTypeAttr(TypeAttr::get(type));
  observe->setAttr(QOptDialect::getGivenAttrName(),
                   StringAttr::get(observe.getContext(), map.placeOf(value)));
  if (!value.why.empty())
    explain(observe, [&] { return value.why; });
  return success();
}

LogicalResult MapApplier::applyWeights(const quantopt::MappedValue &value,
                                       Named named) {
  Operation *producer = named.value.getDefiningOp();
  auto op = dyn_cast_or_null<QuantizableOpInterface>(producer);
  SmallVector<Attribute> entries;
  for (const quantopt::MappedWeights &weights : value.weights) {
    std::string place = map.placeOf(weights);
    if (!op || weights.operand >= op->getNumOperands() ||
        op.getOperandKind(op->getOpOperand(weights.operand)) !=
            OperandKind::Weight)
      return fail(place) << "operand " << weights.operand << " of '"
                         << value.name << "' is no weight";
    OpOperand &operand = op->getOpOperand(weights.operand);
    auto tensor = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!tensor || !tensor.hasStaticShape())
      return fail(place) << "the weight is no tensor of static shape";
    if (weights.params.axis) {
      std::optional<int64_t> axis = op.getWeightChannelDim(operand);
      if (!axis || *axis != *weights.params.axis)
        return fail(place) << "the channels of this weight lie along "
                           << (axis ? "axis " + std::to_string(*axis)
                                    : "no axis")
                           << ", not axis " << *weights.params.axis;
      if (tensor.getDimSize(*axis) != int64_t(weights.params.scales.size()))
        return fail(place) << "there are " << weights.params.scales.size()
                           << " scales for the " << tensor.getDimSize(*axis)
                           << " channels of '" << value.name
                           << "'; the map was made for another model";
    }
    if (auto own = operand.get().getDefiningOp<DequantizeOp>()) {
      if (failed(isGivenByModel(weights.params, own.getType(), place,
                                "the weight")))
        return failure();
      continue;
    }
    quant::QuantizedType type = getMappedType(
        weights.params, tensor.getElementType(), [&] { return fail(place); });
    if (!type)
      return failure();
    Builder builder(op->getContext());
    NamedAttrList entry;
    entry.set("operand", builder.getI64IntegerAttr(weights.operand));
    entry.set("type", TypeAttr::get(type));
    entry.set("place", builder.getStringAttr(place));
    if (!weights.biasCorrection.empty()) {
      int64_t count = 1;
      for (auto [own, dim] : op.getSharedDims(operand))
        count *= tensor.getDimSize(own);
      if (int64_t(weights.biasCorrection.size()) != count)
        return fail(place) << "'bias-correction' has "
                           << weights.biasCorrection.size()
                           << " numbers for the " << count << " biases of '"
                           << value.name
                           << "'; the map was made for another model";
      entry.set("bias_correction",
                builder.getDenseF32ArrayAttr(weights.biasCorrection));
    }
    entries.push_back(entry.getDictionary(op->getContext()));
  }
  if (!entries.empty())
    op->setAttr(QOptDialect::getGivenWeightsAttrName(),
                ArrayAttr::get(op->getContext(), entries));
  return success();
}

namespace {
struct ApplyQuantizationMap
    : qopt::impl::ApplyQuantizationMapBase<ApplyQuantizationMap> {
  using ApplyQuantizationMapBase::ApplyQuantizationMapBase;

  void runOnOperation() override {
    Location loc = getOperation().getLoc();
    if (map.empty()) {
      emitError(loc) << "qopt-apply-quantization-map needs map=FILE";
      return signalPassFailure();
    }
    FailureOr<quantopt::QuantizationMap> read = loadQuantizationMap(map, loc);
    if (failed(read) || failed(MapApplier(getOperation(), *read).run()))
      return signalPassFailure();
    // Nothing is counted any more.
    getOperation().walk([](ObserveMeansOp op) { op.erase(); });
  }
};
} // namespace
