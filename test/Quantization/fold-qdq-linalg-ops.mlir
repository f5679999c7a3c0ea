// RUN: quant-opt %s --qopt-fold-qdq --canonicalize -split-input-file | FileCheck %s

// Each linalg operation that computes on storage, with a zero point of 3 and weights
// of 1 in each position: the initial value holds -3 times the number of products, and
// the window of a pooling is as it was. test/Integration/fold-qdq-exact.test runs the
// functions; their scales are powers of two, so that ties are ties in float too.

// CHECK-LABEL: func @matmul
// CHECK-SAME: %[[X:.*]]: tensor<2x3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0]
// CHECK: %[[A:.*]] = linalg.matmul{{.*}} ins(%[[X]], %[[W]] : tensor<2x3xi8>, tensor<3x4xi8>) outs(%[[I]] : tensor<2x4xi32>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<2x4xi32> -> tensor<2x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @matmul(%q: tensor<2x3xi8>) -> tensor<2x4xi8> {
  %c = arith.constant dense<1> : tensor<3x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x4xi8> -> tensor<3x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %a = linalg.matmul {qopt.integer} ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2x4xf32> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}

// -----

// CHECK-LABEL: func @matmul_left
// CHECK-SAME: %[[X:.*]]: tensor<3x4xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<2xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>) outs({{.*}}) dimensions = [1]
// CHECK: %[[A:.*]] = linalg.matmul{{.*}} ins(%[[W]], %[[X]] : tensor<2x3xi8>, tensor<3x4xi8>) outs(%[[I]] : tensor<2x4xi32>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<2x4xi32> -> tensor<2x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @matmul_left(%q: tensor<3x4xi8>) -> tensor<2x4xi8> {
  %c = arith.constant dense<1> : tensor<2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<3x4xi8> -> tensor<3x4xf32>
  %a = linalg.matmul {qopt.integer} ins(%w, %x : tensor<2x3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2x4xf32> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}

// -----

// CHECK-LABEL: func @batch_matmul
// CHECK-SAME: %[[X:.*]]: tensor<5x2x3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<5x3x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<5x4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<5x4xi32>) outs({{.*}}) dimensions = [1]
// CHECK: %[[A:.*]] = linalg.batch_matmul{{.*}} ins(%[[X]], %[[W]] : tensor<5x2x3xi8>, tensor<5x3x4xi8>) outs(%[[I]] : tensor<5x2x4xi32>) -> tensor<5x2x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<5x2x4xi32> -> tensor<5x2x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @batch_matmul(%q: tensor<5x2x3xi8>) -> tensor<5x2x4xi8> {
  %c = arith.constant dense<1> : tensor<5x3x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<5x3x4xi8> -> tensor<5x3x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<5x2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<5x2x3xi8> -> tensor<5x2x3xf32>
  %a = linalg.batch_matmul {qopt.integer} ins(%x, %w : tensor<5x2x3xf32>, tensor<5x3x4xf32>) outs(%zeros : tensor<5x2x4xf32>) -> tensor<5x2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<5x2x4xf32> -> tensor<5x2x4xi8>
  return %r : tensor<5x2x4xi8>
}

// -----

// CHECK-LABEL: func @matvec
// CHECK-SAME: %[[X:.*]]: tensor<3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<2xi32>
// CHECK: %[[A:.*]] = linalg.matvec{{.*}} ins(%[[W]], %[[X]] : tensor<2x3xi8>, tensor<3xi8>) outs(%[[B]] : tensor<2xi32>) -> tensor<2xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<2xi32> -> tensor<2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @matvec(%q: tensor<3xi8>) -> tensor<2xi8> {
  %c = arith.constant dense<1> : tensor<2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<3xi8> -> tensor<3xf32>
  %a = linalg.matvec {qopt.integer} ins(%w, %x : tensor<2x3xf32>, tensor<3xf32>) outs(%zeros : tensor<2xf32>) -> tensor<2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2xf32> -> tensor<2xi8>
  return %r : tensor<2xi8>
}

// -----

// CHECK-LABEL: func @vecmat
// CHECK-SAME: %[[X:.*]]: tensor<3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<4xi32>
// CHECK: %[[A:.*]] = linalg.vecmat{{.*}} ins(%[[X]], %[[W]] : tensor<3xi8>, tensor<3x4xi8>) outs(%[[B]] : tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<4xi32> -> tensor<4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @vecmat(%q: tensor<3xi8>) -> tensor<4xi8> {
  %c = arith.constant dense<1> : tensor<3x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x4xi8> -> tensor<3x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<3xi8> -> tensor<3xf32>
  %a = linalg.vecmat {qopt.integer} ins(%x, %w : tensor<3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<4xf32>) -> tensor<4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

// CHECK-LABEL: func @batch_matvec
// CHECK-SAME: %[[X:.*]]: tensor<5x3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<5x2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<5x2xi32>
// CHECK: %[[A:.*]] = linalg.batch_matvec{{.*}} ins(%[[W]], %[[X]] : tensor<5x2x3xi8>, tensor<5x3xi8>) outs(%[[B]] : tensor<5x2xi32>) -> tensor<5x2xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<5x2xi32> -> tensor<5x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @batch_matvec(%q: tensor<5x3xi8>) -> tensor<5x2xi8> {
  %c = arith.constant dense<1> : tensor<5x2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<5x2x3xi8> -> tensor<5x2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<5x3xi8> -> tensor<5x3xf32>
  %a = linalg.batch_matvec {qopt.integer} ins(%w, %x : tensor<5x2x3xf32>, tensor<5x3xf32>) outs(%zeros : tensor<5x2xf32>) -> tensor<5x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<5x2xf32> -> tensor<5x2xi8>
  return %r : tensor<5x2xi8>
}

