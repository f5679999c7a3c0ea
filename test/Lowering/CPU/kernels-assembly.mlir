// RUN: quant-opt %s --qopt-lower-to-cpu=cpu=znver4 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=znver4 | %llvm_tools/llc -O3 -mcpu=znver4 | FileCheck %s

// The main tile of a large product: 24 multiply-adds for six rows and four
// vectors, unrolled twice; nothing is spilled, widened or multiplied otherwise.
// CHECK-LABEL: main:
// CHECK-NOT: vpmulld
// CHECK-NOT: vpmaddwd
// CHECK-NOT: Spill
// CHECK-NOT: Reload
// CHECK: vpbroadcastd
// CHECK-COUNT-24: vpdpbusd
// CHECK-NOT: vpmulld
// CHECK-NOT: vpmaddwd
// CHECK-NOT: Spill
// CHECK-NOT: Reload
// CHECK: retq
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  func.func @main(%x: tensor<96x512xi8>) -> tensor<96x512xi8> {
    %w = arith.constant dense<3> : tensor<512x512xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<96x512xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<96x512xi32>) -> tensor<96x512xi32>
    %acc = linalg.matmul ins(%x, %w : tensor<96x512xi8>, tensor<512x512xi8>) outs(%i : tensor<96x512xi32>) -> tensor<96x512xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<96x512xi32> -> tensor<96x512xi8>
    return %r : tensor<96x512xi8>
  }
}
