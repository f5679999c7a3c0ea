// RUN: quant-opt %s --qopt-verify-calibrated -split-input-file -verify-diagnostics

func.func @untyped(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op has no quantized type; run qopt-calibrate or qopt-apply-calibration}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

func.func @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-note@+1 {{which is here}}
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  // expected-error@+1 {{'qopt.observe' op has the id 'x' of another observer}}
  %p = qopt.observe %o id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----

// Ids are unique in the module.
func.func @one(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-note@+1 {{which is here}}
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}

func.func @two(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op has the id 'x' of another observer}}
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}