// -----

// CHECK-LABEL: func @batch_vecmat
// CHECK-SAME: %[[X:.*]]: tensor<5x3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<5x3x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<5x4xi32>
// CHECK: %[[A:.*]] = linalg.batch_vecmat{{.*}} ins(%[[X]], %[[W]] : tensor<5x3xi8>, tensor<5x3x4xi8>) outs(%[[B]] : tensor<5x4xi32>) -> tensor<5x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<5x4xi32> -> tensor<5x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @batch_vecmat(%q: tensor<5x3xi8>) -> tensor<5x4xi8> {
  %c = arith.constant dense<1> : tensor<5x3x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<5x3x4xi8> -> tensor<5x3x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<5x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<5x3xi8> -> tensor<5x3xf32>
  %a = linalg.batch_vecmat {qopt.integer} ins(%x, %w : tensor<5x3xf32>, tensor<5x3x4xf32>) outs(%zeros : tensor<5x4xf32>) -> tensor<5x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<5x4xf32> -> tensor<5x4xi8>
  return %r : tensor<5x4xi8>
}

// -----

// CHECK-LABEL: func @conv_1d_ncw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<4x2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-18> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 2]
// CHECK: %[[A:.*]] = linalg.conv_1d_ncw_fcw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x5xi8>, tensor<4x2x3xi8>) outs(%[[I]] : tensor<1x4x3xi32>) -> tensor<1x4x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x4x3xi32> -> tensor<1x4x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_1d_ncw(%q: tensor<1x2x5xi8>) -> tensor<1x4x3xi8> {
  %c = arith.constant dense<1> : tensor<4x2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<4x2x3xi8> -> tensor<4x2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x5xi8> -> tensor<1x2x5xf32>
  %a = linalg.conv_1d_ncw_fcw {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %w : tensor<1x2x5xf32>, tensor<4x2x3xf32>) outs(%zeros : tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x4x3xf32> -> tensor<1x4x3xi8>
  return %r : tensor<1x4x3xi8>
}

// -----

// CHECK-LABEL: func @conv_1d_nwc
// CHECK-SAME: %[[X:.*]]: tensor<1x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x2x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-18> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 1]
// CHECK: %[[A:.*]] = linalg.conv_1d_nwc_wcf{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x2xi8>, tensor<3x2x4xi8>) outs(%[[I]] : tensor<1x3x4xi32>) -> tensor<1x3x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x4xi32> -> tensor<1x3x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_1d_nwc(%q: tensor<1x5x2xi8>) -> tensor<1x3x4xi8> {
  %c = arith.constant dense<1> : tensor<3x2x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x2x4xi8> -> tensor<3x2x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x2xi8> -> tensor<1x5x2xf32>
  %a = linalg.conv_1d_nwc_wcf {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %w : tensor<1x5x2xf32>, tensor<3x2x4xf32>) outs(%zeros : tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x4xf32> -> tensor<1x3x4xi8>
  return %r : tensor<1x3x4xi8>
}

// -----

// CHECK-LABEL: func @conv_2d_nchw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<4x2x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-54> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 2, 3]
// CHECK: %[[A:.*]] = linalg.conv_2d_nchw_fchw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x5x5xi8>, tensor<4x2x3x3xi8>) outs(%[[I]] : tensor<1x4x3x3xi32>) -> tensor<1x4x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x4x3x3xi32> -> tensor<1x4x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_2d_nchw(%q: tensor<1x2x5x5xi8>) -> tensor<1x4x3x3xi8> {
  %c = arith.constant dense<1> : tensor<4x2x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<4x2x3x3xi8> -> tensor<4x2x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x5x5xi8> -> tensor<1x2x5x5xf32>
  %a = linalg.conv_2d_nchw_fchw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x2x5x5xf32>, tensor<4x2x3x3xf32>) outs(%zeros : tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x4x3x3xf32> -> tensor<1x4x3x3xi8>
  return %r : tensor<1x4x3x3xi8>
}

// -----

