// RUN: quant-opt %s --qopt-fold-qdq --split-input-file | FileCheck %s

// A grouped convolution's bias: broadcast to the image, then split into groups.
// It is as constant as without the reshape.

// CHECK-LABEL: func @grouped
// CHECK: %[[B:.+]] = arith.constant dense<{{\[\[}}10, 20], [30, 40]]> : tensor<2x2xi32>
// CHECK: %[[I:.+]] = linalg.broadcast ins(%[[B]] : tensor<2x2xi32>)
// CHECK: linalg.conv_2d_ngchw_gfchw
// CHECK-SAME: outs(%[[I]] : tensor<1x2x2x4x4xi32>)
func.func @grouped(%q: tensor<1x2x1x4x4xi8>) -> tensor<1x2x2x4x4xf32> {
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wq = arith.constant dense<1> : tensor<2x2x1x1x1xi8>
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %b = linalg.broadcast ins(%c : tensor<4xf32>) outs(%e : tensor<1x4x4x4xf32>) dimensions = [0, 2, 3]
  %init = tensor.expand_shape %b [[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 4, 4] : tensor<1x4x4x4xf32> into tensor<1x2x2x4x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 0.1> : tensor<1x2x1x4x4xi8> -> tensor<1x2x1x4x4xf32>
  %w = qopt.dequantize %wq as !quant.uniform<i8:f32, 1.0> : tensor<2x2x1x1x1xi8> -> tensor<2x2x1x1x1xf32>
  %r = linalg.conv_2d_ngchw_gfchw {qopt.integer} ins(%x, %w : tensor<1x2x1x4x4xf32>, tensor<2x2x1x1x1xf32>) outs(%init : tensor<1x2x2x4x4xf32>) -> tensor<1x2x2x4x4xf32>
  return %r : tensor<1x2x2x4x4xf32>
}

// -----

// A mean over the last dimension that keeps it writes to index 0 of it.

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0, 0)>

// CHECK-LABEL: func @kept_dimension
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.+}} : tensor<3x8xi8>) outs(%{{.+}} : tensor<3x1xi32>)
func.func @kept_dimension(%q: tensor<3x8xi8>) -> tensor<3x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x1xf32>) -> tensor<3x1xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 0.1:5> : tensor<3x8xi8> -> tensor<3x8xf32>
  %r = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x8xf32>) outs(%f : tensor<3x1xf32>) attrs = {qopt.integer} {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  return %r : tensor<3x1xf32>
}
