// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-fuse-weights,canonicalize))" -split-input-file | FileCheck %s

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[S:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @channels
// CHECK-NOT: qopt.dequantize
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[S]], #[[Y]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<4x2xi8>, tensor<2xf32>)
// CHECK-SAME: attrs = {qopt.name = "m"}
// CHECK: ^bb0(%[[X0:.*]]: f32, %[[Q:.*]]: i8, %[[S0:.*]]: f32, %[[ACC:.*]]: f32):
// CHECK: %[[R:.*]] = arith.sitofp %[[Q]] : i8 to f32
// CHECK: %[[V:.*]] = arith.mulf %[[R]], %[[S0]]
// CHECK: %[[P:.*]] = arith.mulf %[[X0]], %[[V]]
// CHECK: arith.addf %[[ACC]], %[[P]]
func.func @channels(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %q = arith.constant dense<1> : tensor<4x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25}> : tensor<4x2xi8> -> tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %m : tensor<3x2xf32>
}

// -----

// Groups of 2 in 5 rows: the last one is filled up, and so are the activations.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3, d1)>
// CHECK-DAG: #[[S:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d1)>
// CHECK-LABEL: func @groups
// CHECK: %[[PADDED:.*]] = tensor.pad %arg0 low[0, 0] high[0, 1]
// CHECK: %[[CUT:.*]] = tensor.expand_shape %[[PADDED]] {{\[\[}}0], [1, 2]] {{.*}} : tensor<3x6xf32> into tensor<3x3x2xf32>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[S]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
// CHECK-SAME: ins(%[[CUT]], %{{.*}}, %{{.*}} : tensor<3x3x2xf32>, tensor<3x2x2xi8>, tensor<3x2xf32>)
func.func @groups(%x: tensor<3x5xf32>) -> tensor<3x2xf32> {
  %q = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]> : tensor<5x2xi8>
  %s = arith.constant dense<0.5> : tensor<3x2xf32>
  %w = qopt.dequantize_groups %q, %s along 0 by 2 : (tensor<5x2xi8>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<3x5xf32>, tensor<5x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %m : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func @floats
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<4x2xbf16>)
// CHECK: arith.extf
// CHECK-NOT: linalg.generic
func.func @floats(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %h = arith.constant dense<1.0> : tensor<4x2xbf16>
  %e = tensor.empty() : tensor<4x2xf32>
  %w = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%h : tensor<4x2xbf16>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: bf16, %out: f32):
    %v = arith.extf %in : bf16 to f32
    linalg.yield %v : f32
  } -> tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %m : tensor<3x2xf32>
}

// -----

// Left alone: zero points, activations, groups along the window of a convolution.
// CHECK-LABEL: func @left
// CHECK: qopt.dequantize %
// CHECK: linalg.matmul
// CHECK: qopt.dequantize %arg1
// CHECK: linalg.matmul
// CHECK: qopt.dequantize_groups
// CHECK: linalg.conv_1d_nwc_wcf
func.func @left(%x: tensor<3x4xf32>, %q: tensor<4x2xi8>, %y: tensor<1x6x1xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<1x3x2xf32>) {
  %c = arith.constant dense<1> : tensor<4x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8:f32, 0.5:3> : tensor<4x2xi8> -> tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %v = qopt.dequantize %q as !quant.uniform<i8:f32, 0.5> : tensor<4x2xi8> -> tensor<4x2xf32>
  %n = linalg.matmul ins(%x, %v : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %g = arith.constant dense<1> : tensor<4x1x2xi8>
  %s = arith.constant dense<0.5> : tensor<2x1x2xf32>
  %u = qopt.dequantize_groups %g, %s along 0 by 2 : (tensor<4x1x2xi8>, tensor<2x1x2xf32>) -> tensor<4x1x2xf32>
  %start = arith.constant dense<0.0> : tensor<1x3x2xf32>
  %p = linalg.conv_1d_nwc_wcf ins(%y, %u : tensor<1x6x1xf32>, tensor<4x1x2xf32>) outs(%start : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  return %m, %n, %p : tensor<3x2xf32>, tensor<3x2xf32>, tensor<1x3x2xf32>
}