// CHECK-LABEL: func @conv_2d_nhwc_fhwc
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<4x3x3x2xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-54> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[A:.*]] = linalg.conv_2d_nhwc_fhwc{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x5x2xi8>, tensor<4x3x3x2xi8>) outs(%[[I]] : tensor<1x3x3x4xi32>) -> tensor<1x3x3x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x4xi32> -> tensor<1x3x3x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_2d_nhwc_fhwc(%q: tensor<1x5x5x2xi8>) -> tensor<1x3x3x4xi8> {
  %c = arith.constant dense<1> : tensor<4x3x3x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<4x3x3x2xi8> -> tensor<4x3x3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x5x2xi8> -> tensor<1x5x5x2xf32>
  %a = linalg.conv_2d_nhwc_fhwc {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x5x5x2xf32>, tensor<4x3x3x2xf32>) outs(%zeros : tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x4xf32> -> tensor<1x3x3x4xi8>
  return %r : tensor<1x3x3x4xi8>
}

// -----

// CHECK-LABEL: func @conv_2d_nhwc_hwcf
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x3x2x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-54> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[A:.*]] = linalg.conv_2d_nhwc_hwcf{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x5x2xi8>, tensor<3x3x2x4xi8>) outs(%[[I]] : tensor<1x3x3x4xi32>) -> tensor<1x3x3x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x4xi32> -> tensor<1x3x3x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_2d_nhwc_hwcf(%q: tensor<1x5x5x2xi8>) -> tensor<1x3x3x4xi8> {
  %c = arith.constant dense<1> : tensor<3x3x2x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x3x2x4xi8> -> tensor<3x3x2x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x5x2xi8> -> tensor<1x5x5x2xf32>
  %a = linalg.conv_2d_nhwc_hwcf {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x5x5x2xf32>, tensor<3x3x2x4xf32>) outs(%zeros : tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x4xf32> -> tensor<1x3x3x4xi8>
  return %r : tensor<1x3x3x4xi8>
}

// -----

// CHECK-LABEL: func @grouped_ngchw_fgchw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x3x5x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<4x2x3x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-81> : tensor<2x4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2x4xi32>) outs({{.*}}) dimensions = [0, 3, 4]
// CHECK: %[[A:.*]] = linalg.conv_2d_ngchw_fgchw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x3x5x5xi8>, tensor<4x2x3x3x3xi8>) outs(%[[I]] : tensor<1x2x4x3x3xi32>) -> tensor<1x2x4x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x2x4x3x3xi32> -> tensor<1x2x4x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @grouped_ngchw_fgchw(%q: tensor<1x2x3x5x5xi8>) -> tensor<1x2x4x3x3xi8> {
  %c = arith.constant dense<1> : tensor<4x2x3x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<4x2x3x3x3xi8> -> tensor<4x2x3x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x4x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x3x5x5xi8> -> tensor<1x2x3x5x5xf32>
  %a = linalg.conv_2d_ngchw_fgchw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x2x3x5x5xf32>, tensor<4x2x3x3x3xf32>) outs(%zeros : tensor<1x2x4x3x3xf32>) -> tensor<1x2x4x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x4x3x3xf32> -> tensor<1x2x4x3x3xi8>
  return %r : tensor<1x2x4x3x3xi8>
}

// -----

// CHECK-LABEL: func @grouped_ngchw_gfchw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x3x5x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x4x3x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-81> : tensor<2x4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2x4xi32>) outs({{.*}}) dimensions = [0, 3, 4]
// CHECK: %[[A:.*]] = linalg.conv_2d_ngchw_gfchw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x3x5x5xi8>, tensor<2x4x3x3x3xi8>) outs(%[[I]] : tensor<1x2x4x3x3xi32>) -> tensor<1x2x4x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x2x4x3x3xi32> -> tensor<1x2x4x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @grouped_ngchw_gfchw(%q: tensor<1x2x3x5x5xi8>) -> tensor<1x2x4x3x3xi8> {
  %c = arith.constant dense<1> : tensor<2x4x3x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x4x3x3x3xi8> -> tensor<2x4x3x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x4x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x3x5x5xi8> -> tensor<1x2x3x5x5xf32>
  %a = linalg.conv_2d_ngchw_gfchw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x2x3x5x5xf32>, tensor<2x4x3x3x3xf32>) outs(%zeros : tensor<1x2x4x3x3xf32>) -> tensor<1x2x4x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x4x3x3xf32> -> tensor<1x2x4x3x3xi8>
  return %r : tensor<1x2x4x3x3xi8>
}

// -----

