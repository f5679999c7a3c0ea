// RUN: quant-opt %s --qopt-raise-dequantize -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Per tensor, no zero point.
// CHECK-LABEL: func @symmetric
func.func @symmetric() -> tensor<2x2xf32> {
  // CHECK: %[[Q:.*]] = arith.constant dense<{{\[\[}}1, -2], [3, -4]]> : tensor<2x2xi8>
  // CHECK: %[[R:.*]] = qopt.dequantize %[[Q]] as !quant.uniform<i8:f32, 5.000000e-01> : tensor<2x2xi8> -> tensor<2x2xf32>
  // CHECK-NEXT: return %[[R]]
  %scale = arith.constant 0.5 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// The zero point subtracted in integers, behind an extension.
// CHECK-LABEL: func @integer_zero_point
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 5.000000e-01:-7>
func.func @integer_zero_point() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %zp = arith.constant -7 : i32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %w = arith.extsi %in : i8 to i32
    %d = arith.subi %w, %zp : i32
    %f = arith.sitofp %d : i32 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// The zero point subtracted in floats; unsigned storage by its conversion.
// CHECK-LABEL: func @float_zero_point
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<u8:f32, 5.000000e-01:128> : tensor<2x2xi8>
func.func @float_zero_point() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %zp = arith.constant 128.0 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.uitofp %in : i8 to f32
    %d = arith.subf %f, %zp : f32
    %s = arith.mulf %d, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Unsigned by its extension.
// CHECK-LABEL: func @extended_unsigned
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<u8:f32, 5.000000e-01:3>
func.func @extended_unsigned() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %zp = arith.constant 3 : i32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %w = arith.extui %in : i8 to i32
    %d = arith.subi %w, %zp : i32
    %f = arith.sitofp %d : i32 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// Per axis: a scale and a zero point for each output channel, as operands.
// CHECK-LABEL: func @per_axis
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32:0, {5.000000e-01:1,2.500000e-01:-1}> : tensor<2x2xi8> -> tensor<2x2xf32>
func.func @per_axis() -> tensor<2x2xf32> {
  %scale = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %zp = arith.constant dense<[1, -1]> : tensor<2xi32>
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %scale, %zp : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %sc: f32, %z: i32, %out: f32):
    %w = arith.extsi %in : i8 to i32
    %d = arith.subi %w, %z : i32
    %f = arith.sitofp %d : i32 to f32
    %s = arith.mulf %f, %sc : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Scales with unit dimensions, and one zero point for all.
// CHECK-LABEL: func @unit_dimensions
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32:1, {5.000000e-01:4,2.500000e-01:4}>
func.func @unit_dimensions() -> tensor<2x2xf32> {
  %scale = arith.constant dense<[[0.5, 0.25]]> : tensor<1x2xf32>
  %zp = arith.constant 4.0 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (0, d1)>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %scale : tensor<2x2xi8>, tensor<1x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %sc: f32, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %d = arith.subf %f, %zp : f32
    %s = arith.mulf %d, %sc : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}
