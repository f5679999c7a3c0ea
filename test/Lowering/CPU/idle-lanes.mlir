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
#id = affine_map<(d0) -> (d0)>
#sum = affine_map<(d0) -> ()>
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  func.func @shares(%x: tensor<12xf32>) -> tensor<12xf32> {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<12xf32>
    %terms = linalg.exp ins(%x : tensor<12xf32>) outs(%e : tensor<12xf32>) -> tensor<12xf32>
    %one = tensor.empty() : tensor<f32>
    %init = linalg.fill ins(%zero : f32) outs(%one : tensor<f32>) -> tensor<f32>
    %total = linalg.generic {indexing_maps = [#id, #sum], iterator_types = ["reduction"]} ins(%terms : tensor<12xf32>) outs(%init : tensor<f32>) {
    ^bb0(%in: f32, %out: f32):
      %v = arith.addf %out, %in : f32
      linalg.yield %v : f32
    } -> tensor<f32>
    %s = linalg.generic {indexing_maps = [#id, #sum, #id], iterator_types = ["parallel"]} ins(%terms, %total : tensor<12xf32>, tensor<f32>) outs(%e : tensor<12xf32>) {
    ^bb0(%term: f32, %all: f32, %out: f32):
      %v = arith.divf %term, %all : f32
      linalg.yield %v : f32
    } -> tensor<12xf32>
    return %s : tensor<12xf32>
  }
}
