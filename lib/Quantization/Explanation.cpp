//===- Explanation.cpp - Why each value is what it is ---------------------===//

#include "quantopt/Quantization/Explanation.h"
#include "Selection.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::qopt;

static void read(func::FuncOp func, std::vector<Explanation> &explanations) {
  auto recorded = func->getAttrOfType<ArrayAttr>(kExplanationAttr);
  if (!recorded)
    return;
  llvm::StringMap<std::string> late;
  func.walk([&](Operation *op) {
    auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
    if (auto reason = op->getAttrOfType<StringAttr>(kFloatAttr); reason && name)
      late[name.getValue()] = reason.str();
  });
  for (auto dictionary : recorded.getAsRange<DictionaryAttr>()) {
    auto text = [&](StringRef key) {
      auto value = dictionary.getAs<StringAttr>(key);
      return value ? value.str() : std::string();
    };
    Explanation entry{text("name"),  text("op"),     text("location"),
                      text("state"), text("reason"),
                      /*type=*/{},   text("why"),    text("weights")};
    if (auto type = dictionary.getAs<TypeAttr>("type"))
      entry.type = dyn_cast<quant::UniformQuantizedType>(type.getValue());
    if (auto found = late.find(entry.name); found != late.end()) {
      entry.state = "float";
      entry.reason = found->second;
    }
    explanations.push_back(std::move(entry));
  }
}

std::vector<Explanation> mlir::qopt::readExplanations(ModuleOp module) {
  std::vector<Explanation> explanations;
  for (auto func : module.getOps<func::FuncOp>())
    read(func, explanations);
  return explanations;
}

void mlir::qopt::removeExplanations(ModuleOp module) {
  for (auto func : module.getOps<func::FuncOp>())
    func->removeAttr(kExplanationAttr);
  module->removeAttr(QOptDialect::getExplainAttrName());
}

std::string mlir::qopt::describeStorage(quant::UniformQuantizedType type) {
  return (type.isSigned() ? "i" : "u") +
         std::to_string(type.getStorageTypeIntegralWidth());
}
