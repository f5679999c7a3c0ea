// RUN: quant-opt %s --qopt-normalize-linalg | FileCheck %s
// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[2,32]:2' 'y=f32[2,32]:128'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s --check-prefix=ERROR

// torch-mlir writes x^2 as a power with a 64-bit exponent. It is a product; any
// other power runs, lane by lane.

// CHECK: arith.mulf
// CHECK: math.fpowi
// ERROR: max abs error {{ *}}0

#map = affine_map<(d0, d1) -> (d0, d1)>

func.func @main(%x: tensor<1x32xf32>) -> tensor<1x32xf32> {
  %two = arith.constant 2 : i64
  %five = arith.constant 5 : i64
  %e = tensor.empty() : tensor<1x32xf32>
  %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<1x32xf32>) outs(%e : tensor<1x32xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = math.fpowi %in, %two : f32, i64
    %q = math.fpowi %in, %five : f32, i64
    %s = arith.mulf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<1x32xf32>
  return %r : tensor<1x32xf32>
}
