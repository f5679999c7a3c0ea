//===- consumer.cpp - A project outside the tree that uses the package ----===//

#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

static constexpr llvm::StringLiteral source = R"(
func.func @f(%q: tensor<4xi8>) -> tensor<4xi8> {
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
})";

int main() {
  mlir::DialectRegistry registry;
  registry.insert<mlir::qopt::QOptDialect, mlir::func::FuncDialect>();
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  mlir::PassManager passes(&context);
  passes.addPass(mlir::createCanonicalizerPass());
  if (!module || failed(passes.run(*module)))
    return 1;
  // The pair folds away: the function returns its argument.
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  return function.front().getOperations().size() == 1 ? 0 : 1;
}
