//===- Pipeline.cpp - From integer form or float linalg to a GPU ----------===//
//
// The lowering to GPU, told in order. Up to buffers and layouts it is that to
// CPU, so both compute the same operations in the same order.
//
//===----------------------------------------------------------------------===//

#include "quantopt/Lowering/GPU/Pipeline.h"
#include "../Common/Steps.h"
#include "quantopt/Lowering/CPU/Passes.h"
#include "quantopt/Lowering/GPU/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::qopt;

/// One function on linalg and arith, with the order of sums fixed.
static void prepare(OpPassManager &pm) {
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  pm.addNestedPass<func::FuncOp>(createFactorTakes());
  addConversions(pm, {});
}

/// Tensors become buffers, with channels innermost, where the tensor cores'
/// copies want them.
static void assignBuffers(OpPassManager &pm) {
  addBuffers(pm);
  pm.addPass(createStoreBitsAsBytes());
  pm.addNestedPass<func::FuncOp>(createAssignLayouts());
  pm.addPass(createCanonicalizerPass());
}

/// Kernels become PTX.
static void compileKernels(OpPassManager &pm,
                           const LowerToGPUOptions &options) {
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createConvertGPUKernels());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  GpuNVVMAttachTargetOptions target;
  target.chip = options.chip;
  target.optLevel = 3;
  pm.addPass(createGpuNVVMAttachTarget(target));
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = "isa";
  pm.addPass(createGpuModuleToBinaryPass(binary));
}

void mlir::qopt::buildLowerToGPUPipeline(OpPassManager &pm,
                                         const LowerToGPUOptions &options) {
  // Kernels are named by what the user wrote.
  pm.addPass(createRecordOrigins());
  prepare(pm);
  addFusion(pm);
  assignBuffers(pm);
  // Bodies become what a GPU computes exactly as a CPU does.
  addMath(pm);
  EmitGPUKernelsOptions kernels;
  kernels.chip = options.chip;
  kernels.kernels = options.kernels;
  pm.addPass(createEmitGPUKernels(kernels));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSymbolDCEPass());
  compileKernels(pm, options);
  pm.addPass(createPlanLaunches());
}

bool mlir::qopt::isSupportedChip(StringRef chip) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargetMCs();
  const llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string reason;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, reason);
  std::unique_ptr<llvm::MCSubtargetInfo> known(
      target ? target->createMCSubtargetInfo(triple, "", "") : nullptr);
  unsigned version = 0;
  return known && known->isCPUStringValid(chip) && chip.consume_front("sm_") &&
         !chip.rtrim("af").getAsInteger(10, version) && version >= 80;
}

void mlir::qopt::registerGPUTarget(DialectRegistry &registry) {
  NVVM::registerNVVMTargetInterfaceExternalModels(registry);
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}
