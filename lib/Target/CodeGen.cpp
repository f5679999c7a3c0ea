//===- CodeGen.cpp - From the LLVM dialect to machine code ----------------===//

#include "quantopt/Target/CodeGen.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Operation.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace quantopt;

/// Writes processor and features on every function, so that LLVM IR that is
/// printed here means the same to `llc`.
static void annotateFunctions(Module &module, const TargetMachine &machine) {
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (!function.hasFnAttribute("target-cpu"))
      function.addFnAttr("target-cpu", machine.getTargetCPU());
    if (!function.hasFnAttribute("target-features") &&
        !machine.getTargetFeatureString().empty())
      function.addFnAttr("target-features", machine.getTargetFeatureString());
  }
}

/// Names of arguments mean nothing to LLVM, whose translation would warn.
static void dropArgumentNames(mlir::Operation *module) {
  module->walk([](mlir::LLVM::LLVMFuncOp function) {
    for (unsigned index = 0; index < function.getNumArguments(); ++index)
      function.removeArgAttr(index, "qopt.name");
  });
}

Expected<std::unique_ptr<Module>>
quantopt::translateToLLVMIR(mlir::Operation *module, LLVMContext &context,
                            TargetMachine &machine) {
  mlir::registerBuiltinDialectTranslation(*module->getContext());
  mlir::registerLLVMDialectTranslation(*module->getContext());
  dropArgumentNames(module);
  std::unique_ptr<Module> translated =
      mlir::translateModuleToLLVMIR(module, context);
  if (!translated)
    return createStringError("the module cannot be translated to LLVM IR: "
                             "lower it to the LLVM dialect first");
  translated->setTargetTriple(machine.getTargetTriple());
  translated->setDataLayout(machine.createDataLayout());
  translated->setPICLevel(PICLevel::BigPIC);
  annotateFunctions(*translated, machine);
  return translated;
}

void quantopt::optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  PipelineTuningOptions tuning;
  tuning.LoopUnrolling = true;
  tuning.LoopInterleaving = true;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(module, modules);
}

Error quantopt::emit(Module &module, TargetMachine &machine, EmitKind kind,
                     SmallVectorImpl<char> &buffer) {
  raw_svector_ostream os(buffer);
  if (kind == EmitKind::LLVMIR) {
    module.print(os, nullptr);
    return Error::success();
  }
  legacy::PassManager passes;
  CodeGenFileType type = kind == EmitKind::Object
                             ? CodeGenFileType::ObjectFile
                             : CodeGenFileType::AssemblyFile;
  if (machine.addPassesToEmitFile(passes, os, nullptr, type))
    return createStringError(
        "the back end of " + machine.getTargetTriple().str() + " cannot emit " +
        (kind == EmitKind::Object ? "object files" : "assembly"));
  passes.run(module);
  return Error::success();
}
