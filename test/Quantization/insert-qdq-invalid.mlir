// RUN: quant-opt %s --qopt-insert-qdq -split-input-file -verify-diagnostics | FileCheck %s

// A value that has to be stored and has no parameters.
func.func @untyped(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'qopt.observe' op has no quantized type; run qopt-calibrate or qopt-apply-calibration}}
  %ox = qopt.observe %x id "x" : tensor<4x4xf32>
  %m = linalg.matmul {qopt.integer} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m : tensor<4x4xf32>
}

// -----

// Observers that nothing on integers reads vanish, with and without a type.
// CHECK-LABEL: func @float_only
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32>
// CHECK-NOT: qopt.{{observe|quantize}}
// CHECK: linalg.matmul {qopt.float = "no"} ins(%[[X]],
// CHECK-NOT: qopt.{{observe|quantize}}
func.func @float_only(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %ox = qopt.observe %x id "x" : tensor<4x4xf32>
  %m = linalg.matmul {qopt.float = "no"} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 1.0e-1> : tensor<4x4xf32>
  return %om : tensor<4x4xf32>
}
