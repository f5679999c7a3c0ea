// RUN: quant-opt %s --qopt-quantize-weights --qopt-quantize-dynamically --canonicalize --cse -split-input-file | FileCheck %s

// Each row of the activations has a scale; the bias is added in float, in the order
// of docs/NumericContract.md. Two contractions of one value share its storage.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[BIAS:.*]] = arith.constant dense<[5.000000e-01, -1.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[WEIGHTS:.*]] = arith.constant dense<{{\[\[}}127, 64], [-127, 127], [64, 0]]> : tensor<3x2xi8>
// CHECK: %[[Q:.*]], %[[S:.*]] = qopt.quantize_dynamic %arg0 per [0] : (tensor<4x3xf32>) -> (tensor<4x3xi8>, tensor<4xf32>)
// CHECK-NOT: qopt.quantize_dynamic
// CHECK: %[[ACC:.*]] = linalg.matmul {qopt.name = "a"} ins(%[[Q]], %[[WEIGHTS]] : tensor<4x3xi8>, tensor<3x2xi8>) {{.*}} -> tensor<4x2xi32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[COLUMN]], #[[COLUMN]], #[[ID]]]
// CHECK-SAME: ins(%[[ACC]], %[[S]], %{{.*}}, %[[BIAS]] : {{.*}} attrs = {qopt.name = "a"}
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[ROWS:.*]]: f32, %[[COLUMNS:.*]]: f32, %[[B:.*]]: f32,
// CHECK-NEXT:   %[[REAL:.*]] = arith.sitofp %[[IN]] : i32 to f32
// CHECK-NEXT:   %[[SCALE:.*]] = arith.mulf %[[ROWS]], %[[COLUMNS]] : f32
// CHECK-NEXT:   %[[SCALED:.*]] = arith.mulf %[[REAL]], %[[SCALE]] : f32
// CHECK-NEXT:   %[[SUM:.*]] = arith.addf %[[SCALED]], %[[B]] : f32
// CHECK-NEXT:   linalg.yield %[[SUM]]
// CHECK: linalg.matmul {qopt.name = "b"} ins(%[[Q]],
// Without a bias nothing is added.
// CHECK: linalg.generic
// CHECK-NOT: arith.addf
// CHECK: return
func.func @matmul(%x: tensor<4x3xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = arith.constant dense<[[2.0, 0.5], [-2.0, 1.0], [1.0, 0.0]]> : tensor<3x2xf32>
  %b = arith.constant dense<[0.5, -1.0]> : tensor<2xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<4x2xf32>) dimensions = [0]
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "a"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %n = linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "b"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m, %n : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// One scale for the tensor, with a zero point that multiplies the weights' sums.
// CHECK-LABEL: func @asymmetric
// CHECK-DAG: %[[SUMS:.*]] = arith.constant dense<[64, 191]> : tensor<2xi32>
// CHECK: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = qopt.quantize_dynamic %arg0 per [] : (tensor<4x3xf32>) -> (tensor<4x3xi8>, tensor<f32>, tensor<i32>)
// CHECK: %[[ACC:.*]] = linalg.matmul
// CHECK: ins(%[[ACC]], %[[S]], %{{.*}}, %[[Z]], %[[SUMS]] : tensor<4x2xi32>, tensor<f32>, tensor<2xf32>, tensor<i32>, tensor<2xi32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %{{.*}}: f32, %{{.*}}: f32, %[[ZERO:.*]]: i32, %[[SUM:.*]]: i32,
// CHECK-NEXT:   %[[TERM:.*]] = arith.muli %[[ZERO]], %[[SUM]] : i32
// CHECK-NEXT:   arith.subi %[[IN]], %[[TERM]] : i32
func.func @asymmetric(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[2.0, 0.5], [-2.0, 1.0], [1.0, 0.0]]> : tensor<3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x2xf32>
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor, symmetric = false>} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// A product of two activations: rows of the left side and columns of the right one,
// symmetric whatever the setting. The depth has no scales.
// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[RIGHT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func @products
// CHECK: %[[L:.*]], %[[SL:.*]] = qopt.quantize_dynamic %arg0 per [0, 1] : (tensor<2x4x3xf32>) -> (tensor<2x4x3xi8>, tensor<2x4xf32>)
// CHECK: %[[R:.*]], %[[SR:.*]] = qopt.quantize_dynamic %arg1 per [0, 2] : (tensor<2x3x5xf32>) -> (tensor<2x3x5xi8>, tensor<2x5xf32>)
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[L]], %[[R]] : {{.*}}) outs({{.*}} : tensor<2x4x5xi32>)
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[LEFT]], #[[RIGHT]], #{{.*}}]
// CHECK-SAME: ins(%[[ACC]], %[[SL]], %[[SR]] :
func.func @products(%a: tensor<2x4x3xf32>, %b: tensor<2x3x5xf32>) -> tensor<2x4x5xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x4x5xf32>
  %m = linalg.batch_matmul {qopt.dynamic = #qopt.dynamic<symmetric = false>} ins(%a, %b : tensor<2x4x3xf32>, tensor<2x3x5xf32>) outs(%zeros : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  return %m : tensor<2x4x5xf32>
}

