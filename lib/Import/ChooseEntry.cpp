//===- ChooseEntry.cpp - One function of several is the model -------------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CHOOSEENTRY
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;

namespace {
struct ChooseEntry : qopt::impl::ChooseEntryBase<ChooseEntry> {
  using ChooseEntryBase::ChooseEntryBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> others;
    std::string names;
    bool isThere = false;
    for (auto func : module.getOps<func::FuncOp>()) {
      if (func.isExternal() || !func.isPublic())
        continue;
      names += (names.empty() ? "'" : ", '") + func.getName().str() + "'";
      if (func.getName() == entry)
        isThere = true;
      else
        others.push_back(func);
    }
    if (!isThere) {
      // At the location alone: an error of the module prints all of it.
      emitError(module.getLoc()) << "no public function '" << entry
                                 << "' with a body in the module: it has "
                                 << (names.empty() ? "none" : names);
      return signalPassFailure();
    }
    for (func::FuncOp func : others)
      func.setPrivate();
  }
};
} // namespace
