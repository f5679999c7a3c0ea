//===- CodeGen.cpp - From the LLVM dialect to machine code ----------------===//

#include "quantopt/Target/CodeGen.h"
#include "LargeConstants.h"
#include "TileRegisters.h"

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

/// What arguments are to quantization means nothing to LLVM, whose translation
/// would warn.
static void dropArgumentAttributes(mlir::Operation *module) {
  module->walk([](mlir::LLVM::LLVMFuncOp function) {
    for (unsigned index = 0; index < function.getNumArguments(); ++index)
      for (StringRef name : {"qopt.name", "qopt.parameter"})
        function.removeArgAttr(index, name);
  });
}

Expected<TranslatedModule> quantopt::translateToLLVMIR(mlir::Operation *module,
                                                       LLVMContext &context,
                                                       TargetMachine &machine) {
  mlir::registerBuiltinDialectTranslation(*module->getContext());
  mlir::registerLLVMDialectTranslation(*module->getContext());
  dropArgumentAttributes(module);
  TranslatedModule translated;
  translated.constants = takeLargeConstants(module, machine.getTargetTriple());
  translated.module = mlir::translateModuleToLLVMIR(module, context);
  if (!translated.module)
    return createStringError("the module cannot be translated to LLVM IR: "
                             "lower it to the LLVM dialect first");
  translated.module->setTargetTriple(machine.getTargetTriple());
  translated.module->setDataLayout(machine.createDataLayout());
  translated.module->setPICLevel(PICLevel::BigPIC);
  addTileRegisterRequest(*translated.module);
  annotateFunctions(*translated.module, machine);
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
  // Kernels are vectors already. On long functions this one took half of the
  // time, and made none faster.
  tuning.SLPVectorization = false;
  PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(module, modules);
}

std::vector<StringRef> EmittedFile::getPieces() const {
  std::vector<StringRef> pieces = {StringRef(head.data(), head.size())};
  pieces.insert(pieces.end(), middle.begin(), middle.end());
  pieces.push_back(StringRef(tail.data(), tail.size()));
  return pieces;
}

Expected<EmittedFile> quantopt::emit(TranslatedModule &translated,
                                     TargetMachine &machine, EmitKind kind) {
  bool isObject = kind == EmitKind::Object || kind == EmitKind::Code;
  nameConstants(translated);
  if (!isObject)
    defineConstants(translated);
  EmittedFile file;
  raw_svector_ostream os(file.head);
  if (kind == EmitKind::LLVMIR) {
    translated.module->print(os, nullptr);
    return file;
  }
  legacy::PassManager passes;
  CodeGenFileType type =
      isObject ? CodeGenFileType::ObjectFile : CodeGenFileType::AssemblyFile;
  if (machine.addPassesToEmitFile(passes, os, nullptr, type))
    return createStringError("the back end of " +
                             machine.getTargetTriple().str() + " cannot emit " +
                             (isObject ? "object files" : "assembly"));
  passes.run(*translated.module);
  if (kind == EmitKind::Object)
    if (Error error = appendConstants(file, translated.constants))
      return std::move(error);
  return file;
}
