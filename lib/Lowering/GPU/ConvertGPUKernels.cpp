//===- ConvertGPUKernels.cpp - GPU kernels to the NVVM dialect ------------===//

#include "quantopt/Lowering/GPU/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CONVERTGPUKERNELS
#include "quantopt/Lowering/GPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

struct ConvertGPUKernels
    : qopt::impl::ConvertGPUKernelsBase<ConvertGPUKernels> {
  void runOnOperation() override {
    gpu::GPUModuleOp module = getOperation();
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    LLVMTypeConverter converter(&getContext(), options);
    configureGpuToNVVMTypeConverter(converter);
    RewritePatternSet patterns(&getContext());
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    // Before those to libdevice, whose square root is an approximation.
    populateMathToLLVMConversionPatterns(converter, patterns,
                                         /*approximateLog1p=*/true,
                                         /*benefit=*/10);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    populateGpuToNVVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addLegalOp<gpu::GPUModuleOp>();
    target.addIllegalDialect<gpu::GPUDialect>();
    target.addLegalOp<gpu::GPUModuleOp>();
    if (failed(applyFullConversion(module, target, std::move(patterns))) ||
        failed(checkCalls(module)))
      signalPassFailure();
  }

private:
  /// Kernels link no library.
  LogicalResult checkCalls(gpu::GPUModuleOp module) {
    return failure(
        module
            ->walk([&](LLVM::CallOp call) -> WalkResult {
              std::optional<StringRef> callee = call.getCallee();
              auto func = callee
                              ? module.lookupSymbol<LLVM::LLVMFuncOp>(*callee)
                              : nullptr;
              if (func && (!func.isExternal() || callee->starts_with("llvm.")))
                return WalkResult::advance();
              return emitError(call.getLoc(), "GPU kernels cannot compute '")
                     << callee.value_or("a function by its address")
                     << "'; run the model on cpu";
            })
            .wasInterrupted());
  }
};

} // namespace
