//===- Steps.cpp - Steps that lowerings to CPU and GPU share --------------===//

#include "Steps.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::qopt;

void mlir::qopt::addConversions(OpPassManager &pm,
                                const ConvertToLinalgOptions &options) {
  pm.addPass(createConvertToLinalg(options));
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createSplitReductions());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::qopt::addFusion(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createFoldConstantGenerics());
  pm.addNestedPass<func::FuncOp>(createFoldMovement());
  pm.addNestedPass<func::FuncOp>(createFuseForKernels());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::qopt::addBuffers(OpPassManager &pm) {
  pm.addPass(createConvertObservers());
  pm.addPass(createResultsToDestinations());
  pm.addPass(createBufferize());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::qopt::addMath(OpPassManager &pm) {
  math::MathExtendToSupportedTypesOptions functions;
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(math::createMathExtendToSupportedTypes(functions));
  arith::ArithEmulateUnsupportedFloatsOptions arithmetic;
  arithmetic.sourceTypeStrs = {"bf16"};
  func.addPass(arith::createArithEmulateUnsupportedFloats(arithmetic));
  func.addPass(createApproximateMath());
}
