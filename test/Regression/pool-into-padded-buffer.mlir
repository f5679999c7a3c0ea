// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=i8[3,4,8,8]:ramp'
// RUN: quant-run %s --inputs=%t.npz --compare-kernels | FileCheck %s

// A maximum pooling writes into the middle of the padded buffer that a
// convolution reads, and its result is added to something later. The addition
// must not take the pooling with it: the convolution stands in between.

// CHECK: auto and scalar give the same bytes in all 3 samples

#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>

func.func @main(%x: tensor<1x4x8x8xi8>) -> tensor<1x4x6x6xi32> {
  %low = arith.constant -128 : i8
  %zero = arith.constant 0 : i8
  %bias = arith.constant 7 : i32
  %w = arith.constant dense<3> : tensor<4x4x3x3xi8>
  %window = tensor.empty() : tensor<3x3xi8>
  %e = tensor.empty() : tensor<1x4x6x6xi8>
  %f = linalg.fill ins(%low : i8) outs(%e : tensor<1x4x6x6xi8>) -> tensor<1x4x6x6xi8>
  %pooled = linalg.pooling_nchw_max ins(%x, %window : tensor<1x4x8x8xi8>, tensor<3x3xi8>) outs(%f : tensor<1x4x6x6xi8>) -> tensor<1x4x6x6xi8>
  %padded = tensor.pad %pooled low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : i8
  } : tensor<1x4x6x6xi8> to tensor<1x4x8x8xi8>
  %ei = tensor.empty() : tensor<1x4x6x6xi32>
  %fi = linalg.fill ins(%bias : i32) outs(%ei : tensor<1x4x6x6xi32>) -> tensor<1x4x6x6xi32>
  %conv = linalg.conv_2d_nchw_fchw ins(%padded, %w : tensor<1x4x8x8xi8>, tensor<4x4x3x3xi8>) outs(%fi : tensor<1x4x6x6xi32>) -> tensor<1x4x6x6xi32>
  %sum = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%conv, %pooled : tensor<1x4x6x6xi32>, tensor<1x4x6x6xi8>) outs(%ei : tensor<1x4x6x6xi32>) {
  ^bb0(%a: i32, %b: i8, %out: i32):
    %wide = arith.extsi %b : i8 to i32
    %s = arith.addi %a, %wide : i32
    linalg.yield %s : i32
  } -> tensor<1x4x6x6xi32>
  return %sum : tensor<1x4x6x6xi32>
}
