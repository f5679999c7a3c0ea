//===- QuantOptPlugin.cpp - quant-opt as a plugin of mlir-opt -------------===//
//
// Gives any tool that loads MLIR plugins the dialect, the interface models, the
// passes and the pipelines of quant-opt:
//
//   mlir-opt-22 --load-dialect-plugin=QuantOptPlugin.so \
//     --load-pass-plugin=QuantOptPlugin.so \
//     --pass-pipeline='builtin.module(qopt-quantize{...})' model.mlir
//
//===----------------------------------------------------------------------===//

#include "quantopt/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Support/Compiler.h"

/// The dialect half: called with the registry of the host.
extern "C" LLVM_ATTRIBUTE_WEAK
    LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
    mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "QuantOpt", "0.1.0",
          [](mlir::DialectRegistry *registry) {
            mlir::qopt::registerQuantOptDialects(*registry);
          }};
}

/// The pass half.
extern "C" LLVM_ATTRIBUTE_WEAK
    LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
    mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "QuantOpt", "0.1.0",
          [] { mlir::qopt::registerQuantOptPasses(); }};
}
