// RUN: quant-opt %s --qopt-lower-to-cpu=cpu=znver4 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=znver4 | %llvm_tools/llc -O3 -mcpu=znver4 | FileCheck %s

// Twelve lanes of sixteen are divided. Nobody stores the others, and the arena
// goes on behind the twelve: LLVM would load the whole register, with whatever
// lies there. Integers are tiny floats, for which some processors take a hundred
// cycles to divide instead of ten. The lanes are zero.
// CHECK-LABEL: shares:
// CHECK: .Lqopt_arena(%rip), %zmm[[TERMS:[0-9]+]] {%k{{[1-7]}}} {z}
// CHECK-NOT: %zmm[[TERMS]]{{$}}
// CHECK: vdivps %zmm{{[0-9]+}}, %zmm[[TERMS]], %zmm
// CHECK: retq
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  func.func @shares(%x: tensor<1x12xf32>) -> tensor<1x12xf32> {
    %e = tensor.empty() : tensor<1x12xf32>
    %s = linalg.softmax dimension(1) ins(%x : tensor<1x12xf32>) outs(%e : tensor<1x12xf32>) -> tensor<1x12xf32>
    return %s : tensor<1x12xf32>
  }
}
