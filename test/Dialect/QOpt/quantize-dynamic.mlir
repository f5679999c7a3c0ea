// RUN: quant-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: @examples
func.func @examples(%x: tensor<4x8xf32>) {
  // CHECK: qopt.quantize_dynamic %{{.*}} per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
  // CHECK: qopt.quantize_dynamic %{{.*}} per [] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>)
  %r, %t, %z = qopt.quantize_dynamic %x per [] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>)
  // CHECK: per [1, 0] {numerics = #qopt.numerics<rounding = half_away>}
  %e, %u = qopt.quantize_dynamic %x per [1, 0] {numerics = #qopt.numerics<rounding = half_away>} : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<8x4xf32>)
  return
}

// CHECK-LABEL: @attribute
func.func @attribute(%a: tensor<2x4xf32>, %b: tensor<4x3xf32>, %o: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK: linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor, symmetric = false>}
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor, symmetric = false>} ins(%a, %b : tensor<2x4xf32>, tensor<4x3xf32>) outs(%o : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %m : tensor<2x3xf32>
}
