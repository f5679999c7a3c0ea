//===- quant-opt.cpp - The optimizer driver -------------------------------===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"
#include "quantopt/Pipelines/Pipelines.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<mlir::qopt::QOptDialect>();
  mlir::qopt::registerLoweringCPUPasses();
  mlir::qopt::registerLowerToCPUPipeline();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "quant-opt: the quantization compiler\n", registry));
}
