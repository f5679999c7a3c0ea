// RUN: quant-opt %s --qopt-unroll-loops --canonicalize -split-input-file | FileCheck %s

// A recurrence of three steps: each reads the state that the one before left.
// CHECK-LABEL: func @recurrence
// CHECK-NOT: scf.for
// CHECK: %[[A:.*]] = linalg.matmul ins(%{{.*}}, %[[W:.*]] :
// CHECK: %[[S:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0]
// CHECK: %[[B:.*]] = linalg.matmul ins(%[[A]], %[[W]] :
// CHECK: tensor.insert_slice %{{.*}} into %[[S]][1, 0, 0]
// CHECK: %[[C:.*]] = linalg.matmul ins(%[[B]], %[[W]] :
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[2, 0, 0]
// CHECK-NOT: linalg.matmul
// CHECK: return
func.func @recurrence(%h: tensor<1x4xf32>) -> tensor<3x1x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %all = tensor.empty() : tensor<3x1x4xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%out = %all, %state = %h) -> (tensor<3x1x4xf32>, tensor<1x4xf32>) {
    %m = linalg.matmul ins(%state, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
    %e = tensor.expand_shape %m [[0, 1], [2]] output_shape [1, 1, 4] : tensor<1x4xf32> into tensor<1x1x4xf32>
    %n = tensor.insert_slice %e into %out[%i, 0, 0] [1, 1, 4] [1, 1, 1] : tensor<1x1x4xf32> into tensor<3x1x4xf32>
    scf.yield %n, %m : tensor<3x1x4xf32>, tensor<1x4xf32>
  }
  return %r#0 : tensor<3x1x4xf32>
}

// -----

// A loop inside of another: four products.
// CHECK-LABEL: func @nested
// CHECK-COUNT-4: linalg.matmul
// CHECK-NOT: linalg.matmul
// CHECK: return
func.func @nested(%h: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%a = %h) -> (tensor<1x4xf32>) {
    %s = scf.for %j = %c0 to %c2 step %c1 iter_args(%b = %a) -> (tensor<1x4xf32>) {
      %m = linalg.matmul ins(%b, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
      scf.yield %m : tensor<1x4xf32>
    }
    scf.yield %s : tensor<1x4xf32>
  }
  return %r : tensor<1x4xf32>
}
