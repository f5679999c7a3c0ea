// RUN: quant-opt %s --qopt-normalize-linalg -split-input-file -verify-diagnostics | FileCheck %s

// Operations whose names mean something to later passes keep them.

// CHECK-LABEL: func @kept
// CHECK: linalg.fill
// CHECK: linalg.broadcast
// CHECK: linalg.transpose
// CHECK: linalg.matmul
// CHECK: linalg.pooling_nchw_max
// CHECK: linalg.softmax
// CHECK-NOT: linalg.generic
func.func @kept(%x: tensor<4x8xf32>, %y: tensor<8xf32>, %p: tensor<1x1x4x4xf32>) -> (tensor<4x4xf32>, tensor<1x1x2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %b = linalg.broadcast ins(%y : tensor<8xf32>) outs(%e2 : tensor<4x8xf32>) dimensions = [0]
  %e3 = tensor.empty() : tensor<8x4xf32>
  %t = linalg.transpose ins(%b : tensor<4x8xf32>) outs(%e3 : tensor<8x4xf32>) permutation = [1, 0]
  %m = linalg.matmul ins(%x, %t : tensor<4x8xf32>, tensor<8x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %w = tensor.empty() : tensor<2x2xf32>
  %pinit = arith.constant dense<0.0> : tensor<1x1x2x2xf32>
  %max = linalg.pooling_nchw_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%p, %w : tensor<1x1x4x4xf32>, tensor<2x2xf32>) outs(%pinit : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %s = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %s, %max : tensor<4x4xf32>, tensor<1x1x2x2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// A constant that varies is no number of the body; nor are integers.
// CHECK-LABEL: func @not_splat
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xi32>)
func.func @not_splat(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = arith.constant dense<3> : tensor<2xi32>
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %c : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<2xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %i : tensor<2xf32>, tensor<2xi32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %b: i32, %out: f32):
    %f = arith.sitofp %b : i32 to f32
    %p = arith.mulf %a, %f : f32
    linalg.yield %p : f32
  } -> tensor<2xf32>
  return %r, %s : tensor<2xf32>, tensor<2xf32>
}

// -----

// The loops of a reduction keep what gives them their range.
// CHECK-LABEL: func @reduction
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<4x8xf32>)
func.func @reduction() -> tensor<4xf32> {
  %x = arith.constant dense<1.0> : tensor<4x8xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %r = linalg.reduce { arith.addf } ins(%x : tensor<4x8xf32>) outs(%zero : tensor<4xf32>) dimensions = [1]
  return %r : tensor<4xf32>
}

// -----

// Operations on memory are past this phase.
// CHECK-LABEL: func @memory
// CHECK: linalg.add
func.func @memory(%x: memref<4xf32>, %y: memref<4xf32>) {
  linalg.add ins(%x, %x : memref<4xf32>, memref<4xf32>) outs(%y : memref<4xf32>)
  return
}
