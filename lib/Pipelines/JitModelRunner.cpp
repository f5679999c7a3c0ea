//===- JitModelRunner.cpp - Runs instrumented models in this process ------===//

#include "HostModel.h"
#include "quantopt/Calibration/ModelRunner.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Execution/Benchmark.h"
#include "quantopt/Execution/SampleFeeder.h"
#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Support/ProgressBar.h"

#include "quantopt-runtime/Observe.h"
#include "quantopt-runtime/Records.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct JitModelRunner : ModelRunner {
  using ModelRunner::ModelRunner;

  llvm::Expected<quantopt::CalibrationTable>
  observe(ModuleOp module, StringRef data,
          quantopt::NonFinitePolicy nonFinite) const override {
    // The samples are checked before the compiler spends time on the model.
    llvm::Expected<quantopt::Signature> signature =
        quantopt::readSignature(module, /*entry=*/"");
    if (!signature)
      return signature.takeError();
    quantopt::SampleFeeder::Options feederOptions;
    feederOptions.nonFinite = nonFinite;
    llvm::Expected<std::unique_ptr<quantopt::SampleFeeder>> feeder =
        quantopt::SampleFeeder::open(data, *signature, feederOptions);
    if (!feeder)
      return feeder.takeError();
    llvm::Expected<std::unique_ptr<quantopt::CompiledModel>> model =
        compileForHost(module);
    if (!model)
      return model.takeError();

    quantopt::OutputBuffers outputs(*signature);
    qopt_calibration_reset();
    quantopt::ProgressBar progress("calibrating", (*feeder)->getNumSamples());
    while (true) {
      llvm::Expected<bool> more = (*feeder)->next();
      if (!more)
        return more.takeError();
      if (!*more)
        break;
      (*model)->run((*feeder)->getInputs(), outputs.pointers());
      progress.advance();
    }
    return quantopt::CalibrationTable(quantopt::runtime::takeRecords());
  }
};
} // namespace

void mlir::qopt::registerModelRunner(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, QOptDialect *dialect) {
    dialect->addInterface<JitModelRunner>();
  });
}
