//===- TargetInfo.cpp - The processor that code is made for ---------------===//

#include "TargetInfo.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir;
using namespace mlir::qopt;

static void registerTargets() {
  static bool once = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargetMCs();
    return true;
  }();
  (void)once;
}

/// The triple that the module names, or this machine's.
static llvm::Triple tripleOf(ModuleOp module) {
  if (auto named = module->getAttrOfType<StringAttr>(
          LLVM::LLVMDialect::getTargetTripleAttrName()))
    return llvm::Triple(named.getValue());
  return llvm::Triple(llvm::sys::getDefaultTargetTriple());
}

FailureOr<TargetInfo> TargetInfo::get(ModuleOp module, StringRef cpu,
                                      StringRef extraFeatures) {
  registerTargets();
  TargetInfo info;
  info.triple = tripleOf(module);
  llvm::SubtargetFeatures wanted;
  if (cpu == "native") {
    info.cpu = llvm::sys::getHostCPUName().str();
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      wanted.AddFeature(feature.getKey(), feature.getValue());
  } else {
    info.cpu = cpu.str();
  }
  llvm::SubtargetFeatures extra(extraFeatures);
  for (const std::string &feature : extra.getFeatures())
    wanted.AddFeature(feature);
  info.features = wanted.getFeatures();

  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(info.triple, error);
  if (!target)
    return module.emitError("has no code generator: ") << error;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(info.triple, info.cpu, wanted.getString()));
  if (!subtarget || !subtarget->isCPUStringValid(info.cpu))
    return module.emitError("cannot be compiled for cpu \"")
           << info.cpu << "\": " << target->getName()
           << " has no such processor; `llc -mcpu=help` lists them";
  for (const llvm::SubtargetFeatureKV &feature :
       subtarget->getEnabledProcessorFeatures())
    info.enabled.push_back(feature.Key);
  return info;
}

bool TargetInfo::has(StringRef feature) const {
  return llvm::is_contained(enabled, feature);
}
