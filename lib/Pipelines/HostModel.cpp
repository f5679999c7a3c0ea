//===- HostModel.cpp - Compiles a model for this machine ------------------===//

#include "HostModel.h"
#include "quantopt/Lowering/CPU/Pipeline.h"

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

llvm::Expected<std::unique_ptr<quantopt::CompiledModel>>
mlir::qopt::compileForHost(ModuleOp module, StringRef entry, std::string *cpu) {
  quantopt::CompiledModel::Options options;
  options.entry = entry.str();
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      quantopt::createTargetMachine(options.target);
  if (!machine)
    return machine.takeError();
  if (cpu)
    *cpu = (*machine)->getTargetCPU().str();
  return quantopt::CompiledModel::create(
      module,
      [&](Operation *op) { return lower(cast<ModuleOp>(op), **machine); },
      options);
}