// -----

// A convolution reads each pixel through several windows: one scale an image. A
// depthwise one keeps its channels apart: one scale a channel of an image.
// CHECK-LABEL: func @convolutions
// CHECK: qopt.quantize_dynamic %arg0 per [0] : (tensor<2x3x5x5xf32>) -> (tensor<2x3x5x5xi8>, tensor<2xf32>)
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} -> tensor<2x4x3x3xi32>
// CHECK: qopt.quantize_dynamic %arg0 per [0, 1] : (tensor<2x3x5x5xf32>) -> (tensor<2x3x5x5xi8>, tensor<2x3xf32>)
// CHECK: linalg.depthwise_conv_2d_nchw_chw {{.*}} -> tensor<2x3x3x3xi32>
func.func @convolutions(%x: tensor<2x3x5x5xf32>) -> (tensor<2x4x3x3xf32>, tensor<2x3x3x3xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x3x3x3xf32>
  %v = arith.constant dense<0.5> : tensor<3x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4x3x3xf32>
  %zeros3 = arith.constant dense<0.0> : tensor<2x3x3x3xf32>
  %c = linalg.conv_2d_nchw_fchw {qopt.dynamic = #qopt.dynamic<>} ins(%x, %w : tensor<2x3x5x5xf32>, tensor<4x3x3x3xf32>) outs(%zeros : tensor<2x4x3x3xf32>) -> tensor<2x4x3x3xf32>
  %d = linalg.depthwise_conv_2d_nchw_chw {qopt.dynamic = #qopt.dynamic<>} ins(%x, %v : tensor<2x3x5x5xf32>, tensor<3x3x3xf32>) outs(%zeros3 : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  return %c, %d : tensor<2x4x3x3xf32>, tensor<2x3x3x3xf32>
}

// -----

// Heads: values are quantized where they were computed, before the transposes, and
// bytes move. Scales stand in the order of the result, whatever that of the values.
// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[RIGHT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func @heads
// CHECK: %[[Q:.*]], %[[SQ:.*]] = qopt.quantize_dynamic %arg0 per [2, 1] : (tensor<1x8x2x4xf32>) -> (tensor<1x8x2x4xi8>, tensor<2x8xf32>)
// CHECK: %[[QC:.*]] = tensor.collapse_shape %[[Q]] {{.*}} into tensor<8x2x4xi8>
// CHECK: %[[QT:.*]] = linalg.transpose ins(%[[QC]] : tensor<8x2x4xi8>) outs({{.*}} : tensor<2x8x4xi8>) permutation = [1, 0, 2]
// CHECK: %[[K:.*]], %[[SK:.*]] = qopt.quantize_dynamic %arg1 per [2, 1] : (tensor<1x8x2x4xf32>) -> (tensor<1x8x2x4xi8>, tensor<2x8xf32>)
// CHECK: %[[KT:.*]] = linalg.transpose {{.*}} permutation = [1, 2, 0]
// CHECK: linalg.generic {{.*}} ins(%[[QT]], %[[KT]] : tensor<2x8x4xi8>, tensor<2x4x8xi8>)
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[LEFT]], #[[RIGHT]], #{{.*}}]
// CHECK-SAME: ins(%{{.*}}, %[[SQ]], %[[SK]] :
func.func @heads(%q: tensor<1x8x2x4xf32>, %k: tensor<1x8x2x4xf32>) -> tensor<2x8x8xf32> {
  %e = tensor.empty() : tensor<1x2x8x4xf32>
  %f = tensor.empty() : tensor<1x2x4x8xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x8x8xf32>
  %qt = linalg.transpose ins(%q : tensor<1x8x2x4xf32>) outs(%e : tensor<1x2x8x4xf32>) permutation = [0, 2, 1, 3]
  %kt = linalg.transpose ins(%k : tensor<1x8x2x4xf32>) outs(%f : tensor<1x2x4x8xf32>) permutation = [0, 2, 3, 1]
  %qc = tensor.collapse_shape %qt [[0, 1], [2], [3]] : tensor<1x2x8x4xf32> into tensor<2x8x4xf32>
  %kc = tensor.collapse_shape %kt [[0, 1], [2], [3]] : tensor<1x2x4x8xf32> into tensor<2x4x8xf32>
  %m = linalg.batch_matmul {qopt.dynamic = #qopt.dynamic<>} ins(%qc, %kc : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%zeros : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  return %m : tensor<2x8x8xf32>
}

// -----

// A transpose that made rows contiguous stays in front of them.
// CHECK-LABEL: func @columns
// CHECK: %[[T:.*]] = linalg.transpose ins(%arg0 : tensor<3x4xf32>)
// CHECK: qopt.quantize_dynamic %[[T]] per [0]
func.func @columns(%x: tensor<3x4xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[2.0, 0.5], [-2.0, 1.0], [1.0, 0.0]]> : tensor<3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x3xf32>
  %t = linalg.transpose ins(%x : tensor<3x4xf32>) outs(%e : tensor<4x3xf32>) permutation = [1, 0]
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<>} ins(%t, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}
