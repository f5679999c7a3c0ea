//===- JitModelRunner.cpp - Runs instrumented models in this process ------===//

#include "quantopt/Calibration/ModelRunner.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Execution/CompiledModel.h"
#include "quantopt/Execution/SampleFeeder.h"
#include "quantopt/Lowering/CPU/Pipeline.h"
#include "quantopt/Pipelines/Pipelines.h"
#include "quantopt/Support/ProgressBar.h"

#include "quantopt-runtime/Observe.h"
#include "quantopt-runtime/Records.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::qopt;

/// Lowers `module` for this machine.
static llvm::Error lower(ModuleOp module, const llvm::TargetMachine &machine) {
  LowerToCPUOptions options;
  options.cpu = machine.getTargetCPU().str();
  options.features = machine.getTargetFeatureString().str();
  module->setAttr(
      LLVM::LLVMDialect::getTargetTripleAttrName(),
      StringAttr::get(module.getContext(), machine.getTargetTriple().str()));
  PassManager pm(module.getContext());
  buildLowerToCPUPipeline(pm, options);
  if (failed(pm.run(module)))
    return llvm::createStringError("the model cannot be compiled to run it on "
                                   "samples");
  return llvm::Error::success();
}

namespace {
struct JitModelRunner : ModelRunner {
  using ModelRunner::ModelRunner;

  llvm::Expected<quantopt::CalibrationTable>
  observe(ModuleOp module, StringRef data,
          quantopt::NonFinitePolicy nonFinite) const override {
    quantopt::CompiledModel::Options options;
    llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
        quantopt::createTargetMachine(options.target);
    if (!machine)
      return machine.takeError();
    // The samples are checked before the compiler spends time on the model.
    llvm::Expected<quantopt::Signature> signature =
        quantopt::readSignature(module, options.entry);
    if (!signature)
      return signature.takeError();
    quantopt::SampleFeeder::Options feederOptions;
    feederOptions.nonFinite = nonFinite;
    llvm::Expected<std::unique_ptr<quantopt::SampleFeeder>> feeder =
        quantopt::SampleFeeder::open(data, *signature, feederOptions);
    if (!feeder)
      return feeder.takeError();
    llvm::Expected<std::unique_ptr<quantopt::CompiledModel>> model =
        quantopt::CompiledModel::create(
            module,
            [&](Operation *op) { return lower(cast<ModuleOp>(op), **machine); },
            options);
    if (!model)
      return model.takeError();

    std::vector<quantopt::AlignedBuffer> outputs;
    std::vector<void *> pointers;
    for (const quantopt::TensorSpec &spec : signature->outputs) {
      outputs.emplace_back(spec);
      pointers.push_back(outputs.back().data());
    }
    qopt_calibration_reset();
    quantopt::ProgressBar progress("calibrating", (*feeder)->getNumSamples());
    while (true) {
      llvm::Expected<bool> more = (*feeder)->next();
      if (!more)
        return more.takeError();
      if (!*more)
        break;
      (*model)->run((*feeder)->getInputs(), pointers);
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
