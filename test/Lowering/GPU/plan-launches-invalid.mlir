// RUN: quant-opt %s --qopt-plan-launches --split-input-file -verify-diagnostics

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_80">, assembly = "ptx text">]
  func.func @grid(%in: memref<64xf32>) {
    %c1 = arith.constant 1 : index
    %size = memref.alloc() : memref<1xindex>
    %n = arith.constant 1 : index
    // expected-error @+1 {{is neither a launch nor a buffer}}
    %m = memref.load %size[%n] : memref<1xindex>
    gpu.launch_func @kernels::@k blocks in (%m, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%in : memref<64xf32>) {qopt.writes = array<i64>}
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_80">, assembly = "ptx text">]
  func.func @writes(%in: memref<64xf32>) {
    %c1 = arith.constant 1 : index
    // expected-error @+1 {{does not say which arguments its kernel writes, in 'qopt.writes'}}
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%in : memref<64xf32>)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_80">, assembly = "ptx text">]
  func.func @planes(%in: memref<64xf32>) {
    %c2 = arith.constant 2 : index
    %c1 = arith.constant 1 : index
    // expected-error @+1 {{has blocks of threads along y or z}}
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c2) args(%in : memref<64xf32>)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  // expected-error @+1 {{is not one object of PTX}}
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_80">, bin = "code">]
}

// -----

// expected-error @+1 {{'tensor' does not take and return dense buffers as arguments; run --qopt-results-to-destinations first}}
func.func @tensor(%in: tensor<64xf32>) -> tensor<64xf32> {
  return %in : tensor<64xf32>
}
