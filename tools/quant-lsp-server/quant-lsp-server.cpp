//===- quant-lsp-server.cpp - Language server for .mlir files -------------===//
//
// Hover, go to definition, diagnostics and completion in an editor, for
// upstream's dialects and qopt.
//
//===----------------------------------------------------------------------===//

#include "quantopt/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::qopt::registerQuantOptDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
