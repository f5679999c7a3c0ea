// RUN: quant-opt %s --qopt-raise-dequantize -split-input-file -verify-diagnostics | FileCheck %s

// What is no dequantization of the form stays, without a diagnostic.
// CHECK-NOT: qopt.dequantize

#id = affine_map<(d0, d1) -> (d0, d1)>

// Stored values that are not constant.
func.func @activation(%q: tensor<2x2xi8>) -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
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

// A zero point outside of the storage range, and one that is no integer.
func.func @zero_points() -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %scale = arith.constant 0.5 : f32
  %big = arith.constant 128 : i32
  %half = arith.constant 0.5 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %w = arith.extsi %in : i8 to i32
    %d = arith.subi %w, %big : i32
    %f = arith.sitofp %d : i32 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %d = arith.subf %f, %half : f32
    %s = arith.mulf %d, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r, %t : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// Negative scales; a scale for each element; scale and zero point along two axes.
func.func @scales() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %negative = arith.constant -0.5 : f32
  %every = arith.constant dense<[[0.5, 0.25], [0.125, 1.0]]> : tensor<2x2xf32>
  %some = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %zp = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %s = arith.mulf %f, %negative : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%q, %every : tensor<2x2xi8>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %sc: f32, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %s = arith.mulf %f, %sc : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %u = linalg.generic {indexing_maps = [#id, #row, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %some, %zp : tensor<2x2xi8>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %sc: f32, %z: f32, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %d = arith.subf %f, %z : f32
    %s = arith.mulf %d, %sc : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r, %t, %u : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// More than a dequantization; other storage; a transposed read; a mere conversion.
func.func @forms() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %scale = arith.constant 0.5 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %wide = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi16>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %s = arith.mulf %f, %scale : f32
    %n = arith.negf %s : f32
    linalg.yield %n : f32
  } -> tensor<2x2xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%wide : tensor<2x2xi16>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i16, %out: f32):
    %f = arith.sitofp %in : i16 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %v = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    linalg.yield %f : f32
  } -> tensor<2x2xf32>
  return %r, %t, %u, %v : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A subtraction that wraps in 8 bits is not the difference of the numbers.
func.func @wraps() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %zp = arith.constant 100 : i8
  %q = arith.constant dense<[[1, -2], [3, -100]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %d = arith.subi %in, %zp : i8
    %f = arith.sitofp %d : i8 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// An extension by zeros that is read as unsigned twice over: the conversion of the
// difference would turn negative numbers into large ones.
func.func @unsigned_difference() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %zp = arith.constant 3 : i32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %w = arith.extui %in : i8 to i32
    %d = arith.subi %w, %zp : i32
    %f = arith.uitofp %d : i32 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Sign-extended, then read as unsigned: -2 becomes 4294967294, not 254.
func.func @mixed_signs() -> tensor<2x2xf32> {
  %scale = arith.constant 0.5 : f32
  %q = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x2xi8>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: i8, %out: f32):
    %w = arith.extsi %in : i8 to i32
    %f = arith.uitofp %w : i32 to f32
    %s = arith.mulf %f, %scale : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}
