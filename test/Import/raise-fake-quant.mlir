// RUN: quant-opt %s --qopt-raise-fake-quant --canonicalize -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#scalar = affine_map<(d0, d1) -> ()>

// ONNX's pair, as torch-mlir takes it apart: two generics, a zero point in float on
// one side and as an integer on the other.
// CHECK-LABEL: func @onnx
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>
// CHECK-NEXT: %[[F:.*]] = qopt.fake_quant %[[X]] as !quant.uniform<i8:f32, 5.000000e-01:3> : tensor<2x4xf32>
// CHECK-NEXT: return %[[F]]
func.func @onnx(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %scale = arith.constant 0.5 : f32
  %zero = arith.constant 3.0 : f32
  %zero_i64 = arith.constant 3 : i64
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e8 = tensor.empty() : tensor<2x4xi8>
  %e = tensor.empty() : tensor<2x4xf32>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e8 : tensor<2x4xi8>) {
  ^bb0(%in: f32, %out: i8):
    %0 = arith.divf %in, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.addf %1, %zero : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = arith.fptosi %4 : f32 to i8
    linalg.yield %5 : i8
  } -> tensor<2x4xi8>
  %d = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x4xi8>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: i8, %out: f32):
    %0 = arith.extsi %in : i8 to i64
    %1 = arith.subi %0, %zero_i64 : i64
    %2 = arith.sitofp %1 : i64 to f32
    %3 = arith.mulf %2, %scale : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#scalar = affine_map<(d0, d1) -> ()>

// torch's form stays in float: an operation a generic, its numbers in tensors of
// one element, times the reciprocal, clamped by comparing. What stands before it in
// a body of its own is its input.
// CHECK-LABEL: func @torch
// CHECK: %[[RELU:.*]] = linalg.generic
// CHECK: %[[F:.*]] = qopt.fake_quant %[[RELU]] as !quant.uniform<i8:f32, 2.500000e-01:-128>
// CHECK-NEXT: return %[[F]]
func.func @torch(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %none = arith.constant 0.0 : f32
  %inverse = arith.constant dense<4.0> : tensor<f32>
  %scale = arith.constant dense<0.25> : tensor<f32>
  %low = arith.constant dense<0.0> : tensor<f32>
  %high = arith.constant dense<255.0> : tensor<f32>
  %e = tensor.empty() : tensor<2x4xf32>
  %relu = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %none : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #scalar, #id], iterator_types = ["parallel", "parallel"]} ins(%relu, %inverse : tensor<2x4xf32>, tensor<f32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %0 = arith.mulf %in, %s : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%t : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.roundeven %in : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %c = linalg.generic {indexing_maps = [#id, #scalar, #scalar, #id], iterator_types = ["parallel", "parallel"]} ins(%r, %low, %high : tensor<2x4xf32>, tensor<f32>, tensor<f32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %l: f32, %h: f32, %out: f32):
    %0 = arith.cmpf ult, %in, %l : f32
    %1 = arith.select %0, %l, %in : f32
    %2 = arith.cmpf ugt, %1, %h : f32
    %3 = arith.select %2, %h, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #scalar, #id], iterator_types = ["parallel", "parallel"]} ins(%c, %scale : tensor<2x4xf32>, tensor<f32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %0 = arith.mulf %in, %s : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// All in one body, narrow, in sixteen bits.
// CHECK-LABEL: func @one_body
// CHECK: qopt.fake_quant %{{.*}} as !quant.uniform<i16<-1000:1000>:f32, 5.000000e-01>
func.func @one_body(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %scale = arith.constant 0.5 : f32
  %low = arith.constant -1000.0 : f32
  %high = arith.constant 1000.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.minimumf %1, %high : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>

// Constants become what they are stored as, with a scale for each row.
// CHECK-LABEL: func @weights
// CHECK: %[[W:.*]] = arith.constant dense<{{\[}}[1, 127], [-2, 4]]> : tensor<2x2xi8>
// CHECK: qopt.dequantize %[[W]] as !quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>
func.func @weights() -> tensor<2x2xf32> {
  %w = arith.constant dense<[[0.4, 99.0], [-0.5, 1.0]]> : tensor<2x2xf32>
  %scales = arith.constant dense<[[0.5], [0.25]]> : tensor<2x1xf32>
  %low = arith.constant -127.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%w, %scales : tensor<2x2xf32>, tensor<2x1xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %0 = arith.divf %in, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.mulf %3, %s : f32
    linalg.yield %4 : f32
  } -> tensor<2x2xf32>
  return %d : tensor<2x2xf32>
}

// -----

// So do those that the program quantizes by our own operation.
// CHECK-LABEL: func @written
// CHECK: %[[W:.*]] = arith.constant dense<[4, 127]> : tensor<2xi8>
// CHECK: qopt.dequantize %[[W]] as !quant.uniform<i8:f32, 5.000000e-01:3>
func.func @written() -> tensor<2xf32> {
  %w = arith.constant dense<[0.5, 99.0]> : tensor<2xf32>
  %d = qopt.fake_quant %w as !quant.uniform<i8:f32, 0.5:3> : tensor<2xf32>
  return %d : tensor<2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A scale of one is neither divided by nor multiplied with.
// CHECK-LABEL: func @one
// CHECK: qopt.fake_quant %{{.*}} as !quant.uniform<i8:f32, 1.000000e+00:-128>
func.func @one(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %zero = arith.constant -128 : i64
  %e = tensor.empty() : tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.roundeven %in : f32
    %1 = arith.addf %0, %low : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.fptosi %3 : f32 to i8
    %5 = arith.extsi %4 : i8 to i64
    %6 = arith.subi %5, %zero : i64
    %7 = arith.sitofp %6 : i64 to f32
    linalg.yield %7 : f32
  } -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}

// -----

// Stored constants round as the operation says.
// CHECK-LABEL: module attributes {qopt.numerics
module attributes {qopt.numerics = #qopt.numerics<rounding = half_away>} {
  // CHECK: arith.constant dense<[1, 2]> : tensor<2xi8>
  func.func @half_away() -> tensor<2xf32> {
    %c = arith.constant dense<[0.25, 1.0]> : tensor<2xf32>
    %q = qopt.fake_quant %c as !quant.uniform<i8:f32, 0.5> : tensor<2xf32>
    return %q : tensor<2xf32>
  }
}

// -----

// Unsigned bytes are signed ones 128 lower, on constants as well.
// CHECK-LABEL: func @written_unsigned
// CHECK: arith.constant dense<[-127, -126]> : tensor<2xi8>
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 5.000000e-01:-128>
// CHECK: qopt.fake_quant %{{.*}} as !quant.uniform<i8<-127:127>:f32, 2.500000e-01:-28>
func.func @written_unsigned(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %w = arith.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %c = qopt.fake_quant %w as !quant.uniform<u8:f32, 0.5> : tensor<2xf32>
  %q = qopt.fake_quant %x as !quant.uniform<u8<1:255>:f32, 0.25:100> : tensor<2xf32>
  return %c, %q : tensor<2xf32>, tensor<2xf32>
}
