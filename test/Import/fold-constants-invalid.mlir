// RUN: quant-opt %s --qopt-fold-constants -split-input-file -verify-diagnostics | FileCheck %s

// What cannot be evaluated, or should not be, stays without a diagnostic.

// A broadcast would be larger than what it reads.
// CHECK-LABEL: func @broadcast
// CHECK: linalg.broadcast
// CHECK: linalg.fill
func.func @broadcast() -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %one = arith.constant 1.0 : f32
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<8x4xf32>
  %bb = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<8x4xf32>) dimensions = [0]
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %bb, %f : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// An input that is no constant.
// CHECK-LABEL: func @activation
// CHECK: linalg.add
func.func @activation(%x: tensor<4xf32>) -> tensor<4xf32> {
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.add ins(%x, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Reductions stay: a contraction of constants, a sum.
// CHECK-LABEL: func @reductions
// CHECK: linalg.matmul
// CHECK: linalg.reduce
func.func @reductions() -> (tensor<1x1xf32>, tensor<2xf32>) {
  %a = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %b = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  %m = linalg.matmul ins(%a, %b : tensor<1x2xf32>, tensor<2x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  %c = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2xf32>
  %s = linalg.reduce { arith.addf } ins(%c : tensor<2x2xf32>) outs(%zeros : tensor<2xf32>) dimensions = [0]
  return %m, %s : tensor<1x1xf32>, tensor<2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Operations without an instruction, indices, and f64.
// CHECK-LABEL: func @unknown
// CHECK: math.atan
// CHECK: linalg.index
// CHECK: tensor<2xf64>
// CHECK: arith.addf %{{.*}} : f64
func.func @unknown() -> (tensor<2xf32>, tensor<2xi64>, tensor<2xf64>) {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %d = arith.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %e = tensor.empty() : tensor<2xf32>
  %ei = tensor.empty() : tensor<2xi64>
  %ed = tensor.empty() : tensor<2xf64>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = math.atan %in : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  %i = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<2xf32>) outs(%ei : tensor<2xi64>) {
  ^bb0(%in: f32, %out: i64):
    %n = linalg.index 0 : index
    %r = arith.index_cast %n : index to i64
    linalg.yield %r : i64
  } -> tensor<2xi64>
  %f = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%d : tensor<2xf64>) outs(%ed : tensor<2xf64>) {
  ^bb0(%in: f64, %out: f64):
    %r = arith.addf %in, %in : f64
    linalg.yield %r : f64
  } -> tensor<2xf64>
  return %t, %i, %f : tensor<2xf32>, tensor<2xi64>, tensor<2xf64>
}

// -----

#id = affine_map<(d0) -> (d0)>

// A body that reads what stood in the result before.
// CHECK-LABEL: func @accumulates
// CHECK: linalg.generic
func.func @accumulates() -> tensor<2xf32> {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<2xf32>) outs(%b : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.addf %in, %out : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  return %t : tensor<2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Dynamic shapes.
// CHECK-LABEL: func @dynamic
// CHECK: linalg.generic
func.func @dynamic(%n: index) -> tensor<?xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%f : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.addf %in, %in : f32
    linalg.yield %r : f32
  } -> tensor<?xf32>
  return %t : tensor<?xf32>
}
