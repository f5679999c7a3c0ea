// RUN: quant-opt %s --pass-pipeline='builtin.module(gpu.module(qopt-convert-gpu-kernels))' | FileCheck %s

// Buffers are bare pointers that keep what is known of them, and functions are
// LLVM's, which round as on CPUs: no calls of libdevice.
gpu.module @kernels {
  // CHECK: llvm.func @roots(%{{.*}}: !llvm.ptr {llvm.noalias, llvm.readonly}, %{{.*}}: !llvm.ptr {llvm.noalias})
  // CHECK-SAME: nvvm.kernel
  // CHECK-NOT: call
  // CHECK: llvm.intr.sqrt
  // CHECK: llvm.intr.roundeven
  // CHECK: llvm.intr.fma
  // CHECK: llvm.fdiv
  gpu.func @roots(%a: memref<64xf32> {llvm.noalias, llvm.readonly}, %b: memref<64xf32> {llvm.noalias}) kernel {
    %i = gpu.thread_id x
    %x = memref.load %a[%i] : memref<64xf32>
    %s = math.sqrt %x : f32
    %r = math.roundeven %s : f32
    %f = math.fma %r, %s, %x : f32
    %q = math.rsqrt %f : f32
    memref.store %q, %b[%i] : memref<64xf32>
    gpu.return
  }
}
