// Code for an older processor runs here, and features come and go.

// REQUIRES: host-x86_64
// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[3,4]:1,2,3,4,0,-1,0.5,8,4,3,2,1'
// RUN: quant-run %s --inputs=%t.npz --cpu=x86-64 --outputs=%t.old.npz
// RUN: quant-run %s --inputs=%t.npz --cpu=x86-64-v2 --features=+sse4.2,-sse4.1 --outputs=%t.features.npz
// RUN: quant-run %s --inputs=%t.npz --cpu=native --outputs=%t.native.npz
// RUN: cmp %t.old.npz %t.native.npz
// RUN: cmp %t.old.npz %t.features.npz

// x * 1.1 + x must not become one fused operation on any of them.
func.func @f(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %empty = tensor.empty() : tensor<1x4xf32>
  %c = arith.constant 1.1 : f32
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.mulf %a, %c : f32
    %1 = arith.addf %0, %a : f32
    linalg.yield %1 : f32
  } -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
