//===- AttachTarget.cpp - Processor and features on the functions ---------===//

#include "TargetInfo.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_ATTACHTARGET
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

struct AttachTarget : qopt::impl::AttachTargetBase<AttachTarget> {
  using AttachTargetBase::AttachTargetBase;

  void runOnOperation() override {
    FailureOr<TargetInfo> target =
        TargetInfo::get(getOperation(), cpu, features);
    if (failed(target))
      return signalPassFailure();
    Builder builder(&getContext());
    SmallVector<StringRef> names;
    // Tiles have chains enough to hide the latency of multiply-adds: taking
    // them apart into products and sums doubles the instructions. A feature
    // that is asked for comes later, and wins.
    if (target->triple.isX86())
      names.push_back("+fast-dpwssd");
    for (const std::string &feature : target->features)
      names.push_back(feature);
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (func.isExternal())
        continue;
      func.setTargetCpuAttr(builder.getStringAttr(target->cpu));
      // Loops that fill or copy a buffer stay vector loops: no run calls the C
      // library for them.
      SmallVector<Attribute> others;
      if (ArrayAttr old = func.getPassthroughAttr())
        others.append(old.begin(), old.end());
      others.push_back(builder.getStringAttr("no-builtins"));
      func.setPassthroughAttr(builder.getArrayAttr(others));
      if (!names.empty())
        func.setTargetFeaturesAttr(
            LLVM::TargetFeaturesAttr::get(&getContext(), names));
    }
  }
};

} // namespace
