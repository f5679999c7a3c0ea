// RUN: quant-opt %s --qopt-fold-broadcasts -verify-diagnostics | FileCheck %s

// Constants of one value, matrices of a batch, and repeated factors that are no
// constants stay as they are; so do products without a repeated factor.

// CHECK-LABEL: func @kept
// CHECK-COUNT-3: linalg.batch_matmul
// CHECK: linalg.matmul
// CHECK-NOT: linalg.generic
func.func @kept(%x: tensor<2x3x2xf32>, %v: tensor<2x2xf32>, %y: tensor<3x2xf32>)
    -> (tensor<2x3x2xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>, tensor<3x2xf32>) {
  %splat = arith.constant dense<0.5> : tensor<2x2xf32>
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf32>
  %u = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x3x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x2x2xf32>
  %s = linalg.broadcast ins(%splat : tensor<2x2xf32>) outs(%e : tensor<2x2x2xf32>) dimensions = [0]
  %b = linalg.broadcast ins(%v : tensor<2x2xf32>) outs(%e : tensor<2x2x2xf32>) dimensions = [0]
  %m = linalg.batch_matmul ins(%x, %s : tensor<2x3x2xf32>, tensor<2x2x2xf32>) outs(%zeros : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %n = linalg.batch_matmul ins(%x, %w : tensor<2x3x2xf32>, tensor<2x2x2xf32>) outs(%zeros : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %o = linalg.batch_matmul ins(%x, %b : tensor<2x3x2xf32>, tensor<2x2x2xf32>) outs(%zeros : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %p = linalg.matmul ins(%y, %u : tensor<3x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %m, %n, %o, %p : tensor<2x3x2xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>, tensor<3x2xf32>
}
