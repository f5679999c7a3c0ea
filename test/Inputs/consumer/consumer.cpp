//===- consumer.cpp - A project outside the tree that quantizes a model ---===//
//
// usage: consumer MODEL.mlir SAMPLES.npz
//
//===----------------------------------------------------------------------===//

#include "quantopt/InitAll.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    llvm::errs() << "usage: consumer MODEL.mlir SAMPLES.npz\n";
    return 2;
  }
  // Calibration runs the model in this process.
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();

  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::qopt::registerQuantOptDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);

  mlir::qopt::QuantizeOptions options;
  options.calibrationData = argv[2];
  mlir::PassManager passes(&context);
  mlir::qopt::buildQuantizePipeline(passes, options);
  if (!module || failed(passes.run(*module)))
    return 1;

  int count = 0;
  module->walk([&](mlir::qopt::RequantizeOp) { ++count; });
  llvm::outs() << "requantize operations: " << count << "\n";
  return count > 0 ? 0 : 1;
}
