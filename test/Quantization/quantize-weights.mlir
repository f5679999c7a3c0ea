// RUN: quant-opt %s --qopt-quantize-weights="method=min-max" -split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-quantize-weights="method=min-max granularity=per-tensor" -split-input-file | FileCheck %s --check-prefix=TENSOR
// RUN: quant-opt %s --qopt-quantize-weights -split-input-file | FileCheck %s --check-prefix=MSE
// RUN: quant-opt %s --qopt-quantize-weights="method=min-max bits=7" -split-input-file | FileCheck %s --check-prefix=SEVEN

// One scale an output channel: the columns of a matmul. 1.27 / 127 = 0.01 and
// 2.54 / 127 = 0.02; -0.635 / 0.01 and 0.25 / 0.02 are ties, which go to the even -64
// and 12.
// CHECK-LABEL: func @matmul
// CHECK: %[[Q:.*]] = arith.constant dense<{{\[\[}}127, -50], [-64, 127], [0, 12]]> : tensor<3x2xi8>
// CHECK: %[[W:.*]] = qopt.dequantize %[[Q]] as !quant.uniform<i8<-127:127>:f32:1, {0.00999999{{[0-9]*}},0.0199999{{[0-9]*}}}> : tensor<3x2xi8> -> tensor<3x2xf32>
// CHECK: linalg.matmul {qopt.integer} ins(%{{.*}}, %[[W]] :
// One for all of it: 2.54 / 127.
// TENSOR-LABEL: func @matmul
// TENSOR: arith.constant dense<{{\[\[}}64, -50], [-32, 127], [0, 12]]> : tensor<3x2xi8>
// TENSOR: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32, 0.0199999{{[0-9]*}}>
// Seven bits end at 64: 1.27 / 64 and 2.54 / 64.
// SEVEN-LABEL: func @matmul
// SEVEN: arith.constant dense<{{\[\[}}64, -25], [-32, 64], [0, 6]]> : tensor<3x2xi8>
// SEVEN: qopt.dequantize %{{.*}} as !quant.uniform<i8<-64:64>:f32:1, {0.019843{{[0-9]*}},0.039687{{[0-9]*}}}>
// MSE-LABEL: func @matmul
// MSE: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32:1, {
func.func @matmul(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.27, -1.0], [-0.635, 2.54], [0.0, 0.25]]> : tensor<3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// A channel of zeros gets the smallest scale of its neighbours; one of zeros alone
// gets 1. The axis of a convolution is its filter's.
// CHECK-LABEL: func @dead_channel
// CHECK: arith.constant dense<{{\[\[\[\[}}127]]], {{\[\[\[}}0]]], {{\[\[\[}}127]]]]> : tensor<3x1x1x1xi8>
// CHECK: !quant.uniform<i8<-127:127>:f32:0, {0.0157480314{{[0-9]*}},0.00787401571{{[0-9]*}},0.00787401571{{[0-9]*}}}>
// TENSOR-LABEL: func @dead_channel
// MSE-LABEL: func @dead_channel
func.func @dead_channel(%x: tensor<1x1x4x4xf32>) -> tensor<1x3x4x4xf32> {
  %w = arith.constant dense<[[[[2.0]]], [[[0.0]]], [[[1.0]]]]> : tensor<3x1x1x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x4x4xf32>
  %m = linalg.conv_2d_nchw_fchw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x1x4x4xf32>, tensor<3x1x1x1xf32>) outs(%zeros : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return %m : tensor<1x3x4x4xf32>
}

// -----

