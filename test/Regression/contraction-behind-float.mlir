// RUN: quant-opt %s --qopt-select-ops | FileCheck %s

// A contraction computes on integers although float code makes its operand and
// only a pad stands in between: the pad moves into the integers, the float code
// stays.

// CHECK-LABEL: func @softmax_pad_conv
func.func @softmax_pad_conv(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x3x8x2xf32>
  %0 = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.1> : tensor<1x4x4x8xf32>
  %e = tensor.empty() : tensor<1x4x4x8xf32>
  // CHECK: linalg.softmax
  // CHECK-SAME: qopt.float
  %s = linalg.softmax dimension(3) ins(%0 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = qopt.observe %s id "s" as !quant.uniform<i8:f32, 0.00390625:-128> : tensor<1x4x4x8xf32>
  // CHECK: tensor.pad
  // CHECK: } {qopt.integer}
  %p = tensor.pad %1 low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x4x4x8xf32> to tensor<1x6x6x8xf32>
  %o = tensor.empty() : tensor<1x4x4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%o : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  // CHECK: linalg.conv_2d_nhwc_hwcf {qopt.integer}
  %r = linalg.conv_2d_nhwc_hwcf ins(%p, %w : tensor<1x6x6x8xf32>, tensor<3x3x8x2xf32>) outs(%f : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %r : tensor<1x4x4x2xf32>
}
