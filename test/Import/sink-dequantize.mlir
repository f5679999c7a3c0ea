// RUN: quant-opt %s --qopt-sink-dequantize | FileCheck %s

// Two transposes in a row, with a scale for each row of the constant.
// CHECK-LABEL: func @chain
// CHECK: %[[W:.*]] = arith.constant
// CHECK: %[[A:.*]] = linalg.transpose ins(%[[W]] : tensor<2x3x1xi8>) outs(%{{.*}} : tensor<3x1x2xi8>) permutation = [1, 2, 0]
// CHECK: %[[B:.*]] = linalg.transpose ins(%[[A]] : tensor<3x1x2xi8>) outs(%{{.*}} : tensor<2x3x1xi8>) permutation = [2, 0, 1]
// CHECK: %[[D:.*]] = qopt.dequantize %[[B]] as !quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01:1}>
// CHECK: return %[[D]]
func.func @chain() -> tensor<2x3x1xf32> {
  %w = arith.constant dense<7> : tensor<2x3x1xi8>
  %d = qopt.dequantize %w as !quant.uniform<i8:f32:0, {0.5, 0.25:1}> : tensor<2x3x1xi8> -> tensor<2x3x1xf32>
  %e = tensor.empty() : tensor<3x1x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3x1xf32>) outs(%e : tensor<3x1x2xf32>) permutation = [1, 2, 0]
  %e2 = tensor.empty() : tensor<2x3x1xf32>
  %u = linalg.transpose ins(%t : tensor<3x1x2xf32>) outs(%e2 : tensor<2x3x1xf32>) permutation = [2, 0, 1]
  return %u : tensor<2x3x1xf32>
}

// CHECK-LABEL: func @one_scale
// CHECK: linalg.transpose ins(%{{.*}} : tensor<2x3xi8>)
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 5.000000e-01:1> : tensor<3x2xi8>
func.func @one_scale() -> tensor<3x2xf32> {
  %w = arith.constant dense<7> : tensor<2x3xi8>
  %d = qopt.dequantize %w as !quant.uniform<i8:f32, 0.5:1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// Dimensions of size 1 come and go; the one that has the scales stays whole.
// CHECK-LABEL: func @shapes
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0, 1], [2, 3]] : tensor<4x1x3x3xi8> into tensor<4x9xi8>
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0, 1], [2]] output_shape [1, 4, 9] : tensor<4x9xi8> into tensor<1x4x9xi8>
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01,1.000000e+00,2.000000e+00}> : tensor<1x4x9xi8>
func.func @shapes() -> tensor<1x4x9xf32> {
  %w = arith.constant dense<7> : tensor<4x1x3x3xi8>
  %d = qopt.dequantize %w as !quant.uniform<i8:f32:0, {0.5, 0.25, 1.0, 2.0}> : tensor<4x1x3x3xi8> -> tensor<4x1x3x3xf32>
  %c = tensor.collapse_shape %d [[0, 1], [2, 3]] : tensor<4x1x3x3xf32> into tensor<4x9xf32>
  %e = tensor.expand_shape %c [[0, 1], [2]] output_shape [1, 4, 9] : tensor<4x9xf32> into tensor<1x4x9xf32>
  return %e : tensor<1x4x9xf32>
}
