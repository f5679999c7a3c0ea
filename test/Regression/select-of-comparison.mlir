// RUN: quant-opt %s --qopt-fuse-unary | FileCheck %s

// A PReLU as torch-mlir writes it: the comparison is an operation of its own and
// makes i1. All three are one function of one value.

#map = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>

// CHECK-LABEL: func @prelu
// CHECK: linalg.generic
// CHECK: arith.cmpf
// CHECK: arith.select
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @prelu(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f64
  %slope = arith.constant dense<[0.1, 0.2, 0.3]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %b = tensor.empty() : tensor<2x3xi1>
  %0 = linalg.generic {indexing_maps = [#map, #channel, #map], iterator_types = ["parallel", "parallel"]} ins(%x, %slope : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %m = arith.mulf %in, %s : f32
    linalg.yield %m : f32
  } -> tensor<2x3xf32>
  %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x3xf32>) outs(%b : tensor<2x3xi1>) {
  ^bb0(%in: f32, %out: i1):
    %d = arith.extf %in : f32 to f64
    %c = arith.cmpf olt, %d, %zero : f64
    linalg.yield %c : i1
  } -> tensor<2x3xi1>
  %2 = linalg.generic {indexing_maps = [#map, #map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%1, %0, %x : tensor<2x3xi1>, tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%c: i1, %a: f32, %in: f32, %out: f32):
    %r = arith.select %c, %a, %in : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}