// CHECK-LABEL: func @grouped_nhwgc
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5x2x3xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x4x3x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-81> : tensor<2x4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2x4xi32>) outs({{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[A:.*]] = linalg.conv_2d_nhwgc_gfhwc{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x5x2x3xi8>, tensor<2x4x3x3x3xi8>) outs(%[[I]] : tensor<1x3x3x2x4xi32>) -> tensor<1x3x3x2x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x2x4xi32> -> tensor<1x3x3x2x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @grouped_nhwgc(%q: tensor<1x5x5x2x3xi8>) -> tensor<1x3x3x2x4xi8> {
  %c = arith.constant dense<1> : tensor<2x4x3x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x4x3x3x3xi8> -> tensor<2x4x3x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x5x2x3xi8> -> tensor<1x5x5x2x3xf32>
  %a = linalg.conv_2d_nhwgc_gfhwc {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x5x5x2x3xf32>, tensor<2x4x3x3x3xf32>) outs(%zeros : tensor<1x3x3x2x4xf32>) -> tensor<1x3x3x2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x2x4xf32> -> tensor<1x3x3x2x4xi8>
  return %r : tensor<1x3x3x2x4xi8>
}

// -----

// CHECK-LABEL: func @conv_3d_ncdhw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x4x4x4xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x2x2x2x2xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-48> : tensor<3xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<3xi32>) outs({{.*}}) dimensions = [0, 2, 3, 4]
// CHECK: %[[A:.*]] = linalg.conv_3d_ncdhw_fcdhw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x4x4x4xi8>, tensor<3x2x2x2x2xi8>) outs(%[[I]] : tensor<1x3x3x3x3xi32>) -> tensor<1x3x3x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x3x3xi32> -> tensor<1x3x3x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_3d_ncdhw(%q: tensor<1x2x4x4x4xi8>) -> tensor<1x3x3x3x3xi8> {
  %c = arith.constant dense<1> : tensor<3x2x2x2x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x2x2x2x2xi8> -> tensor<3x2x2x2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x4x4x4xi8> -> tensor<1x2x4x4x4xf32>
  %a = linalg.conv_3d_ncdhw_fcdhw {qopt.integer, dilations = dense<1> : tensor<3xi64>, strides = dense<1> : tensor<3xi64>} ins(%x, %w : tensor<1x2x4x4x4xf32>, tensor<3x2x2x2x2xf32>) outs(%zeros : tensor<1x3x3x3x3xf32>) -> tensor<1x3x3x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x3x3xf32> -> tensor<1x3x3x3x3xi8>
  return %r : tensor<1x3x3x3x3xi8>
}

// -----

// CHECK-LABEL: func @conv_3d_ndhwc
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x4x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x2x2x2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-48> : tensor<3xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<3xi32>) outs({{.*}}) dimensions = [0, 1, 2, 3]
// CHECK: %[[A:.*]] = linalg.conv_3d_ndhwc_dhwcf{{.*}} ins(%[[X]], %[[W]] : tensor<1x4x4x4x2xi8>, tensor<2x2x2x2x3xi8>) outs(%[[I]] : tensor<1x3x3x3x3xi32>) -> tensor<1x3x3x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x3x3xi32> -> tensor<1x3x3x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @conv_3d_ndhwc(%q: tensor<1x4x4x4x2xi8>) -> tensor<1x3x3x3x3xi8> {
  %c = arith.constant dense<1> : tensor<2x2x2x2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x2x2x2x3xi8> -> tensor<2x2x2x2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x4x4x2xi8> -> tensor<1x4x4x4x2xf32>
  %a = linalg.conv_3d_ndhwc_dhwcf {qopt.integer, dilations = dense<1> : tensor<3xi64>, strides = dense<1> : tensor<3xi64>} ins(%x, %w : tensor<1x4x4x4x2xf32>, tensor<2x2x2x2x3xf32>) outs(%zeros : tensor<1x3x3x3x3xf32>) -> tensor<1x3x3x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x3x3xf32> -> tensor<1x3x3x3x3xi8>
  return %r : tensor<1x3x3x3x3xi8>
}

// -----

// CHECK-LABEL: func @depthwise_1d_ncw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<2xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>) outs({{.*}}) dimensions = [0, 2]
// CHECK: %[[A:.*]] = linalg.depthwise_conv_1d_ncw_cw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x5xi8>, tensor<2x3xi8>) outs(%[[I]] : tensor<1x2x3xi32>) -> tensor<1x2x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x2x3xi32> -> tensor<1x2x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @depthwise_1d_ncw(%q: tensor<1x2x5xi8>) -> tensor<1x2x3xi8> {
  %c = arith.constant dense<1> : tensor<2x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x5xi8> -> tensor<1x2x5xf32>
  %a = linalg.depthwise_conv_1d_ncw_cw {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %w : tensor<1x2x5xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x3xf32> -> tensor<1x2x3xi8>
  return %r : tensor<1x2x3xi8>
}

// -----

// CHECK-LABEL: func @depthwise_1d_nwc
// CHECK-SAME: %[[X:.*]]: tensor<1x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x2xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-9> : tensor<2xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>) outs({{.*}}) dimensions = [0, 1]
// CHECK: %[[A:.*]] = linalg.depthwise_conv_1d_nwc_wc{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x2xi8>, tensor<3x2xi8>) outs(%[[I]] : tensor<1x3x2xi32>) -> tensor<1x3x2xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x2xi32> -> tensor<1x3x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @depthwise_1d_nwc(%q: tensor<1x5x2xi8>) -> tensor<1x3x2xi8> {
  %c = arith.constant dense<1> : tensor<3x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x2xi8> -> tensor<3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x2xi8> -> tensor<1x5x2xf32>
  %a = linalg.depthwise_conv_1d_nwc_wc {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %w : tensor<1x5x2xf32>, tensor<3x2xf32>) outs(%zeros : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x2xf32> -> tensor<1x3x2xi8>
  return %r : tensor<1x3x2xi8>
}

// -----

// CHECK-LABEL: func @depthwise_2d_nchw
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<2x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-27> : tensor<2xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>) outs({{.*}}) dimensions = [0, 2, 3]
// CHECK: %[[A:.*]] = linalg.depthwise_conv_2d_nchw_chw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x5x5xi8>, tensor<2x3x3xi8>) outs(%[[I]] : tensor<1x2x3x3xi32>) -> tensor<1x2x3x3xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x2x3x3xi32> -> tensor<1x2x3x3xi8>
// CHECK-NEXT: return %[[Q]]
func.func @depthwise_2d_nchw(%q: tensor<1x2x5x5xi8>) -> tensor<1x2x3x3xi8> {
  %c = arith.constant dense<1> : tensor<2x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<2x3x3xi8> -> tensor<2x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x3x3xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x5x5xi8> -> tensor<1x2x5x5xf32>
  %a = linalg.depthwise_conv_2d_nchw_chw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x2x5x5xf32>, tensor<2x3x3xf32>) outs(%zeros : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xi8>
  return %r : tensor<1x2x3x3xi8>
}

// -----

