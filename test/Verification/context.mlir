// A claim that holds only for the values that reach it: a relu of what a relu gave is
// none, also where a reduction lies between them.

// RUN: quantopt-test-opt %s --qopt-verify-rewrites --test-rewrite=pattern=drop-relu -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --implicit-check-not=error
// RUN: quantopt-test-opt %s --qopt-verify-rewrites --test-rewrite=pattern=fold-pair -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --implicit-check-not=error --check-prefix=PAIR
// PAIR: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs,{{.*}} 0 changed numbers
// CHECK: remark: verified 2 rewrites: 0 on all inputs, 2 on boundary and random inputs,{{.*}} 0 changed numbers

!t = !quant.uniform<i8:f32, 0.1:3>
func.func @reshaped(%x: tensor<2x32xf32>) -> tensor<64xi8> {
  %zero = arith.constant dense<0.0> : tensor<2x32xf32>
  %zeros = arith.constant dense<0.0> : tensor<64xf32>
  %r = arith.maximumf %x, %zero : tensor<2x32xf32>
  %y = tensor.collapse_shape %r [[0, 1]] : tensor<2x32xf32> into tensor<64xf32>
  %s = arith.maximumf %y, %zeros : tensor<64xf32>
  %q = qopt.quantize %s as !t : tensor<64xf32> -> tensor<64xi8>
  return %q : tensor<64xi8>
}

func.func @pooled(%x: tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xi8> {
  %zero = arith.constant dense<0.0> : tensor<1x4x4x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x2x1xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %r = arith.maximumf %x, %zero : tensor<1x4x4x1xf32>
  %p = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%r, %window : tensor<1x4x4x1xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %s = arith.maximumf %p, %zeros : tensor<1x2x2x1xf32>
  %q = qopt.quantize %s as !t : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xi8>
  return %q : tensor<1x2x2x1xi8>
}

// The largest of stored values is one of them.
func.func @max_pooled(%q: tensor<1x16x16x1xi8>) -> tensor<1x8x8x1xf32> {
  %lowest = arith.constant dense<0xFF800000> : tensor<1x8x8x1xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !t : tensor<1x16x16x1xi8> -> tensor<1x16x16x1xf32>
  %p = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x16x16x1xf32>, tensor<2x2xf32>) outs(%lowest : tensor<1x8x8x1xf32>) -> tensor<1x8x8x1xf32>
  %r = qopt.quantize %p as !t : tensor<1x8x8x1xf32> -> tensor<1x8x8x1xi8>
  %y = qopt.dequantize %r as !t : tensor<1x8x8x1xi8> -> tensor<1x8x8x1xf32>
  return %y : tensor<1x8x8x1xf32>
}
