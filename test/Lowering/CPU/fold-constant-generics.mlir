// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-fold-constant-generics))" | FileCheck %s

// CHECK-LABEL: func @transpose
// CHECK: arith.constant dense<{{\[}}[1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<3x2xf32>
// CHECK-NOT: linalg
func.func @transpose() -> tensor<3x2xf32> {
  %c = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%c : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// Weights that were stored in 8 bits.
// CHECK-LABEL: func @dequantized
// CHECK: arith.constant dense<[-5.000000e-01, 0.000000e+00, 1.000000e+00]> : tensor<3xf32>
#map = affine_map<(d0) -> (d0)>
func.func @dequantized() -> tensor<3xf32> {
  %c = arith.constant dense<[-1, 0, 2]> : tensor<3xi8>
  %scale = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<3xf32>
  %w = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%c : tensor<3xi8>) outs(%e : tensor<3xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %m = arith.mulf %f, %scale : f32
    linalg.yield %m : f32
  } -> tensor<3xf32>
  return %w : tensor<3xf32>
}

// What depends on an argument stays.
// CHECK-LABEL: func @argument
// CHECK: linalg.generic
func.func @argument(%c: tensor<3xf32>) -> tensor<3xf32> {
  %e = tensor.empty() : tensor<3xf32>
  %w = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%c : tensor<3xf32>) outs(%e : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.mulf %in, %in : f32
    linalg.yield %m : f32
  } -> tensor<3xf32>
  return %w : tensor<3xf32>
}
