//===- quantopt-test-opt.cpp - quant-opt that knows a foreign dialect -----===//

#include "Foreign.h"

#include "quantopt/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllPasses();
  mlir::qopt::registerQuantOptDialects(registry);
  mlir::qopt::registerQuantOptPasses();
  registry.insert<foreign::ForeignDialect>();
  foreign::registerQuantizableModels(registry);
  foreign::registerForeignToLinalg();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "quant-opt with a foreign dialect\n", registry));
}
