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

// A bias for all rows, in both spellings, and a number for all elements.
// CHECK-LABEL: func @repeated
// CHECK-DAG: arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>
// CHECK-NOT: dense<{{.*}}> : tensor<8x3xf32>
// CHECK: linalg.broadcast
// CHECK: linalg.generic
// CHECK: linalg.fill
#row = affine_map<(d0, d1) -> (d1)>
#all = affine_map<(d0, d1) -> (d0, d1)>
func.func @repeated() -> (tensor<8x3xf32>, tensor<8x3xf32>, tensor<8x3xf32>) {
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %s = arith.constant 4.0 : f32
  %e = tensor.empty() : tensor<8x3xf32>
  %x = linalg.broadcast ins(%c : tensor<3xf32>) outs(%e : tensor<8x3xf32>) dimensions = [0]
  %y = linalg.generic {indexing_maps = [#row, #all], iterator_types = ["parallel", "parallel"]} ins(%c : tensor<3xf32>) outs(%e : tensor<8x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x3xf32>
  %z = linalg.fill ins(%s : f32) outs(%e : tensor<8x3xf32>) -> tensor<8x3xf32>
  return %x, %y, %z : tensor<8x3xf32>, tensor<8x3xf32>, tensor<8x3xf32>
}

// Masks are computed at compile time, though they are larger than what they are
// made of.
// CHECK-LABEL: func @mask
// CHECK: arith.constant dense<{{\[\[}}true, false], [true, true]]> : tensor<2x2xi1>
// CHECK-NOT: linalg
#column = affine_map<(d0, d1) -> (d0)>
func.func @mask() -> tensor<2x2xi1> {
  %c = arith.constant dense<[0, 1]> : tensor<2xi32>
  %e = tensor.empty() : tensor<2x2xi1>
  %m = linalg.generic {indexing_maps = [#column, #row, #all], iterator_types = ["parallel", "parallel"]} ins(%c, %c : tensor<2xi32>, tensor<2xi32>) outs(%e : tensor<2x2xi1>) {
  ^bb0(%i: i32, %j: i32, %out: i1):
    %r = arith.cmpi sge, %i, %j : i32
    linalg.yield %r : i1
  } -> tensor<2x2xi1>
  return %m : tensor<2x2xi1>
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
