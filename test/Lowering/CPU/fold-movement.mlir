// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-fold-movement))" -split-input-file | FileCheck %s

// A reshape that adds a dimension of size 1 moves behind the operations that it
// kept apart, and another that takes it away cancels it. An operand that nobody
// reshapes is read at index 0.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1) -> (0, d0, d1)>
// CHECK-LABEL: func @reshapes
// CHECK-NOT: tensor.expand_shape
// CHECK: %[[A:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[FIRST]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<1x4x8xf32>) outs({{.*}} : tensor<4x8xf32>)
// CHECK: %[[B:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} ins(%[[A]] : tensor<4x8xf32>)
// CHECK: return %[[B]]
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @reshapes(%x: tensor<4x8xf32>, %y: tensor<1x4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<1x4x8xf32>
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 4, 8] : tensor<4x8xf32> into tensor<1x4x8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%r, %y : tensor<1x4x8xf32>, tensor<1x4x8xf32>) outs(%e : tensor<1x4x8xf32>) {
  ^bb0(%in: f32, %other: f32, %out: f32):
    %v = arith.addf %in, %other : f32
    linalg.yield %v : f32
  } -> tensor<1x4x8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%a : tensor<1x4x8xf32>) outs(%e : tensor<1x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<1x4x8xf32>
  %c = tensor.collapse_shape %b [[0, 1], [2]] : tensor<1x4x8xf32> into tensor<4x8xf32>
  return %c : tensor<4x8xf32>
}

// -----

// A reshape that splits a dimension stays, and so do loops of one iteration that no
// reshape asks for.
// CHECK-LABEL: func @stays
// CHECK: tensor.expand_shape
// CHECK: iterator_types = ["parallel", "parallel", "parallel"]
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @stays(%x: tensor<1x8xf32>) -> tensor<1x2x4xf32> {
  %e = tensor.empty() : tensor<1x2x4xf32>
  %r = tensor.expand_shape %x [[0], [1, 2]] output_shape [1, 2, 4] : tensor<1x8xf32> into tensor<1x2x4xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%r : tensor<1x2x4xf32>) outs(%e : tensor<1x2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<1x2x4xf32>
  return %a : tensor<1x2x4xf32>
}

// -----

// A product reads its factors where they were: the first one only where its rows
// stay rows, the second one, which is packed, in any order.
// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d3)>
// CHECK-DAG: #[[RIGHT:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d0, d3)>
// CHECK-LABEL: func @attention
// CHECK: linalg.generic {indexing_maps = [#[[LEFT]], #[[RIGHT]], #{{.*}}], {{.*}} ins(%arg0, %arg1 :
#left = affine_map<(b, i, j, k) -> (b, i, k)>
#right = affine_map<(b, i, j, k) -> (b, k, j)>
#out = affine_map<(b, i, j, k) -> (b, i, j)>
func.func @attention(%q: tensor<8x2x4xi8>, %k: tensor<8x2x4xi8>, %init: tensor<2x8x8xi32>) -> tensor<2x8x8xi32> {
  %e = tensor.empty() : tensor<2x8x4xi8>
  %f = tensor.empty() : tensor<2x4x8xi8>
  %l = linalg.transpose ins(%q : tensor<8x2x4xi8>) outs(%e : tensor<2x8x4xi8>) permutation = [1, 0, 2]
  %r = linalg.transpose ins(%k : tensor<8x2x4xi8>) outs(%f : tensor<2x4x8xi8>) permutation = [1, 2, 0]
  %p = linalg.generic {indexing_maps = [#left, #right, #out], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%l, %r : tensor<2x8x4xi8>, tensor<2x4x8xi8>) outs(%init : tensor<2x8x8xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %x = arith.extsi %a : i8 to i32
    %y = arith.extsi %b : i8 to i32
    %m = arith.muli %x, %y : i32
    %s = arith.addi %c, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x8x8xi32>
  return %p : tensor<2x8x8xi32>
}

// -----

// The first factor's sums would no longer run along its rows.
// CHECK-LABEL: func @columns
// CHECK: %[[T:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<4x8xi8>) outs({{.*}} : tensor<8x4xi8>)
// CHECK: linalg.generic {{.*}} ins(%[[T]], %arg1 :
func.func @columns(%x: tensor<4x8xi8>, %w: tensor<4x3xi8>, %init: tensor<8x3xi32>) -> tensor<8x3xi32> {
  %e = tensor.empty() : tensor<8x4xi8>
  %t = linalg.transpose ins(%x : tensor<4x8xi8>) outs(%e : tensor<8x4xi8>) permutation = [1, 0]
  %p = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%t, %w : tensor<8x4xi8>, tensor<4x3xi8>) outs(%init : tensor<8x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %x0 = arith.extsi %a : i8 to i32
    %y0 = arith.extsi %b : i8 to i32
    %m = arith.muli %x0, %y0 : i32
    %s = arith.addi %c, %m : i32
    linalg.yield %s : i32
  } -> tensor<8x3xi32>
  return %p : tensor<8x3xi32>
}