// CHECK-LABEL: func @all_zero
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32:1, {1.000000e+00,1.000000e+00}>
// TENSOR-LABEL: func @all_zero
// TENSOR: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32, 1.000000e+00>
// MSE-LABEL: func @all_zero
func.func @all_zero(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<0.0> : tensor<3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// Depthwise: the channel is where the filter and the result run together.
// CHECK-LABEL: func @depthwise
// CHECK: tensor<1x1x2xi8>
// CHECK: !quant.uniform<i8<-127:127>:f32:2, {0.0157480314{{[0-9]*}},0.00787401571{{[0-9]*}}}>
// TENSOR-LABEL: func @depthwise
// MSE-LABEL: func @depthwise
func.func @depthwise(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  %w = arith.constant dense<[[[2.0, 1.0]]]> : tensor<1x1x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4x4x2xf32>
  %m = linalg.depthwise_conv_2d_nhwc_hwc {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x4x4x2xf32>, tensor<1x1x2xf32>) outs(%zeros : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %m : tensor<1x4x4x2xf32>
}

// -----

// Weights that come with parameters keep exactly those.
// CHECK-LABEL: func @given
// CHECK: %[[Q:.*]] = arith.constant dense<{{\[\[}}1, -2], [3, -128]]> : tensor<2x2xi8>
// CHECK: %[[W:.*]] = qopt.dequantize %[[Q]] as !quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>
// CHECK-NOT: qopt.dequantize
// CHECK: linalg.matmul {qopt.integer} ins(%{{.*}}, %[[W]]
// TENSOR-LABEL: func @given
// TENSOR: !quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>
// MSE-LABEL: func @given
// MSE: !quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>
func.func @given(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %q = arith.constant dense<[[1, -2], [3, -128]]> : tensor<2x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:0, {5.0e-1, 2.5e-1}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// A splat stays one number in the file, a contraction in float keeps its floats, and
// the other operand of a matmul can be the constant one.
// CHECK-LABEL: func @others
// CHECK: linalg.matmul {qopt.float = "no"} ins(%{{.*}}, %cst
// CHECK: arith.constant dense<127> : tensor<2x2xi8>
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32:0, {
// TENSOR-LABEL: func @others
// MSE-LABEL: func @others
func.func @others(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %m = linalg.matmul {qopt.float = "no"} ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %n = linalg.matmul {qopt.integer} ins(%w, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %m, %n : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// A constant that is broadcast is stored whole, as long as its bytes are no more than
// the constant's in float: columns of 1.27 / 127 and 2.54 / 127, twice.
// CHECK-LABEL: func @broadcast
// CHECK: %[[Q:.*]] = arith.constant dense<{{\[\[\[}}127, -50], [-64, 127], [0, 12]], {{\[\[}}127, -50], [-64, 127], [0, 12]]]> : tensor<2x3x2xi8>
// CHECK: %[[W:.*]] = qopt.dequantize %[[Q]] as !quant.uniform<i8<-127:127>:f32:2, {0.00999999{{[0-9]*}},0.0199999{{[0-9]*}}}>
// CHECK: linalg.batch_matmul {qopt.integer} ins(%{{.*}}, %[[W]] :
// TENSOR-LABEL: func @broadcast
// TENSOR: qopt.dequantize %{{.*}} as !quant.uniform<i8<-127:127>:f32, 0.0199999{{[0-9]*}}>
// MSE-LABEL: func @broadcast
// SEVEN-LABEL: func @broadcast
func.func @broadcast(%x: tensor<2x1x3xf32>) -> tensor<2x1x2xf32> {
  %w = arith.constant dense<[[1.27, -1.0], [-0.635, 2.54], [0.0, 0.25]]> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3x2xf32>
  %b = linalg.broadcast ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3x2xf32>) dimensions = [0]
  %zeros = arith.constant dense<0.0> : tensor<2x1x2xf32>
  %m = linalg.batch_matmul {qopt.integer} ins(%x, %b : tensor<2x1x3xf32>, tensor<2x3x2xf32>) outs(%zeros : tensor<2x1x2xf32>) -> tensor<2x1x2xf32>
  return %m : tensor<2x1x2xf32>
}

// -----

// Five times as many bytes as floats have are too many; one number repeated takes none.
// CHECK-LABEL: func @broadcast_often
// CHECK: linalg.batch_matmul {qopt.float = "its weights, a constant that is broadcast, are larger when stored than the constant is"}
// CHECK: linalg.batch_matmul {qopt.integer}
// TENSOR-LABEL: func @broadcast_often
// MSE-LABEL: func @broadcast_often
// SEVEN-LABEL: func @broadcast_often
func.func @broadcast_often(%x: tensor<5x1x2xf32>) -> (tensor<5x1x2xf32>, tensor<5x1x2xf32>) {
  %w = arith.constant dense<[[1.27, -1.0], [-0.635, 2.54]]> : tensor<2x2xf32>
  %s = arith.constant dense<0.5> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<5x2x2xf32>
  %b = linalg.broadcast ins(%w : tensor<2x2xf32>) outs(%e : tensor<5x2x2xf32>) dimensions = [0]
  %t = linalg.broadcast ins(%s : tensor<2x2xf32>) outs(%e : tensor<5x2x2xf32>) dimensions = [0]
  %zeros = arith.constant dense<0.0> : tensor<5x1x2xf32>
  %m = linalg.batch_matmul {qopt.integer} ins(%x, %b : tensor<5x1x2xf32>, tensor<5x2x2xf32>) outs(%zeros : tensor<5x1x2xf32>) -> tensor<5x1x2xf32>
  %n = linalg.batch_matmul {qopt.integer} ins(%x, %t : tensor<5x1x2xf32>, tensor<5x2x2xf32>) outs(%zeros : tensor<5x1x2xf32>) -> tensor<5x1x2xf32>
  return %m, %n : tensor<5x1x2xf32>, tensor<5x1x2xf32>
}
