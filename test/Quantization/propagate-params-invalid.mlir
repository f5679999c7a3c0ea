// RUN: quant-opt %s --qopt-propagate-params -split-input-file -verify-diagnostics | FileCheck %s

// A class that nothing calibrated leads to stays in float, and says so.
// CHECK-LABEL: func @uncalibrated
// CHECK: tensor.collapse_shape {{.*}} {qopt.float = "no value it moves was calibrated", qopt.name = "flat"}
// CHECK-NOT: qopt.observe
func.func @uncalibrated(%x: tensor<1x4xf32>) -> tensor<4xf32> {
  %f = tensor.collapse_shape %x [[0, 1]] {qopt.integer, qopt.name = "flat"} : tensor<1x4xf32> into tensor<4xf32>
  return %f : tensor<4xf32>
}

// -----

// A value that moves needs a name for its observer.
func.func @nameless(%x: tensor<1x4xf32>) -> tensor<4xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x4xf32>
  // expected-error@+1 {{'tensor.collapse_shape' op has no name; run qopt-assign-names first}}
  %f = tensor.collapse_shape %ox [[0, 1]] {qopt.integer} : tensor<1x4xf32> into tensor<4xf32>
  return %f : tensor<4xf32>
}

// -----

// What a quantization map gives is not changed, not even where values must share.
func.func @given(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> {qopt.given = "map.yaml:3:9"} : tensor<1x4xf32>
  // expected-error@-1 {{'qopt.observe' op 'x' has parameters of its own, given at map.yaml:3:9, but takes part in the range of all of x, y; give the same to all values that move into each other}}
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 5.0e-2> {qopt.given = "map.yaml:7:9"} : tensor<1x4xf32>
  %c = tensor.concat dim(0) %ox, %oy {qopt.integer, qopt.name = "both"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  return %c : tensor<2x4xf32>
}
