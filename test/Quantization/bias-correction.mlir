// What rounding the weights shifts a result by on average goes into the bias: minus the
// sum of (stored - weight) times the mean of what it multiplies.

// RUN: quant-opt %s --qopt-quantize-weights="method=min-max" -split-input-file | FileCheck %s --implicit-check-not=qopt.input_means --implicit-check-not=qopt.bias_correction
// RUN: quant-opt %s --qopt-quantize-weights="method=min-max bias-correction=false" -split-input-file | FileCheck %s --check-prefix=OFF --implicit-check-not=qopt.input_means

// Scales 2 / 127 and 1 / 127; 0.25 and 0.75 become 16 and 95 steps: 32 / 127 and
// 95 / 127. The errors are 0.0019685 and -0.0019685, the means 4 and 8; a scale is an
// f32, so the last digits are not those.
// CHECK-LABEL: func @matmul
// CHECK: %[[B:.*]] = arith.constant dense<{{\[\[}}0.49212{{[0-9]*}}, 7.01574{{[0-9]*}}]]> : tensor<1x2xf32>
// CHECK: linalg.matmul {qopt.integer} ins({{.*}}) outs(%[[B]] :
// OFF-LABEL: func @matmul
// OFF: %[[B:.*]] = arith.constant dense<{{\[\[}}5.000000e-01, 7.000000e+00]]> : tensor<1x2xf32>
// OFF: linalg.matmul {qopt.integer} ins({{.*}}) outs(%[[B]] :
func.func @matmul(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[0.25, 1.0], [2.0, 0.75]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, 7.0]]> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.input_means = dense<[4.0, 8.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// The channels of an image, whatever pixel a weight multiplies: two weights of the
// first channel and three of the second have errors of 0.0019685. Zeros that the sum
// starts from become a bias.
// CHECK-LABEL: func @convolution
// CHECK: %[[B:.*]] = arith.constant dense<-0.070866{{[0-9]*}}> : tensor<f32>
// CHECK: linalg.generic {{.*}} ins(%[[B]] : tensor<f32>)
// CHECK: arith.constant dense<{{\[\[\[\[}}16, 127, 16]], {{\[\[}}16, 16, 16]]]]> : tensor<1x2x1x3xi8>
// OFF-LABEL: func @convolution
func.func @convolution(%x: tensor<1x2x1x5xf32>) -> tensor<1x1x1x3xf32> {
  %w = arith.constant dense<[[[[0.25, 2.0, 0.25]], [[0.25, 0.25, 0.25]]]]> : tensor<1x2x1x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1x1x3xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x1x3xf32>) -> tensor<1x1x1x3xf32>
  %m = linalg.conv_2d_nchw_fchw {qopt.integer, qopt.input_means = dense<[6.0, 8.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<1x2x1x5xf32>, tensor<1x2x1x3xf32>) outs(%z : tensor<1x1x1x3xf32>) -> tensor<1x1x1x3xf32>
  return %m : tensor<1x1x1x3xf32>
}

// -----

// Each channel of a depthwise product has a mean and a bias of its own.
// CHECK-LABEL: func @depthwise
// CHECK: arith.constant dense<[-0.019684{{[0-9]*}}, 1.0000001{{[0-9]*}}, 9.8031{{[0-9]*}}e-01]> : tensor<3xf32>
// OFF-LABEL: func @depthwise
func.func @depthwise(%x: tensor<1x1x4x3xf32>) -> tensor<1x1x3x3xf32> {
  %w = arith.constant dense<[[[2.0, 2.0, 0.25], [0.25, 2.0, 2.0]]]> : tensor<1x2x3xf32>
  %b = arith.constant dense<[0.0, 1.0, 1.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<1x1x3x3xf32>
  %i = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<1x1x3x3xf32>) dimensions = [0, 1, 2]
  %m = linalg.depthwise_conv_2d_nhwc_hwc {qopt.integer, qopt.input_means = dense<10.0> : tensor<3xf32>}
      ins(%x, %w : tensor<1x1x4x3xf32>, tensor<1x2x3xf32>) outs(%i : tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  return %m : tensor<1x1x3x3xf32>
}

// -----

// A bias along another dimension than the correction counts along both.
// CHECK-LABEL: func @rows
// CHECK: arith.constant dense<{{\[\[}}-0.00787{{[0-9]*}}, 0.00787{{[0-9]*}}], [0.99212{{[0-9]*}}, 1.00787{{[0-9]*}}]]> : tensor<2x2xf32>
// OFF-LABEL: func @rows
func.func @rows(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.25, 1.0], [2.0, 0.75]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.0, 0.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.input_means = dense<[4.0, 4.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%b : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %m : tensor<2x2xf32>
}

// -----

// What a quantization map gives is added, whatever the means are; nothing where it
// gives weights alone, where the operation computes in float, or its bias is no
// constant.
// CHECK-LABEL: func @given
// CHECK-SAME: %[[X:.*]]: tensor<1x2xf32>, %[[ARGUMENT:.*]]: tensor<1x2xf32>
// CHECK: %[[START:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00]]> : tensor<1x2xf32>
// CHECK: %[[B:.*]] = arith.constant dense<{{\[\[}}5.000000e-01, 7.000000e+00]]> : tensor<1x2xf32>
// CHECK: linalg.matmul {qopt.integer} ins({{.*}}) outs(%[[B]] :
// CHECK: linalg.matmul {qopt.name = "in float"} ins({{.*}}) outs(%[[START]] :
// CHECK: linalg.matmul {qopt.integer} ins({{.*}}) outs(%[[START]] :
// CHECK: linalg.matmul {qopt.integer, qopt.name = "bias"} ins({{.*}}) outs(%[[ARGUMENT]] :
// OFF-LABEL: func @given
func.func @given(%x: tensor<1x2xf32>, %b: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[0.25, 1.0], [2.0, 0.75]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %start = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %a = linalg.matmul {qopt.integer, qopt.input_means = dense<[4.0, 8.0]> : tensor<2xf32>,
      qopt.given_weights = [{operand = 1, type = !quant.uniform<i8<-127:127>:f32, 0.02>, place = "m.yaml:1:1", bias_correction = array<f32: 0.5, 7.0>}]}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = linalg.matmul {qopt.name = "in float", qopt.input_means = dense<[4.0, 8.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%start : tensor<1x2xf32>) -> tensor<1x2xf32>
  %d = linalg.matmul {qopt.integer, qopt.input_means = dense<[4.0, 8.0]> : tensor<2xf32>,
      qopt.given_weights = [{operand = 1, type = !quant.uniform<i8<-127:127>:f32, 0.02>, place = "m.yaml:1:1"}]}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%start : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e = linalg.matmul {qopt.integer, qopt.name = "bias", qopt.input_means = dense<[4.0, 8.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %a, %c, %d, %e : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// Means and corrections of another number of channels belong to another model: nothing
// is added.
// CHECK-LABEL: func @others
// CHECK: %[[B:.*]] = arith.constant dense<{{\[\[}}5.000000e-01, 7.000000e+00]]> : tensor<1x2xf32>
// CHECK-COUNT-2: linalg.matmul {{.*}} outs(%[[B]] :
// OFF-LABEL: func @others
// CHECK-LABEL: func @no_channels
// CHECK: arith.constant dense<1.01574{{[0-9]*}}> : tensor<f32>
// OFF-LABEL: func @no_channels
func.func @others(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[0.25, 1.0], [2.0, 0.75]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, 7.0]]> : tensor<1x2xf32>
  %a = linalg.matmul {qopt.integer, qopt.input_means = dense<[4.0, 8.0, 1.0]> : tensor<3xf32>}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = linalg.matmul {qopt.integer,
      qopt.given_weights = [{operand = 1, type = !quant.uniform<i8<-127:127>:f32, 0.02>, place = "m.yaml:1:1", bias_correction = array<f32: 0.5>}]}
      ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %a, %c : tensor<1x2xf32>, tensor<1x2xf32>
}

// A dot product has one bias.
func.func @no_channels(%x: tensor<2xf32>) -> tensor<f32> {
  %w = arith.constant dense<[0.25, 1.0]> : tensor<2xf32>
  %b = arith.constant dense<1.0> : tensor<f32>
  %m = linalg.dot {qopt.integer, qopt.input_means = dense<[-8.0, 8.0]> : tensor<2xf32>}
      ins(%x, %w : tensor<2xf32>, tensor<2xf32>) outs(%b : tensor<f32>) -> tensor<f32>
  return %m : tensor<f32>
}
