//===- Calibrate.cpp - Run the model on samples and choose parameters -----===//

#include "ChooseParams.h"
#include "Schemes.h"
#include "TableReader.h"
#include "quantopt/Calibration/ModelRunner.h"
#include "quantopt/Calibration/Passes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/Npz.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CALIBRATE
#include "quantopt/Calibration/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct Calibrate : qopt::impl::CalibrateBase<Calibrate> {
  using CalibrateBase::CalibrateBase;

  LogicalResult report(llvm::Error error) {
    if (!error)
      return success();
    return emitError(getOperation().getLoc())
           << llvm::toString(std::move(error));
  }

  llvm::Error checkSamples() {
    return quantopt::NpzReader::open(data).takeError();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<quantopt::Config> settings = loadConfig(config, module.getLoc());
    if (failed(settings))
      return signalPassFailure();
    if (!needsCalibration(module)) {
      // Nothing reads the samples, but a name that was mistyped is no good.
      if (!data.empty() && failed(report(checkSamples())))
        return signalPassFailure();
      if (!table.empty() &&
          failed(report(quantopt::CalibrationTable().save(table))))
        signalPassFailure();
      return;
    }
    if (data.empty() && settings->scheme != quantopt::QuantScheme::Static &&
        !hasStaticContraction(module)) {
      emitError(module.getLoc())
          << "the model has no contraction that the configuration's scheme "
             "applies to, so nothing of it would change; use it as it is, or "
             "give samples and 'scheme: static'";
      return signalPassFailure();
    }
    if (data.empty()) {
      emitError(module.getLoc())
          << "calibration needs samples: give data=FILE.npz with one array for "
             "each input, or a configuration with 'scheme: dynamic', which "
             "needs none";
      return signalPassFailure();
    }
    auto *dialect = getContext().getLoadedDialect<QOptDialect>();
    const auto *runner = dialect->getRegisteredInterface<ModelRunner>();
    if (!runner) {
      emitError(module.getLoc())
          << "this program cannot run models; calibrate with quant-opt and "
             "apply its table with qopt-apply-calibration";
      return signalPassFailure();
    }
    OwningOpRef<ModuleOp> instrumented = module.clone();
    llvm::Expected<quantopt::CalibrationTable> seen =
        runner->observe(*instrumented, data, settings->nonFinite);
    if (!seen) {
      (void)report(seen.takeError());
      return signalPassFailure();
    }
    if (!resume.empty()) {
      llvm::Expected<quantopt::CalibrationTable> earlier =
          TableReader(module).load(resume);
      if (failed(report(earlier ? seen->merge(*earlier) : earlier.takeError())))
        return signalPassFailure();
    }
    if (!table.empty() && failed(report(seen->save(table))))
      return signalPassFailure();
    if (failed(chooseParams(module, *seen, *settings)))
      return signalPassFailure();
    if (kept)
      *kept = std::move(*seen);
  }

  std::shared_ptr<quantopt::CalibrationTable> kept;
};
} // namespace

std::unique_ptr<Pass>
mlir::qopt::createCalibrate(CalibrateOptions options,
                            std::shared_ptr<quantopt::CalibrationTable> table) {
  auto pass = std::make_unique<Calibrate>(std::move(options));
  pass->kept = std::move(table);
  return pass;
}
