//===- QOptDialect.cpp - The qopt dialect ---------------------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::qopt;

#include "quantopt/Dialect/QOpt/IR/QOptDialect.cpp.inc"
#include "quantopt/Dialect/QOpt/IR/QOptEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantopt/Dialect/QOpt/IR/QOptAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "quantopt/Dialect/QOpt/IR/QOptOps.cpp.inc"

namespace {
/// Each operation is where it stands: any function may take it in.
struct QOptInlinerInterface : public DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void QOptDialect::initialize() {
  addInterfaces<QOptInlinerInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantopt/Dialect/QOpt/IR/QOptAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantopt/Dialect/QOpt/IR/QOptOps.cpp.inc"
      >();
}

Operation *QOptDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

static bool isGivenWeights(Attribute attribute) {
  auto list = dyn_cast<ArrayAttr>(attribute);
  return list && llvm::all_of(list, [](Attribute element) {
           auto entry = dyn_cast<DictionaryAttr>(element);
           return entry && entry.getAs<IntegerAttr>("operand") &&
                  entry.getAs<TypeAttr>("type") &&
                  isa<quant::QuantizedType>(
                      entry.getAs<TypeAttr>("type").getValue()) &&
                  entry.getAs<StringAttr>("place");
         });
}

LogicalResult QOptDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() == getNameAttrName() &&
      !isa<StringAttr>(attribute.getValue()))
    return op->emitError("'qopt.name' takes a string, not ")
           << attribute.getValue();
  if (attribute.getName() == getWhyAttrName() &&
      !isa<StringAttr>(attribute.getValue()))
    return op->emitError("'qopt.why' takes a string, not ")
           << attribute.getValue();
  if (attribute.getName() == getGivenAttrName() &&
      !isa<StringAttr>(attribute.getValue()))
    return op->emitError("'qopt.given' takes a string, not ")
           << attribute.getValue();
  if (attribute.getName() == getGivenWeightsAttrName() &&
      !isGivenWeights(attribute.getValue()))
    return op->emitError("'qopt.given_weights' takes a list of dictionaries of "
                         "'operand', 'type' and 'place', not ")
           << attribute.getValue();
  if (attribute.getName() == getGradientAttrName() &&
      !isa<FlatSymbolRefAttr, UnitAttr>(attribute.getValue()))
    return op->emitError("'qopt.gradient' names a function, or stands alone on "
                         "one, but is ")
           << attribute.getValue();
  if (attribute.getName() == getDynamicAttrName() &&
      !isa<DynamicAttr>(attribute.getValue()))
    return op->emitError("'qopt.dynamic' takes a #qopt.dynamic attribute, not ")
           << attribute.getValue();
  if (attribute.getName() == getWeightOnlyAttrName() &&
      !isa<WeightOnlyAttr>(attribute.getValue()))
    return op->emitError(
               "'qopt.weight_only' takes a #qopt.weight_only attribute, not ")
           << attribute.getValue();
  if (attribute.getName() == getNumericsAttrName()) {
    if (!isa<ModuleOp>(op))
      return op->emitError("'qopt.numerics' stands on a module; an operation "
                           "takes 'numerics' instead");
    if (!isa<NumericsAttr>(attribute.getValue()))
      return op->emitError("'qopt.numerics' takes a #qopt.numerics attribute, "
                           "not ")
             << attribute.getValue();
  }
  return success();
}

std::string mlir::qopt::describeLocation(Location loc) {
  auto file = loc->findInstanceOf<FileLineColLoc>();
  if (!file)
    return "unknown";
  return (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" +
          Twine(file.getColumn()))
      .str();
}

void mlir::qopt::explain(ObserveOp op, llvm::function_ref<std::string()> why) {
  auto module = op->getParentOfType<ModuleOp>();
  if (!module || !module->hasAttr(QOptDialect::getExplainAttrName()))
    return;
  StringRef name = QOptDialect::getWhyAttrName();
  std::string text = why();
  if (auto before = op->getAttrOfType<StringAttr>(name))
    text = before.str() + "; " + text;
  op->setAttr(name, StringAttr::get(op.getContext(), text));
}

NumericsAttr mlir::qopt::getNumerics(Operation *op) {
  if (auto own = op->getAttrOfType<NumericsAttr>("numerics"))
    return own;
  for (auto module = op->getParentOfType<ModuleOp>(); module;
       module = module->getParentOfType<ModuleOp>())
    if (auto contract = module->getAttrOfType<NumericsAttr>(
            QOptDialect::getNumericsAttrName()))
      return contract;
  return NumericsAttr::get(op->getContext(), Rounding::HalfEven,
                           Multiplier::F32);
}

quantopt::RoundingMode mlir::qopt::getRounding(NumericsAttr numerics) {
  switch (numerics.getRounding()) {
  case Rounding::HalfEven:
    return quantopt::RoundingMode::HalfEven;
  case Rounding::HalfAway:
    return quantopt::RoundingMode::HalfAway;
  case Rounding::HalfUp:
    return quantopt::RoundingMode::HalfUp;
  }
  llvm_unreachable("unknown rounding");
}

bool mlir::qopt::isInteger(WeightFormat format) {
  return format == WeightFormat::Int8 || format == WeightFormat::Int4;
}

unsigned mlir::qopt::getBits(WeightFormat format) {
  switch (format) {
  case WeightFormat::Int4:
    return 4;
  case WeightFormat::Int8:
    return 8;
  case WeightFormat::Float16:
  case WeightFormat::BFloat16:
    return 16;
  }
  llvm_unreachable("unknown format");
}

LogicalResult
WeightOnlyAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       WeightFormat format, int64_t group) {
  if (group < 0)
    return emitError() << "groups of " << group
                       << " weights; take at least 1, or 0 for none";
  if (group > 0 && !isInteger(format))
    return emitError() << "groups share a scale, which "
                       << stringifyWeightFormat(format) << " has none of";
  return success();
}

WeightOnlyAttr mlir::qopt::getWeightOnly(Operation *op) {
  return op ? op->getAttrOfType<WeightOnlyAttr>(
                  QOptDialect::getWeightOnlyAttrName())
            : WeightOnlyAttr();
}

DynamicAttr mlir::qopt::getDynamic(Operation *op) {
  return op ? op->getAttrOfType<DynamicAttr>(QOptDialect::getDynamicAttrName())
            : DynamicAttr();
}

FailureOr<UniformParams> UniformParams::get(Type type) {
  UniformParams params;
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized)
    return failure();
  params.storageMin = quantized.getStorageTypeMin();
  params.storageMax = quantized.getStorageTypeMax();
  params.storageWidth = quantized.getStorageTypeIntegralWidth();
  params.isSigned = quantized.isSigned();
  if (auto tensor = dyn_cast<quant::UniformQuantizedType>(type)) {
    params.scales = {tensor.getScale()};
    params.zeroPoints = {tensor.getZeroPoint()};
    return params;
  }
  if (auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    params.scales.assign(axis.getScales().begin(), axis.getScales().end());
    params.zeroPoints.assign(axis.getZeroPoints().begin(),
                             axis.getZeroPoints().end());
    params.axis = axis.getQuantizedDimension();
    return params;
  }
  return failure();
}
