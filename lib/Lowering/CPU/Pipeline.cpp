//===- Pipeline.cpp - From integer form or float linalg to LLVM -----------===//
//
// The lowering to CPU, told in order.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Lowering/CPU/Pipeline.h"
#include "../Common/Steps.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::qopt;

/// One function on linalg and arith: no conversions, no hooks, no calls. Here
/// scalar and vector code still agree, so here the order of sums is fixed.
static void prepare(OpPassManager &pm, const LowerToCPUOptions &options) {
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  ConvertToLinalgOptions conversions;
  if (options.kernels != "scalar") {
    FuseWeightsOptions weights;
    weights.cpu = conversions.cpu = options.cpu;
    weights.features = conversions.features = options.features;
    pm.addNestedPass<func::FuncOp>(createFuseWeights(weights));
    pm.addNestedPass<func::FuncOp>(createFactorTakes());
  }
  addConversions(pm, conversions);
}

/// Channels go innermost and kernels take what they can, with their neighbours.
static void emitKernels(OpPassManager &pm, const LowerToCPUOptions &options) {
  pm.addPass(createStoreBitsAsBytes());
  pm.addNestedPass<func::FuncOp>(createAssignLayouts());
  pm.addPass(createCanonicalizerPass());
  EmitKernelsOptions kernels;
  kernels.cpu = options.cpu;
  kernels.features = options.features;
  kernels.profile = options.profile;
  kernels.threads = options.threads;
  kernels.tiles = options.tiles;
  kernels.candidate = options.candidate;
  pm.addPass(createEmitKernels(kernels));
  if (options.profile)
    pm.addPass(createInstrumentProfile());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSymbolDCEPass());
}

/// What no kernel took becomes plain loops. From here on all work is within a
/// kernel, so that functions may be short.
static void lowerToLoops(OpPassManager &pm, const LowerToCPUOptions &options) {
  pm.addPass(createPlanArena());
  SplitFunctionsOptions split;
  split.longest = options.functionOperations;
  pm.addPass(createSplitFunctions(split));
  if (options.threads != 1) {
    ParallelizeLoopsOptions parallel;
    parallel.threads = options.threads;
    pm.addPass(createParallelizeLoops(parallel));
  }
  pm.addNestedPass<func::FuncOp>(createOrderLoops());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(memref::createFoldMemRefAliasOpsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createLoopInvariantCodeMotionPass());
}

/// Loops, memrefs and arithmetic become the LLVM dialect.
static void lowerToLLVM(OpPassManager &pm, const LowerToCPUOptions &options) {
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  addMath(pm);
  pm.addPass(createSCFToControlFlowPass());
  ConvertMathToLLVMPassOptions math;
  pm.addPass(createConvertMathToLLVMPass(math));
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions func;
  func.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(func));
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  AttachTargetOptions target;
  target.cpu = options.cpu;
  target.features = options.features;
  pm.addPass(createAttachTarget(target));
}

void mlir::qopt::buildLowerToCPUPipeline(OpPassManager &pm,
                                         const LowerToCPUOptions &options) {
  // A profile names what the user wrote.
  if (options.profile)
    pm.addPass(createRecordOrigins());
  prepare(pm, options);
  if (options.kernels != "scalar")
    addFusion(pm);
  addBuffers(pm);
  if (options.kernels != "scalar")
    emitKernels(pm, options);
  else if (options.profile)
    pm.addPass(createInstrumentProfile());
  lowerToLoops(pm, options);
  lowerToLLVM(pm, options);
}
