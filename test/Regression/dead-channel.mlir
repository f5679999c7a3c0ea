// RUN: quant-opt %s --qopt-quantize-weights --qopt-insert-qdq --qopt-fold-qdq | FileCheck %s

// Training switches channels off: their weights are next to nothing, their bias
// is not. In units of such a weight the bias would overflow the accumulator; the
// channel takes a larger scale, and the contraction stays on integers.

// CHECK-LABEL: func @dead
// CHECK: arith.constant dense<{{\[\[}}127, 0], [-127, 0]]> : tensor<2x2xi8>
// CHECK: linalg.matmul
// CHECK-SAME: tensor<1x2xi8>, tensor<2x2xi8>
func.func @dead(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 1.0e-30], [-1.0, 1.0e-30]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, 0.25]]> : tensor<1x2xf32>
  %0 = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.1> : tensor<1x2xf32>
  %r = linalg.matmul {qopt.integer} ins(%0, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}
