// RUN: quant-opt %s --qopt-sink-dequantize -verify-diagnostics | FileCheck %s

// What the program computes is moved where it stands.
// CHECK-LABEL: func @values
// CHECK: %[[D:.*]] = qopt.dequantize
// CHECK: linalg.transpose ins(%[[D]] : tensor<2x3xf32>)
func.func @values(%x: tensor<2x3xi8>) -> tensor<3x2xf32> {
  %d = qopt.dequantize %x as !quant.uniform<i8:f32, 0.5:1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// A dimension with scales would be split, or merged with another one.
// CHECK-LABEL: func @split
// CHECK: tensor.expand_shape %{{.*}} : tensor<4x2xf32>
// CHECK: tensor.collapse_shape %{{.*}} : tensor<4x2xf32>
func.func @split() -> (tensor<2x2x2xf32>, tensor<8xf32>) {
  %w = arith.constant dense<7> : tensor<4x2xi8>
  %d = qopt.dequantize %w as !quant.uniform<i8:f32:0, {0.5, 0.25, 1.0, 2.0}> : tensor<4x2xi8> -> tensor<4x2xf32>
  %e = tensor.expand_shape %d [[0, 1], [2]] output_shape [2, 2, 2] : tensor<4x2xf32> into tensor<2x2x2xf32>
  %c = tensor.collapse_shape %d [[0, 1]] : tensor<4x2xf32> into tensor<8xf32>
  return %e, %c : tensor<2x2x2xf32>, tensor<8xf32>
}
