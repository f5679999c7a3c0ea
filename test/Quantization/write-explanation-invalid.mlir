// RUN: quant-opt %s --qopt-write-explanation -verify-diagnostics

// RUN: rm -rf %t && mkdir %t
// RUN: not quant-opt %s --qopt-write-explanation=file=%t/none/why.txt -o %t/out.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ls %t/out.mlir
// NONE: error: the explanation cannot be written: {{.*}}none/why.txt{{.*}}: No such file or directory

// expected-error@+1 {{qopt-write-explanation needs file=PATH, - for standard output}}
module {
  func.func @model(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    return %x : tensor<4x4xf32>
  }
}
