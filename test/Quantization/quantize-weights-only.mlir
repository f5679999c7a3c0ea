// RUN: quant-opt %s --qopt-quantize-weights="method=min-max" -split-input-file | FileCheck %s

// Example G1 of the numeric reference: [1, 2 | 10, -20] in groups of 2 is
// [64, 127 | 64, -127] with scales 2/127 and 20/127. The last group has one
// element, 5, and a group of zeros scale 1.
// CHECK-LABEL: func @groups
// CHECK-DAG: %[[Q:.*]] = arith.constant dense<{{\[\[}}64, 0], [127, 0], [64, 127], [-127, 0], [127, 127]]> : tensor<5x2xi8>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[\[}}0.0157480314, 1.000000e+00], [0.157480314, 0.00787401571], [0.0393700786, 0.0236220472]]> : tensor<3x2xf32>
// CHECK: %[[W:.*]] = qopt.dequantize_groups %[[Q]], %[[S]] along 0 by 2 : (tensor<5x2xi8>, tensor<3x2xf32>) -> tensor<5x2xf32>
// CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x5xf32>, tensor<5x2xf32>)
func.func @groups(%x: tensor<1x5xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0.0], [2.0, 0.0], [10.0, 1.0], [-20.0, 0.0], [5.0, 3.0]]> : tensor<5x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<group = 2>, qopt.name = "m"} ins(%x, %w : tensor<1x5xf32>, tensor<5x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// Without groups: a scale a channel, and one of zeros takes its neighbour's. The bias
// is f32 and asks for no scale.
// CHECK-LABEL: func @channels
// CHECK: %[[W:.*]] = qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32:1, {0.157480314{{[0-9]*}},0.157480314{{[0-9]*}}}> : tensor<2x2xi8> -> tensor<2x2xf32>
// CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x2xf32>, tensor<2x2xf32>)
func.func @channels(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[10.0, 0.0], [-20.0, 0.0]]> : tensor<2x2xf32>
  %bias = arith.constant dense<1.0e+30> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<>, qopt.name = "m"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%bias : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// Four bits are -7 to 7, each in an i8; in groups the largest magnitude is -8 and
// the scale has the sign that this takes.
// CHECK-LABEL: func @nibbles
// CHECK-DAG: arith.constant dense<{{\[\[}}7, 0], [-4, -7]]> : tensor<2x2xi8>
// CHECK-DAG: qopt.dequantize %{{.*}} as !quant.uniform<i8<-7:7>:f32:1, {1.000000e+00,2.000000e+00}> : tensor<2x2xi8> -> tensor<2x2xf32>
// CHECK-DAG: arith.constant dense<{{\[\[}}-8, 7], [4, -8]]> : tensor<2x2xi8>
// CHECK-DAG: arith.constant dense<{{\[\[}}-1.000000e+00, 5.000000e-01]]> : tensor<1x2xf32>
// CHECK-DAG: qopt.dequantize_groups %{{.*}}, %{{.*}} along 0 by 2 : (tensor<2x2xi8>, tensor<1x2xf32>) -> tensor<2x2xf32>
func.func @nibbles(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[7.0, 0.0], [-4.4, -14.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[8.0, 3.75], [-4.0, -4.0]]> : tensor<2x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = int4>, qopt.name = "m"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = int4, group = 2>, qopt.name = "n"} ins(%x, %v : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @floats
// CHECK-DAG: arith.constant dense<{{\[\[}}6.550400e+04, 0.000000e+00], [5.960460e-08, 9.997550e-02]]> : tensor<2x2xf16>
// CHECK-DAG: arith.constant dense<{{\[\[}}1.000980e-01, 1.000000e+00], [1.015630e+00, 0.000000e+00]]> : tensor<2x2xbf16>
// CHECK-DAG: arith.extf %{{.*}} : f16 to f32
// CHECK-DAG: arith.extf %{{.*}} : bf16 to f32
func.func @floats(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[65519.0, 2.9e-8], [3.0e-8, 0.1]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[0.1, 1.00390625], [1.01171875, 0.0]]> : tensor<2x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = float16>, qopt.name = "m"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = bfloat16>, qopt.name = "n"} ins(%x, %v : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// A convolution's groups run along its input channels, of which there are more than
// positions in the window.
// CHECK-LABEL: func @convolution
// CHECK: qopt.dequantize_groups %{{.*}}, %{{.*}} along 1 by 4 : (tensor<2x8x3x3xi8>, tensor<2x2x3x3xf32>) -> tensor<2x8x3x3xf32>
func.func @convolution(%x: tensor<1x8x5x5xf32>) -> tensor<1x2x3x3xf32> {
  %w = arith.constant dense<0.5> : tensor<2x8x3x3xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2x3x3xf32>
  %m = linalg.conv_2d_nchw_fchw {qopt.weight_only = #qopt.weight_only<group = 4>, qopt.name = "m"} ins(%x, %w : tensor<1x8x5x5xf32>, tensor<2x8x3x3xf32>) outs(%zero : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %m : tensor<1x2x3x3xf32>
}
