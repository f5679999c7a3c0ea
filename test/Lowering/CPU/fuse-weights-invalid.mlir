// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-fuse-weights{cpu=abacus}))" -verify-diagnostics

// expected-error@+1 {{cannot be compiled for cpu "abacus"}}
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}
