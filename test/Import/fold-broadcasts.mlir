// RUN: quant-opt %s --qopt-fold-broadcasts --canonicalize -split-input-file | FileCheck %s

// A dense layer on an image, as torch-mlir writes it: the weights are repeated for each
// row of it. They are read once, and the reshapes are loops.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d4, d3)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func @dense
// CHECK-SAME: %[[A:.*]]: tensor<1x4x5x2xf32>
// CHECK: %[[C:.*]] = arith.constant dense<{{.*}}> : tensor<2x3xf32>
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[A]], %[[C]] : tensor<1x4x5x2xf32>, tensor<2x3xf32>)
// CHECK-NOT: shape
// CHECK: return %[[R]]
func.func @dense(%x: tensor<1x4x5x2xf32>) -> tensor<1x4x5x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x2x3xf32>
  %repeated = linalg.broadcast ins(%w : tensor<2x3xf32>) outs(%e : tensor<1x4x2x3xf32>) dimensions = [0, 1]
  %a = tensor.collapse_shape %x [[0, 1], [2], [3]] : tensor<1x4x5x2xf32> into tensor<4x5x2xf32>
  %b = tensor.collapse_shape %repeated [[0, 1], [2], [3]] : tensor<1x4x2x3xf32> into tensor<4x2x3xf32>
  %f = tensor.empty() : tensor<4x5x3xf32>
  %z = linalg.fill ins(%zero : f32) outs(%f : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  %m = linalg.batch_matmul ins(%a, %b : tensor<4x5x2xf32>, tensor<4x2x3xf32>) outs(%z : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  %y = tensor.expand_shape %m [[0, 1], [2], [3]] output_shape [1, 4, 5, 3] : tensor<4x5x3xf32> into tensor<1x4x5x3xf32>
  return %y : tensor<1x4x5x3xf32>
}

// -----

// The weights are on the left, and their unit dimensions go.
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d3)>
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
// CHECK-LABEL: func @left
// CHECK: linalg.generic {indexing_maps = [#[[W]], #[[X]], #{{.*}}]{{.*}} ins(%{{.*}}, %{{.*}} : tensor<3x2xf32>, tensor<4x2x5xf32>)
func.func @left(%x: tensor<4x2x5xf32>) -> tensor<4x3x5xf32> {
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]> : tensor<1x3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x3x5xf32>
  %e = tensor.empty() : tensor<4x3x2xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (0, j, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%w : tensor<1x3x2xf32>) outs(%e : tensor<4x3x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<4x3x2xf32>
  %m = linalg.batch_matmul ins(%b, %x : tensor<4x3x2xf32>, tensor<4x2x5xf32>) outs(%zeros : tensor<4x3x5xf32>) -> tensor<4x3x5xf32>
  return %m : tensor<4x3x5xf32>
}

// -----

// What is summed over stays whole: else the weights would change their shape.
// CHECK-LABEL: func @flattened
// CHECK: %[[A:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3]]
// CHECK: linalg.generic {{.*}} ins(%[[A]], %{{.*}} : tensor<4x5x4xf32>, tensor<4x2xf32>)
func.func @flattened(%x: tensor<4x5x2x2xf32>) -> tensor<4x5x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x5x2xf32>
  %e = tensor.empty() : tensor<4x4x2xf32>
  %b = linalg.broadcast ins(%w : tensor<4x2xf32>) outs(%e : tensor<4x4x2xf32>) dimensions = [0]
  %a = tensor.collapse_shape %x [[0], [1], [2, 3]] : tensor<4x5x2x2xf32> into tensor<4x5x4xf32>
  %m = linalg.batch_matmul ins(%a, %b : tensor<4x5x4xf32>, tensor<4x4x2xf32>) outs(%zeros : tensor<4x5x2xf32>) -> tensor<4x5x2xf32>
  return %m : tensor<4x5x2xf32>
}
