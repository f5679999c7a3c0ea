// RUN: quant-opt %s --qopt-raise-fake-quant -split-input-file -verify-diagnostics | FileCheck %s --implicit-check-not=qopt.fake_quant

#id = affine_map<(d0, d1) -> (d0, d1)>

// Rounded half away from zero; scales that do not agree; zero points that do not;
// no clamp; a reciprocal of another number.
// CHECK-LABEL: func @others
func.func @others(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %scale = arith.constant 0.5 : f32
  %other = arith.constant 0.25 : f32
  %three = arith.constant 3.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %away = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = math.round %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x4xf32>
  %scales = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.mulf %3, %other : f32
    linalg.yield %4 : f32
  } -> tensor<2x4xf32>
  %zeros = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.addf %1, %three : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = arith.mulf %4, %scale : f32
    linalg.yield %5 : f32
  } -> tensor<2x4xf32>
  %open = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.mulf %2, %scale : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  %inverse = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %three : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x4xf32>
  return %away, %scales, %zeros, %open, %inverse : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// Values that are not constants have one scale.
// CHECK-LABEL: func @channels
func.func @channels(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %scales = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %d = linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %scales : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
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

// What is rounded is an argument of the function, not an element of a tensor.
// CHECK-LABEL: func @captured
// CHECK-NOT: qopt.fake_quant
// CHECK: math.roundeven
// CHECK-NOT: qopt.fake_quant
func.func @captured(%s: f32, %t: tensor<4xf32>) -> tensor<4xf32> {
  %sc = arith.constant 0.5 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    %d = arith.divf %s, %sc : f32
    %n = math.roundeven %d : f32
    %l = arith.maximumf %n, %lo : f32
    %h = arith.minimumf %l, %hi : f32
    %v = arith.mulf %h, %sc : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// A zero point is taken away as an integer, and another one in float.
// CHECK-LABEL: func @two_zero_points
// CHECK-NOT: qopt.fake_quant
// CHECK: math.roundeven
// CHECK-NOT: qopt.fake_quant
func.func @two_zero_points(%s: f32, %t: tensor<4xf32>) -> tensor<4xf32> {
  %sc = arith.constant 0.5 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %z3 = arith.constant 3.0 : f32
  %z5 = arith.constant 5.0 : f32
  %c3 = arith.constant 3 : i32
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    %d = arith.divf %x, %sc : f32
    %n = math.roundeven %d : f32
    %p = arith.addf %n, %z3 : f32
    %l = arith.maximumf %p, %lo : f32
    %h = arith.minimumf %l, %hi : f32
    %i = arith.fptosi %h : f32 to i32
    %j = arith.subi %i, %c3 : i32
    %k = arith.sitofp %j : i32 to f32
    %m = arith.subf %k, %z5 : f32
    %v = arith.mulf %m, %sc : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// 128 to 255 are written as unsigned bytes, and read as negative ones.
// CHECK-LABEL: func @other_sign
// CHECK-NOT: qopt.fake_quant
// CHECK: math.roundeven
// CHECK-NOT: qopt.fake_quant
func.func @other_sign(%s: f32, %t: tensor<4xf32>) -> tensor<4xf32> {
  %sc = arith.constant 0.5 : f32
  %lo = arith.constant 0.0 : f32
  %hi = arith.constant 255.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    %d = arith.divf %x, %sc : f32
    %n = math.roundeven %d : f32
    %l = arith.maximumf %n, %lo : f32
    %h = arith.minimumf %l, %hi : f32
    %i = arith.fptoui %h : f32 to i8
    %k = arith.sitofp %i : i8 to f32
    %v = arith.mulf %k, %sc : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// On buffers, nothing has a result.
// CHECK-LABEL: func @buffers
// CHECK: linalg.generic
func.func @buffers(%a: memref<4xf32>, %b: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : memref<4xf32>) outs(%b : memref<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  return
}
