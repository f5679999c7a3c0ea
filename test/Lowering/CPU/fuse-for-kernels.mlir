// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-fuse-for-kernels))" | FileCheck %s

#map = affine_map<(d0, d1) -> (d0, d1)>

// A transpose and two steps become one operation; the sum stays apart.
// CHECK-LABEL: func @chain
// CHECK: %[[ONE:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK: arith.mulf
// CHECK: math.exp
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK-SAME: ins(%[[ONE]]
// CHECK-NOT: linalg.generic
func.func @chain(%x: tensor<4x3xf32>, %init: tensor<3xf32>) -> tensor<3xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %t = linalg.transpose ins(%x : tensor<4x3xf32>) outs(%e : tensor<3x4xf32>) permutation = [1, 0]
  %m = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%t : tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<3x4xf32>
  %y = linalg.exp ins(%m : tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) -> tensor<3x4xf32>
  %s = linalg.generic {indexing_maps = [#map, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<3x4xf32>) outs(%init : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %out, %in : f32
    linalg.yield %v : f32
  } -> tensor<3xf32>
  return %s : tensor<3xf32>
}

// The root of a row is computed once; a sum with a constant, which is as cheap as a
// load, goes to each element.
// CHECK-LABEL: func @rows
// CHECK: %[[ROOT:.*]] = linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK: math.rsqrt
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK-SAME: ins(%arg0, %[[ROOT]]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.subf
// CHECK-NOT: linalg.generic
#row = affine_map<(d0) -> (d0)>
#rows = affine_map<(d0, d1) -> (d0)>
func.func @rows(%x: tensor<4x3xf32>, %v: tensor<4xf32>) -> tensor<4x3xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<4x3xf32>
  %r = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%v : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %y = math.rsqrt %in : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %a = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%v : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %y = arith.addf %in, %one : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#map, #rows, #rows, #map], iterator_types = ["parallel", "parallel"]} ins(%x, %r, %a : tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>) outs(%f : tensor<4x3xf32>) {
  ^bb0(%in: f32, %root: f32, %sum: f32, %out: f32):
    %p = arith.mulf %in, %root : f32
    %y = arith.subf %p, %sum : f32
    linalg.yield %y : f32
  } -> tensor<4x3xf32>
  return %s : tensor<4x3xf32>
}
