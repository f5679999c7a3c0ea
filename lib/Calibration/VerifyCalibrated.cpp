//===- VerifyCalibrated.cpp - Contract of the calibration phase -----------===//

#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_VERIFYCALIBRATED
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct VerifyCalibrated : qopt::impl::VerifyCalibratedBase<VerifyCalibrated> {
  void runOnOperation() override {
    llvm::StringMap<ObserveOp> seen;
    WalkResult result = getOperation()->walk([&](ObserveOp op) -> WalkResult {
      if (!op.getType())
        return op->emitOpError("has no quantized type; run qopt-calibrate or "
                               "qopt-apply-calibration");
      auto [it, isNew] = seen.try_emplace(op.getId(), op);
      if (!isNew) {
        auto diagnostic = op->emitOpError("has the id '")
                          << op.getId() << "' of another observer";
        diagnostic.attachNote(it->second.getLoc()) << "which is here";
        return diagnostic;
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
