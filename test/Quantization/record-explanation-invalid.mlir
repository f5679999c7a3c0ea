// RUN: quant-opt %s --qopt-record-explanation -verify-diagnostics | FileCheck %s

// Nothing has a name: nothing to tell, and no trace of the attempt but an empty list.
// CHECK: func.func @nameless
// CHECK-SAME: qopt.explanation = []
func.func @nameless(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m : tensor<4x4xf32>
}

// Without a body there is nothing at all.
// CHECK: func.func private @external(tensor<4x4xf32>)
// CHECK-NOT: qopt.explanation
func.func private @external(tensor<4x4xf32>)
