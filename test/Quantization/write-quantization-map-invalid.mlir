// RUN: quant-opt %s --qopt-write-quantization-map -verify-diagnostics

// RUN: rm -rf %t && mkdir %t
// RUN: not quant-opt %s --qopt-write-quantization-map=file=%t/none/map.yaml -o %t/out.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ls %t/out.mlir
// NONE: error: cannot write quantization map '{{.*}}none/map.yaml': {{.*}}No such file or directory

// expected-error@+1 {{qopt-write-quantization-map needs file=PATH, - for standard output}}
module {
  func.func @model(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    return %x : tensor<4x4xf32>
  }
}
