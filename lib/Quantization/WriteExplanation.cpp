//===- WriteExplanation.cpp - Why each operation is what it is ------------===//

#include "quantopt/Quantization/Explanation.h"
#include "quantopt/Quantization/Passes.h"
#include "quantopt/Support/OutputFiles.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_WRITEEXPLANATION
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

static std::string describe(quant::UniformQuantizedType type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << describeStorage(type)
     << llvm::format(", scale %.6g, zero point ", type.getScale())
     << type.getZeroPoint();
  return text;
}

namespace {
struct WriteExplanation : qopt::impl::WriteExplanationBase<WriteExplanation> {
  using WriteExplanationBase::WriteExplanationBase;

  void runOnOperation() override {
    const std::vector<Explanation> entries = readExplanations(getOperation());
    removeExplanations(getOperation());
    if (file.empty()) {
      emitError(getOperation().getLoc())
          << "qopt-write-explanation needs file=PATH, - for standard output";
      return signalPassFailure();
    }
    llvm::Error error = quantopt::writeOutput(file, [&](llvm::raw_ostream &os) {
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

  static void writeText(llvm::raw_ostream &os, ArrayRef<Explanation> entries) {
    for (const Explanation &entry : entries) {
      os << entry.name << " (" << entry.op << "), " << entry.location << "\n  "
         << entry.state;
      if (!entry.reason.empty())
        os << ": " << entry.reason;
      os << "\n";
      if (entry.type)
        os << "  " << describe(entry.type) << "\n";
      if (!entry.why.empty())
        os << "  " << entry.why << "\n";
      if (!entry.weights.empty())
        os << "  weights: " << entry.weights << "\n";
    }
  }

  static void writeJSON(llvm::raw_ostream &os, ArrayRef<Explanation> entries) {
    llvm::json::OStream json(os, /*IndentSize=*/2);
    json.array([&] {
      for (const Explanation &entry : entries)
        json.object([&] {
          json.attribute("name", entry.name);
          json.attribute("op", entry.op);
          json.attribute("location", entry.location);
          json.attribute("state", entry.state);
          if (!entry.reason.empty())
            json.attribute("reason", entry.reason);
          if (entry.type)
            json.attribute("type", describe(entry.type));
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
