//===- WriteExplanation.cpp - Why each operation is what it is ------------===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_WRITEEXPLANATION
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct Entry {
  std::string name, op, location, state, reason, type, why, weights;
};

struct WriteExplanation : qopt::impl::WriteExplanationBase<WriteExplanation> {
  using WriteExplanationBase::WriteExplanationBase;

  void runOnOperation() override {
    std::vector<Entry> entries;
    for (auto func : getOperation().getOps<func::FuncOp>())
      collect(func, entries);
    getOperation()->removeAttr(QOptDialect::getExplainAttrName());
    if (file.empty()) {
      emitError(getOperation().getLoc())
          << "qopt-write-explanation needs file=PATH, - for standard output";
      return signalPassFailure();
    }
    llvm::Error error = llvm::writeToOutput(file, [&](llvm::raw_ostream &os) {
      if (llvm::sys::path::extension(file) == ".json")
        writeJSON(os, entries);
      else
        writeText(os, entries);
      return llvm::Error::success();
    });
    if (error) {
      emitError(getOperation().getLoc())
          << "the explanation cannot be written: "
          << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

  /// What was recorded, with what turned out to have no integer form after all.
  static void collect(func::FuncOp func, std::vector<Entry> &entries) {
    auto recorded = func->getAttrOfType<ArrayAttr>(kExplanationAttr);
    if (!recorded)
      return;
    func->removeAttr(kExplanationAttr);
    llvm::StringMap<std::string> reasons;
    func.walk([&](Operation *op) {
      auto name = op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName());
      if (auto reason = op->getAttrOfType<StringAttr>(kFloatAttr);
          reason && name)
        reasons[name.getValue()] = reason.str();
    });
    for (auto dictionary : recorded.getAsRange<DictionaryAttr>()) {
      auto text = [&](StringRef key) {
        auto value = dictionary.getAs<StringAttr>(key);
        return value ? value.str() : std::string();
      };
      Entry entry{text("name"),  text("op"),     text("location"),
                  text("state"), text("reason"), text("type"),
                  text("why"),   text("weights")};
      if (auto late = reasons.find(entry.name); late != reasons.end()) {
        entry.state = "float";
        entry.reason = late->second;
      }
      entries.push_back(std::move(entry));
    }
  }

  static void writeText(llvm::raw_ostream &os, ArrayRef<Entry> entries) {
    for (const Entry &entry : entries) {
      os << entry.name << " (" << entry.op << "), " << entry.location << "\n  "
         << entry.state;
      if (!entry.reason.empty())
        os << ": " << entry.reason;
      os << "\n";
      if (!entry.type.empty())
        os << "  " << entry.type << "\n";
      if (!entry.why.empty())
        os << "  " << entry.why << "\n";
      if (!entry.weights.empty())
        os << "  weights: " << entry.weights << "\n";
    }
  }

  static void writeJSON(llvm::raw_ostream &os, ArrayRef<Entry> entries) {
    llvm::json::OStream json(os, /*IndentSize=*/2);
    json.array([&] {
      for (const Entry &entry : entries)
        json.object([&] {
          json.attribute("name", entry.name);
          json.attribute("op", entry.op);
          json.attribute("location", entry.location);
          json.attribute("state", entry.state);
          if (!entry.reason.empty())
            json.attribute("reason", entry.reason);
          if (!entry.type.empty())
            json.attribute("type", entry.type);
          if (!entry.why.empty())
            json.attribute("why", entry.why);
          if (!entry.weights.empty())
            json.attribute("weights", entry.weights);
        });
    });
    os << "\n";
  }
};
} // namespace
