// A whole layer in integer form: quantize, convolve on i8 with the bias as init,
// requantize with a relu in the range, add two quantized values, dequantize. The
// numbers are chosen so that every step can be done by hand.

// x = 1..9 at scale 1; weights 1 (channel 0) and 2 (channel 1) of a 1x1 kernel,
// bias 10 and -20: y = relu(x + 10), relu(2x - 20), then y + y.
// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[1,1,3,3]:1,2,3,4,5,6,7,8,9' \
// RUN:   'y=f32[1,2,3,3]:22,24,26,28,30,32,34,36,38,0,0,0,0,0,0,0,0,0'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --compare-kernels
// CHECK: max abs error    0

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
func.func @layer(%x: tensor<1x1x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %weights = arith.constant dense<[[[[1]]], [[[2]]]]> : tensor<2x1x1x1xi8>
  // The zero point of x is -5: the bias takes 5 times the sum of the weights.
  %bias = arith.constant dense<[15, -10]> : tensor<2xi32>
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0:-5>
      : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xi8>
  %e = tensor.empty() : tensor<1x2x3x3xi32>
  %init = linalg.broadcast ins(%bias : tensor<2xi32>)
      outs(%e : tensor<1x2x3x3xi32>) dimensions = [0, 2, 3]
  %acc = linalg.conv_2d_nchw_fchw
      ins(%q, %weights : tensor<1x1x3x3xi8>, tensor<2x1x1x1xi8>)
      outs(%init : tensor<1x2x3x3xi32>) -> tensor<1x2x3x3xi32>
  %relu = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0>
      to !quant.uniform<i8<-7:127>:f32, 1.0:-7>
      : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xi8>
  %e8 = tensor.empty() : tensor<1x2x3x3xi8>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%relu, %relu : tensor<1x2x3x3xi8>, tensor<1x2x3x3xi8>)
      outs(%e8 : tensor<1x2x3x3xi8>) {
  ^bb0(%a: i8, %b: i8, %out: i8):
    %0 = qopt.dequantize %a as !quant.uniform<i8:f32, 1.0:-7> : i8 -> f32
    %1 = qopt.dequantize %b as !quant.uniform<i8:f32, 1.0:-7> : i8 -> f32
    %2 = arith.addf %0, %1 : f32
    %3 = qopt.quantize %2 as !quant.uniform<u8:f32, 5.0e-1> : f32 -> i8
    linalg.yield %3 : i8
  } -> tensor<1x2x3x3xi8>
  %y = qopt.dequantize %sum as !quant.uniform<u8:f32, 5.0e-1>
      : tensor<1x2x3x3xi8> -> tensor<1x2x3x3xf32>
  return %y : tensor<1x2x3x3xf32>
}
