// A convolution that writes into the middle of a padded buffer is read twice: by the
// observer, as a copy, and by the next convolution, padded. The vector kernels took the
// copy for all of its readers and left the padded buffer empty.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[1,3,2,2]:1,2,3,4,1,2,3,4,5,6,7,8' \
// RUN:   'y=f32[1,2,3,3]:34.25,75.75,37.75,83.25,165.25,74.25,33.25,57.75,20.75,46.5,99.25,43,115,217,87.25,38.75,68,24.5'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s
// CHECK: max abs error    0

func.func @net(%x: tensor<1x3x2x2xf32> {qopt.name = "x"}) -> tensor<1x2x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[[[2.0]],[[1.0]],[[1.0]]],[[[3.0]],[[1.0]],[[1.0]]]]> : tensor<2x3x1x1xf32>
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]]]> : tensor<2x2x2xf32>
  %b = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %i1 = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 2, 3]
  %i = arith.constant dense<0.25> : tensor<1x2x3x3xf32>
  %c = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w1 : tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32>) outs(%i1 : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %oc = qopt.observe %c id "c" : tensor<1x2x2x2xf32>
  %p = tensor.pad %oc low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b1: index, %d: index, %e1: index):
    tensor.yield %zero : f32
  } : tensor<1x2x2x2xf32> to tensor<1x2x4x4xf32>
  %r = linalg.depthwise_conv_2d_nchw_chw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%p, %w : tensor<1x2x4x4xf32>, tensor<2x2x2xf32>) outs(%i : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %r : tensor<1x2x3x3xf32>
}
