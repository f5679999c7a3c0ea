//===- Passes.td - Passes that lower models to GPU code ----*- tablegen -*-===//

#ifndef QUANTOPT_LOWERING_GPU_PASSES_TD
#define QUANTOPT_LOWERING_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmitGPUKernels : Pass<"qopt-emit-gpu-kernels", "::mlir::ModuleOp"> {
  let summary = "write GPU kernels for linalg on buffers";
  let description = [{
    Reads functions of linalg on memrefs with static shapes. Each operation becomes
    a kernel of the `gpu.module` `qopt_kernels` and a `gpu.launch_func` in its
    place, with the operation that fills its accumulators and the one that consumes
    them inside the kernel.

    Products of bytes (matrix products and convolutions of any layout, stride,
    dilation and grouping) run on tensor cores: blocks of the result, as many as
    fill the GPU best by a model of it, with `mma.sync`, or `wgmma` where `chip`
    has that, on tiles that `cp.async` brings into shared memory some steps ahead.
    Constant weights are packed at compile time. All else has one thread for each
    element of the result, which takes the terms of a sum in their order; few sums
    of many integers have a warp each, or parts of a block. Constants that
    neighbouring threads would read far apart are copied in another order.

    Operations that follow each other and pass on rows (a layer norm, a softmax, a
    quantization by rows) are one kernel, with a block of threads for each row and
    barriers in between, where a model of launches and steps says that this is
    faster; what only they use stays in shared memory.

    Integer results have the bits of the plain loops of `--qopt-lower-to-cpu`:
    sums of integers do not depend on their order, and bodies are the same
    operations. So have floats: each thread does what one iteration of those loops
    does, and nothing is fused into a multiply-add.

    Guarantees that no linalg is left. Refuses chips before sm_80, operations on
    buffers that are not linalg, calls (calibration hooks are some), and bodies that use values of the function other than buffers
    and constants.

    Example: test/Lowering/GPU/emit-gpu-kernels.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_80\"", "the least GPU that the code runs on, as llc -march=nvptx64 -mcpu names it; sm_90a (H100, H200 and no others) has warpgroups">,
    Option<"kernels", "kernels", "std::string", "\"auto\"", "auto: tensor cores where they can be used; scalar: a thread for each element of every result">
  ];
}

def ConvertGPUKernels : Pass<"qopt-convert-gpu-kernels", "::mlir::gpu::GPUModuleOp"> {
  let summary = "lower GPU kernels to the NVVM dialect";
  let description = [{
    Reads a `gpu.module` of gpu, scf, arith, math, memref and NVVM. Buffers that are
    arguments become bare pointers, and functions of math become LLVM's
    intrinsics, rounded as the CPU rounds them: upstream's conversion calls
    libdevice for those, which is no part of LLVM.

    Guarantees the LLVM and NVVM dialects only. Refuses functions of math that
    LLVM's back end has no instructions for: `--qopt-approximate-math` makes
    polynomials of the others.

    Example: test/Lowering/GPU/convert-gpu-kernels.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

def PlanLaunches : Pass<"qopt-plan-launches", "::mlir::ModuleOp"> {
  let summary = "make of each model a list of launches that the run-time library runs";
  let description = [{
    Reads functions on memrefs of one block whose operations are `gpu.launch_func`,
    `memref.alloc`, views and constants, and the `gpu.binary` of their kernels.
    Arguments, constants and allocations get places in one block of the GPU's memory,
    allocations by lifetime as `--qopt-plan-arena` gives them. Each function
    `@f(memref input..., memref result...)` becomes `llvm.func @f(ptr input...,
    ptr result...)` that calls `qopt_gpu_run` of the run-time library with a table
    of the launches, and a table of what is copied before and after
    (runtime/include/quantopt-runtime/Gpu.h). The pointers are to the
    memory of the host or of the GPU.

    Guarantees the LLVM dialect only, and that a run allocates nothing.

    Refuses operations that are none of those, launches whose sizes are not
    constant, and binaries that are no PTX.

    Example: test/Lowering/GPU/plan-launches.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTOPT_LOWERING_GPU_PASSES_TD