// CHECK-LABEL: func @depthwise_2d_nhwc
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x3x2xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-27> : tensor<2xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>) outs({{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[A:.*]] = linalg.depthwise_conv_2d_nhwc_hwc{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x5x2xi8>, tensor<3x3x2xi8>) outs(%[[I]] : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x2xi32> -> tensor<1x3x3x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @depthwise_2d_nhwc(%q: tensor<1x5x5x2xi8>) -> tensor<1x3x3x2xi8> {
  %c = arith.constant dense<1> : tensor<3x3x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x3x2xi8> -> tensor<3x3x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x5x2xi8> -> tensor<1x5x5x2xf32>
  %a = linalg.depthwise_conv_2d_nhwc_hwc {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x5x5x2xf32>, tensor<3x3x2xf32>) outs(%zeros : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xi8>
  return %r : tensor<1x3x3x2xi8>
}

// -----

// CHECK-LABEL: func @depthwise_2d_multiplier
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5x2xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<3x3x2x4xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-27> : tensor<2x4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2x4xi32>) outs({{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[A:.*]] = linalg.depthwise_conv_2d_nhwc_hwcm{{.*}} ins(%[[X]], %[[W]] : tensor<1x5x5x2xi8>, tensor<3x3x2x4xi8>) outs(%[[I]] : tensor<1x3x3x2x4xi32>) -> tensor<1x3x3x2x4xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x3x3x2x4xi32> -> tensor<1x3x3x2x4xi8>
// CHECK-NEXT: return %[[Q]]
func.func @depthwise_2d_multiplier(%q: tensor<1x5x5x2xi8>) -> tensor<1x3x3x2x4xi8> {
  %c = arith.constant dense<1> : tensor<3x3x2x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x3x2x4xi8> -> tensor<3x3x2x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x5x5x2xi8> -> tensor<1x5x5x2xf32>
  %a = linalg.depthwise_conv_2d_nhwc_hwcm {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x5x5x2xf32>, tensor<3x3x2x4xf32>) outs(%zeros : tensor<1x3x3x2x4xf32>) -> tensor<1x3x3x2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x2x4xf32> -> tensor<1x3x3x2x4xi8>
  return %r : tensor<1x3x3x2x4xi8>
}

// -----

// CHECK-LABEL: func @strided
// CHECK-SAME: %[[X:.*]]: tensor<1x2x7x5xi8>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1> : tensor<4x2x3x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<-54> : tensor<4xi32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xi32>) outs({{.*}}) dimensions = [0, 2, 3]
// CHECK: %[[A:.*]] = linalg.conv_2d_nchw_fchw{{.*}} ins(%[[X]], %[[W]] : tensor<1x2x7x5xi8>, tensor<4x2x3x3xi8>) outs(%[[I]] : tensor<1x4x2x1xi32>) -> tensor<1x4x2x1xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32, 6.250000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5> : tensor<1x4x2x1xi32> -> tensor<1x4x2x1xi8>
// CHECK-NEXT: return %[[Q]]
func.func @strided(%q: tensor<1x2x7x5xi8>) -> tensor<1x4x2x1xi8> {
  %c = arith.constant dense<1> : tensor<4x2x3x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<4x2x3x3xi8> -> tensor<4x2x3x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4x2x1xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x7x5xi8> -> tensor<1x2x7x5xf32>
  %a = linalg.conv_2d_nchw_fchw {qopt.integer, dilations = dense<2> : tensor<2xi64>, strides = dense<[2, 1]> : tensor<2xi64>} ins(%x, %w : tensor<1x2x7x5xf32>, tensor<4x2x3x3xf32>) outs(%zeros : tensor<1x4x2x1xf32>) -> tensor<1x4x2x1xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x4x2x1xf32> -> tensor<1x4x2x1xi8>
  return %r : tensor<1x4x2x1xi8>
}

// -----

// A dot product has no channel: one number for all.
// CHECK-LABEL: func @dot
// CHECK: %[[N:.*]] = arith.constant -9 : i32
// CHECK: %[[B:.*]] = linalg.fill ins(%[[N]] : i32)
// CHECK: linalg.dot ins(%{{.*}}, %{{.*}} : tensor<3xi8>, tensor<3xi8>) outs(%[[B]] : tensor<i32>) -> tensor<i32>
func.func @dot(%q: tensor<3xi8>) -> tensor<i8> {
  %c = arith.constant dense<1> : tensor<3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3xi8> -> tensor<3xf32>
  %zeros = arith.constant dense<0.0> : tensor<f32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<3xi8> -> tensor<3xf32>
  %a = linalg.dot {qopt.integer} ins(%x, %w : tensor<3xf32>, tensor<3xf32>) outs(%zeros : tensor<f32>) -> tensor<f32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<f32> -> tensor<i8>
  return %r : tensor<i8>
}

// -----

#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>

// A matmul whose maps transpose its weights keeps them: rows are channels.
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @matmul_transposed
// CHECK: arith.constant dense<[-18, -9, 0, 9]> : tensor<4xi32>
// CHECK: linalg.matmul indexing_maps = [#{{.*}}, #[[$RHS]], #{{.*}}] ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<4x3xi8>)
// CHECK: qopt.requantize %{{.*}} from !quant.uniform<i32:f32:1, {6.250000e-02,3.125000e-02,1.250000e-01,6.250000e-02}>
func.func @matmul_transposed(%q: tensor<2x3xi8>) -> tensor<2x4xi8> {
  %c = arith.constant dense<[[1, 2, 3], [1, 1, 1], [0, 1, -1], [-1, -1, -1]]> : tensor<4x3xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32:0, {5.0e-1, 2.5e-1, 1.0, 5.0e-1}> : tensor<4x3xi8> -> tensor<4x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %a = linalg.matmul indexing_maps = [#lhs, #rhs, #out] {qopt.integer} ins(%x, %w : tensor<2x3xf32>, tensor<4x3xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2x4xf32> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#r = affine_map<(m, n, k) -> (n, m)>

// A contraction that only its maps and body say: the same generic on storage.
// CHECK-LABEL: func @generic
// CHECK: arith.constant dense<-9> : tensor<4xi32>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}, #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<3x4xi8>) outs(%{{.*}} : tensor<4x2xi32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: i8, %[[B:.*]]: i8, %[[O:.*]]: i32):
// CHECK-NEXT: %[[WA:.*]] = arith.extsi %[[A]] : i8 to i32
// CHECK-NEXT: %[[WB:.*]] = arith.extsi %[[B]] : i8 to i32
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[WA]], %[[WB]] : i32
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[O]], %[[P]] : i32
// CHECK-NEXT: linalg.yield %[[S]] : i32
func.func @generic(%q: tensor<2x3xi8>) -> tensor<4x2xi8> {
  %c = arith.constant dense<1> : tensor<3x4xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8<-127:127>:f32, 5.0e-1> : tensor<3x4xi8> -> tensor<3x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %a = linalg.generic {indexing_maps = [#x, #w, #r], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<4x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %p = arith.mulf %in, %in2 : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<4x2xf32> -> tensor<4x2xi8>
  return %r : tensor<4x2xi8>
}

// -----

// Two activations: zero points leave the loop, as sums of the other factor and as
// 3 * 3 * -7 that the sum starts from.
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[COLUMNS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func @two_activations
// CHECK-SAME: %[[X:.*]]: tensor<5x2x3xi8>, %[[Y:.*]]: tensor<5x3x4xi8>
// CHECK-DAG: %[[ZX:.*]] = arith.constant 3 : i32
// CHECK-DAG: %[[ZY:.*]] = arith.constant -7 : i32
// CHECK-DAG: %[[Z:.*]] = arith.constant {{dense<-63> : tensor<5x2x4xi32>|-63 : i32}}
// CHECK: %[[A:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[X]], %[[Y]] : tensor<5x2x3xi8>, tensor<5x3x4xi8>)
// CHECK-NEXT: ^bb0(%[[IX:.*]]: i8, %[[IY:.*]]: i8, %[[O:.*]]: i32):
// CHECK-NEXT: %[[WX:.*]] = arith.extsi %[[IX]] : i8 to i32
// CHECK-NEXT: %[[WY:.*]] = arith.extsi %[[IY]] : i8 to i32
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[WX]], %[[WY]] : i32
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[O]], %[[P]] : i32
// CHECK-NEXT: linalg.yield %[[S]] : i32
// CHECK: %[[SX:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[ROWS]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]] :
// CHECK: arith.extsi
// CHECK: %[[SY:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[COLUMNS]]], iterator_types = ["parallel", "reduction", "parallel"]} ins(%[[Y]] :
// CHECK: arith.extsi
// CHECK: %[[C:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[ROWS]], #[[COLUMNS]], #{{.*}}]{{.*}} ins(%[[A]], %[[SX]], %[[SY]] :
// CHECK-NEXT: ^bb0(%[[IA:.*]]: i32, %[[ISX:.*]]: i32, %[[ISY:.*]]: i32, %{{.*}}: i32):
// CHECK-NEXT: %[[TX:.*]] = arith.muli %[[ISX]], %[[ZY]] : i32
// CHECK-NEXT: %[[L:.*]] = arith.subi %[[IA]], %[[TX]] : i32
// CHECK-NEXT: %[[TY:.*]] = arith.muli %[[ISY]], %[[ZX]] : i32
// CHECK-NEXT: arith.subi %[[L]], %[[TY]] : i32
// CHECK: qopt.requantize %[[C]] from !quant.uniform<i32:f32, 3.125000e-02> to !quant.uniform<i8:f32, 2.500000e-01:-5>
func.func @two_activations(%p: tensor<5x2x3xi8>, %q: tensor<5x3x4xi8>) -> tensor<5x2x4xi8> {
  %zeros = arith.constant dense<0.0> : tensor<5x2x4xf32>
  %x = qopt.dequantize %p as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<5x2x3xi8> -> tensor<5x2x3xf32>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 2.5e-1:-7> : tensor<5x3x4xi8> -> tensor<5x3x4xf32>
  %a = linalg.batch_matmul {qopt.integer} ins(%x, %y : tensor<5x2x3xf32>, tensor<5x3x4xf32>) outs(%zeros : tensor<5x2x4xf32>) -> tensor<5x2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<5x2x4xf32> -> tensor<5x2x4xi8>
  return %r : tensor<5x2x4xi8>
}

// -----

// Storage that is unsigned is extended by zeros in the product of two activations.
// CHECK-LABEL: func @two_unsigned
// CHECK: linalg.generic
// CHECK: arith.extui
// CHECK: arith.extsi
func.func @two_unsigned(%p: tensor<2x3xi8>, %q: tensor<3x4xi8>) -> tensor<2x4xi8> {
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %x = qopt.dequantize %p as !quant.uniform<u8:f32, 1.25e-1:128> : tensor<2x3xi8> -> tensor<2x3xf32>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 2.5e-1:-7> : tensor<3x4xi8> -> tensor<3x4xf32>
  %a = linalg.matmul {qopt.integer} ins(%x, %y : tensor<2x3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2x4xf32> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}

// -----

#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>

// Attention scores: the keys read by rows, as the maps say.
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @scores
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$RHS]], #{{.*}}]
func.func @scores(%p: tensor<2x3xi8>, %q: tensor<4x3xi8>) -> tensor<2x4xi8> {
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %x = qopt.dequantize %p as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 2.5e-1:-7> : tensor<4x3xi8> -> tensor<4x3xf32>
  %a = linalg.matmul indexing_maps = [#lhs, #rhs, #out] {qopt.integer} ins(%x, %y : tensor<2x3xf32>, tensor<4x3xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<2x4xf32> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}

// -----

// Sums of a window; maxima start from the stored value of what they started from.
// CHECK-LABEL: func @pooling_nchw_sum
// CHECK-DAG: %[[W:.*]] = tensor.empty() : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = {{arith.constant dense<|linalg.fill}}{{.*}}tensor<1x2x3x3xi32>
// CHECK: %[[A:.*]] = linalg.pooling_nchw_sum {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x2x4x4xi8>, tensor<2x2xf32>) outs(%[[B]] : tensor<1x2x3x3xi32>) -> tensor<1x2x3x3xi32>
// CHECK-NEXT: qopt.requantize %[[A]] from !quant.uniform<i32:f32, 1.250000e-01> to !quant.uniform<i8:f32, 2.500000e-01:-5>
func.func @pooling_nchw_sum(%q: tensor<1x2x4x4xi8>) -> tensor<1x2x3x3xi8> {
  %zeros = arith.constant dense<0.0> : tensor<1x2x3x3xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x4x4xi8> -> tensor<1x2x4x4xf32>
  %a = linalg.pooling_nchw_sum {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xi8>
  return %r : tensor<1x2x3x3xi8>
}

// -----

// CHECK-LABEL: func @pooling_nhwc_sum
// CHECK-DAG: %[[W:.*]] = tensor.empty() : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = {{arith.constant dense<|linalg.fill}}{{.*}}tensor<1x3x3x2xi32>
// CHECK: %[[A:.*]] = linalg.pooling_nhwc_sum {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x4x4x2xi8>, tensor<2x2xf32>) outs(%[[B]] : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
// CHECK-NEXT: qopt.requantize %[[A]] from !quant.uniform<i32:f32, 1.250000e-01> to !quant.uniform<i8:f32, 2.500000e-01:-5>
func.func @pooling_nhwc_sum(%q: tensor<1x4x4x2xi8>) -> tensor<1x3x3x2xi8> {
  %zeros = arith.constant dense<0.0> : tensor<1x3x3x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %a = linalg.pooling_nhwc_sum {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xi8>
  return %r : tensor<1x3x3x2xi8>
}

// -----

// CHECK-LABEL: func @pooling_ncw_sum
// CHECK-DAG: %[[W:.*]] = tensor.empty() : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = {{arith.constant dense<|linalg.fill}}{{.*}}tensor<1x2x3xi32>
// CHECK: %[[A:.*]] = linalg.pooling_ncw_sum {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x2x4xi8>, tensor<2xf32>) outs(%[[B]] : tensor<1x2x3xi32>) -> tensor<1x2x3xi32>
// CHECK-NEXT: qopt.requantize %[[A]] from !quant.uniform<i32:f32, 1.250000e-01> to !quant.uniform<i8:f32, 2.500000e-01:-5>
func.func @pooling_ncw_sum(%q: tensor<1x2x4xi8>) -> tensor<1x2x3xi8> {
  %zeros = arith.constant dense<0.0> : tensor<1x2x3xf32>
  %window = tensor.empty() : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x4xi8> -> tensor<1x2x4xf32>
  %a = linalg.pooling_ncw_sum {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %window : tensor<1x2x4xf32>, tensor<2xf32>) outs(%zeros : tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x2x3xf32> -> tensor<1x2x3xi8>
  return %r : tensor<1x2x3xi8>
}

// -----

// CHECK-LABEL: func @pooling_nwc_sum
// CHECK-DAG: %[[W:.*]] = tensor.empty() : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = {{arith.constant dense<|linalg.fill}}{{.*}}tensor<1x3x2xi32>
// CHECK: %[[A:.*]] = linalg.pooling_nwc_sum {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x4x2xi8>, tensor<2xf32>) outs(%[[B]] : tensor<1x3x2xi32>) -> tensor<1x3x2xi32>
// CHECK-NEXT: qopt.requantize %[[A]] from !quant.uniform<i32:f32, 1.250000e-01> to !quant.uniform<i8:f32, 2.500000e-01:-5>
func.func @pooling_nwc_sum(%q: tensor<1x4x2xi8>) -> tensor<1x3x2xi8> {
  %zeros = arith.constant dense<0.0> : tensor<1x3x2xf32>
  %window = tensor.empty() : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x2xi8> -> tensor<1x4x2xf32>
  %a = linalg.pooling_nwc_sum {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %window : tensor<1x4x2xf32>, tensor<2xf32>) outs(%zeros : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 2.5e-1:-5> : tensor<1x3x2xf32> -> tensor<1x3x2xi8>
  return %r : tensor<1x3x2xi8>
}

// -----

// CHECK-LABEL: func @pooling_nchw_max
// CHECK-SAME: %[[X:.*]]: tensor<1x2x4x4xi8>
// CHECK-DAG: %[[C:.*]] = arith.constant -128 : i8
// CHECK: %[[B:.*]] = linalg.fill ins(%[[C]] : i8) outs(%{{.*}} : tensor<1x2x3x3xi8>)
// CHECK: %[[A:.*]] = linalg.pooling_nchw_max {{.*}} ins(%[[X]], %{{.*}} : tensor<1x2x4x4xi8>, tensor<2x2xf32>) outs(%[[B]] : tensor<1x2x3x3xi8>) -> tensor<1x2x3x3xi8>
// CHECK-NEXT: return %[[A]]
func.func @pooling_nchw_max(%q: tensor<1x2x4x4xi8>) -> tensor<1x2x3x3xi8> {
  %init = arith.constant dense<0xFF800000> : tensor<1x2x3x3xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x4x4xi8> -> tensor<1x2x4x4xf32>
  %a = linalg.pooling_nchw_max {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xi8>
  return %r : tensor<1x2x3x3xi8>
}

// -----

// CHECK-LABEL: func @pooling_nhwc_max
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x2xi8>
// CHECK-DAG: %[[C:.*]] = arith.constant -128 : i8
// CHECK: %[[B:.*]] = linalg.fill ins(%[[C]] : i8) outs(%{{.*}} : tensor<1x3x3x2xi8>)
// CHECK: %[[A:.*]] = linalg.pooling_nhwc_max {{.*}} ins(%[[X]], %{{.*}} : tensor<1x4x4x2xi8>, tensor<2x2xf32>) outs(%[[B]] : tensor<1x3x3x2xi8>) -> tensor<1x3x3x2xi8>
// CHECK-NEXT: return %[[A]]
func.func @pooling_nhwc_max(%q: tensor<1x4x4x2xi8>) -> tensor<1x3x3x2xi8> {
  %init = arith.constant dense<-3.40282347E+38> : tensor<1x3x3x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %a = linalg.pooling_nhwc_max {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xi8>
  return %r : tensor<1x3x3x2xi8>
}

// -----

// CHECK-LABEL: func @pooling_nhwc_min
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x2xi8>
// CHECK-DAG: %[[C:.*]] = arith.constant 127 : i8
// CHECK: %[[B:.*]] = linalg.fill ins(%[[C]] : i8) outs(%{{.*}} : tensor<1x3x3x2xi8>)
// CHECK: %[[A:.*]] = linalg.pooling_nhwc_min {{.*}} ins(%[[X]], %{{.*}} : tensor<1x4x4x2xi8>, tensor<2x2xf32>) outs(%[[B]] : tensor<1x3x3x2xi8>) -> tensor<1x3x3x2xi8>
// CHECK-NEXT: return %[[A]]
func.func @pooling_nhwc_min(%q: tensor<1x4x4x2xi8>) -> tensor<1x3x3x2xi8> {
  %init = arith.constant dense<0x7F800000> : tensor<1x3x3x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %a = linalg.pooling_nhwc_min {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xi8>
  return %r : tensor<1x3x3x2xi8>
}

// -----

// CHECK-LABEL: func @pooling_ncw_max
// CHECK-SAME: %[[X:.*]]: tensor<1x2x4xi8>
// CHECK-DAG: %[[C:.*]] = arith.constant 3 : i8
// CHECK: %[[B:.*]] = linalg.fill ins(%[[C]] : i8) outs(%{{.*}} : tensor<1x2x3xi8>)
// CHECK: %[[A:.*]] = linalg.pooling_ncw_max {{.*}} ins(%[[X]], %{{.*}} : tensor<1x2x4xi8>, tensor<2xf32>) outs(%[[B]] : tensor<1x2x3xi8>) -> tensor<1x2x3xi8>
// CHECK-NEXT: return %[[A]]
func.func @pooling_ncw_max(%q: tensor<1x2x4xi8>) -> tensor<1x2x3xi8> {
  %init = arith.constant dense<0.0> : tensor<1x2x3xf32>
  %window = tensor.empty() : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x4xi8> -> tensor<1x2x4xf32>
  %a = linalg.pooling_ncw_max {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %window : tensor<1x2x4xf32>, tensor<2xf32>) outs(%init : tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2x3xf32> -> tensor<1x2x3xi8>
  return %r : tensor<1x2x3xi8>
}

// -----

// CHECK-LABEL: func @pooling_nwc_max
// CHECK-SAME: %[[X:.*]]: tensor<1x4x2xi8>
// CHECK-DAG: %[[C:.*]] = arith.constant -128 : i8
// CHECK: %[[B:.*]] = linalg.fill ins(%[[C]] : i8) outs(%{{.*}} : tensor<1x3x2xi8>)
// CHECK: %[[A:.*]] = linalg.pooling_nwc_max {{.*}} ins(%[[X]], %{{.*}} : tensor<1x4x2xi8>, tensor<2xf32>) outs(%[[B]] : tensor<1x3x2xi8>) -> tensor<1x3x2xi8>
// CHECK-NEXT: return %[[A]]
func.func @pooling_nwc_max(%q: tensor<1x4x2xi8>) -> tensor<1x3x2xi8> {
  %init = arith.constant dense<0xFF800000> : tensor<1x3x2xf32>
  %window = tensor.empty() : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x4x2xi8> -> tensor<1x4x2xf32>
  %a = linalg.pooling_nwc_max {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %window : tensor<1x4x2xf32>, tensor<2xf32>) outs(%init : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %r = qopt.quantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x3x2xf32> -> tensor<1x3x2xi8>
  return %r : tensor<1x3x2xi8>
}
