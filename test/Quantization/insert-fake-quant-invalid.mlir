// RUN: quant-opt %s --qopt-insert-fake-quant="form=linalg" -verify-diagnostics -split-input-file
// RUN: not quant-opt %s -split-input-file --qopt-insert-fake-quant="form=onnx" 2>&1 | FileCheck %s --check-prefix=FORM
// FORM: error: qopt-insert-fake-quant takes form=op|linalg, parameters=constants|arguments, weight-scales=calibrated|lsq and gradients=none|ste|ste-range|lsq
// RUN: not quant-opt %s -split-input-file --qopt-insert-fake-quant="parameters=arguments values=%t.npz" 2>&1 | FileCheck %s --check-prefix=ARGUMENTS
// RUN: not quant-opt %s -split-input-file --qopt-insert-fake-quant="form=linalg parameters=arguments" 2>&1 | FileCheck %s --check-prefix=ARGUMENTS
// ARGUMENTS: error: parameters=arguments needs form=linalg, and values=FILE.npz for what they start from
// RUN: not quant-opt %s -split-input-file --qopt-insert-fake-quant="values=%t.npz" 2>&1 | FileCheck %s --check-prefix=VALUES
// VALUES: error: values=FILE.npz needs parameters=arguments
// RUN: not quant-opt %s -split-input-file --qopt-insert-fake-quant="config=%t.none.yaml" 2>&1 | FileCheck %s --check-prefix=CONFIG
// CONFIG: error: {{.*}}none.yaml

// expected-error @+1 {{holds nothing calibrated; run qopt-quantize with --compile-to=calibrate first}}
func.func @float(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  return %x : tensor<1x3xf32>
}

// -----

// expected-error @+1 {{has the scheme weight-only, which computes in float: nothing is to be trained; take another scheme, or leave out qopt-insert-fake-quant}}
func.func @weight_only(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.name = "m", qopt.weight_only = #qopt.weight_only<>} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

func.func @untyped(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<1x1xf32>
  %b = arith.constant dense<0.0> : tensor<1x1xf32>
  %f = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> {qopt.name = "f"} : tensor<1x1xf32>
  // expected-error @+1 {{has no quantized type; run qopt-calibrate or qopt-apply-calibration}}
  %o = qopt.observe %f id "x" : tensor<1x1xf32>
  %t = math.tanh %o : tensor<1x1xf32>
  %m = linalg.matmul {qopt.name = "matmul"} ins(%f, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%b : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}

// -----

module attributes {qopt.numerics = #qopt.numerics<rounding = half_away>} {
  func.func @half_away(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
    %w = arith.constant dense<1.0> : tensor<1x1xf32>
    %b = arith.constant dense<0.0> : tensor<1x1xf32>
    // expected-error @+1 {{does not round half to even, as form=linalg and gradients do; take form=op or another qopt.numerics}}
    %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> : tensor<1x1xf32>
    %m = linalg.matmul {qopt.name = "matmul"} ins(%o, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%b : tensor<1x1xf32>) -> tensor<1x1xf32>
    return %m : tensor<1x1xf32>
  }
}
