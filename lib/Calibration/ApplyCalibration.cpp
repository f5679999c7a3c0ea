//===- ApplyCalibration.cpp - Choose parameters from a table --------------===//

#include "ChooseParams.h"
#include "TableReader.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/StringExtras.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_APPLYCALIBRATION
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct ApplyCalibration : qopt::impl::ApplyCalibrationBase<ApplyCalibration> {
  using ApplyCalibrationBase::ApplyCalibrationBase;

  void runOnOperation() override {
    Location loc = getOperation().getLoc();
    FailureOr<quantopt::Config> settings = loadConfig(config, loc);
    if (failed(settings))
      return signalPassFailure();
    if (table.empty()) {
      emitError(loc) << "qopt-apply-calibration needs table=FILE";
      return signalPassFailure();
    }
    quantopt::CalibrationTable all;
    const TableReader reader(getOperation());
    for (StringRef path : llvm::split(StringRef(table), ',')) {
      llvm::Expected<quantopt::CalibrationTable> part = reader.load(path);
      llvm::Error error = part ? all.merge(*part) : part.takeError();
      if (error) {
        emitError(loc) << llvm::toString(std::move(error));
        return signalPassFailure();
      }
    }
    if (!merged.empty())
      if (llvm::Error error = all.save(merged)) {
        emitError(loc) << llvm::toString(std::move(error));
        return signalPassFailure();
      }
    if (failed(chooseParams(getOperation(), all, *settings)))
      return signalPassFailure();
    if (kept)
      *kept = std::move(all);
  }

  std::shared_ptr<quantopt::CalibrationTable> kept;
};
} // namespace

std::unique_ptr<Pass> mlir::qopt::createApplyCalibration(
    ApplyCalibrationOptions options,
    std::shared_ptr<quantopt::CalibrationTable> table) {
  auto pass = std::make_unique<ApplyCalibration>(std::move(options));
  pass->kept = std::move(table);
  return pass;
}
