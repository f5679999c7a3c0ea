// A sum over elements that its body reads by itself, at the positions that an input gives.
// Afterwards their buffer holds other values, and only then comes what takes the sums: they
// cannot be computed there.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'values=f32[4,32]:ramp' 'rows=i32[4,32,3]:ramp'
// RUN: quant-run %s --inputs=%t.npz --compare-kernels | FileCheck %s
// CHECK: auto and scalar give the same bytes in all 4 samples

#id = affine_map<(i) -> (i)>
func.func @bags(%values: tensor<32xf32>, %rows: tensor<32x3xi32>) -> (tensor<32xf32>, tensor<32xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %mask = arith.constant 31 : i32
  %e = tensor.empty() : tensor<32xf32>
  %x = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%values : tensor<32xf32>) outs(%e : tensor<32xf32>) {
  ^bb0(%v: f32, %o: f32):
    %p = arith.mulf %v, %v : f32
    linalg.yield %p : f32
  } -> tensor<32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<32xf32>) -> tensor<32xf32>
  %bags = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%rows : tensor<32x3xi32>) outs(%f : tensor<32xf32>) {
  ^bb0(%row: i32, %o: f32):
    %near = arith.andi %row, %mask : i32
    %at = arith.index_cast %near : i32 to index
    %v = tensor.extract %x[%at] : tensor<32xf32>
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<32xf32>
  %next = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%values : tensor<32xf32>) outs(%x : tensor<32xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<32xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%bags : tensor<32xf32>) outs(%e : tensor<32xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %one : f32
    linalg.yield %s : f32
  } -> tensor<32xf32>
  return %y, %next : tensor<32xf32>, tensor<32xf32>
}
