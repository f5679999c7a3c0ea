// RUN: quant-opt %s --pass-pipeline='builtin.module(gpu.module(qopt-convert-gpu-kernels))' -verify-diagnostics

gpu.module @kernels {
  gpu.func @gamma(%a: memref<64xf32>) kernel {
    %i = gpu.thread_id x
    %x = memref.load %a[%i] : memref<64xf32>
    // expected-error @+1 {{GPU kernels cannot compute '__nv_acoshf'; run the model on cpu}}
    %s = math.acosh %x : f32
    memref.store %s, %a[%i] : memref<64xf32>
    gpu.return
  }
}
