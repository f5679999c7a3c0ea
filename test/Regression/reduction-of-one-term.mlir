// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=i8[3,4,16,1]:ramp'
// RUN: quant-run %s --inputs=%t.npz --compare-kernels | FileCheck %s

// A sum over a dimension of size one still starts from its initial value.

// CHECK: auto and scalar give the same bytes in all 3 samples

#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#kept = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>

func.func @main(%x: tensor<1x4x16x1xi8>) -> tensor<1x4x16xi32> {
  %start = arith.constant 1000 : i32
  %e = tensor.empty() : tensor<1x4x16xi32>
  %f = linalg.fill ins(%start : i32) outs(%e : tensor<1x4x16xi32>) -> tensor<1x4x16xi32>
  %r = linalg.generic {indexing_maps = [#map, #kept], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x : tensor<1x4x16x1xi8>) outs(%f : tensor<1x4x16xi32>) {
  ^bb0(%in: i8, %out: i32):
    %wide = arith.extsi %in : i8 to i32
    %s = arith.addi %out, %wide : i32
    linalg.yield %s : i32
  } -> tensor<1x4x16xi32>
  return %r : tensor<1x4x16xi32>
}
