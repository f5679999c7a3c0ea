// RUN: quant-opt %s --qopt-verify-imported | FileCheck %s
// RUN: quant-opt %s --qopt-verify-imported -o %t.checked && quant-opt %s -o %t.plain && cmp %t.checked %t.plain

// A model that keeps the contract of the phase passes through unchanged.
// CHECK-LABEL: func @model
func.func @model(%x: tensor<2x3xf32> {qopt.name = "x"}) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<3x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %init = linalg.fill {qopt.name = "init"} ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.name = "dense"}
  %m = linalg.matmul {qopt.name = "dense"} ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%init : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}

// Shapes of integers may be dynamic, and what quantization does not touch needs no
// name.
// CHECK-LABEL: func @shapes
func.func @shapes(%x: tensor<?xi32>) -> tensor<?xi32> {
  %r = arith.addi %x, %x : tensor<?xi32>
  return %r : tensor<?xi32>
}

// Constants may be stored in other types.
// CHECK-LABEL: func @stored
func.func @stored(%x: tensor<3x2xf32> {qopt.name = "y"}) -> tensor<2x3xf16> {
  %w = arith.constant dense<0.5> : tensor<3x2xf16>
  %e = tensor.empty() : tensor<2x3xf16>
  %t = linalg.transpose ins(%w : tensor<3x2xf16>) outs(%e : tensor<2x3xf16>) permutation = [1, 0]
  return %t : tensor<2x3xf16>
}
