// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @twice(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'qopt.quantize_dynamic' op keeps [1, 1], which are not different dimensions of 'tensor<4x8xf32>'}}
  %q, %s = qopt.quantize_dynamic %x per [1, 1] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<8x8xf32>)
  return
}

// -----

func.func @rank(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{keeps [2], which are not different dimensions of 'tensor<4x8xf32>'}}
  %q, %s = qopt.quantize_dynamic %x per [2] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
  return
}

// -----

func.func @shape(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{makes 'tensor<8x4xi8>' of 'tensor<4x8xf32>'; shapes must agree}}
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<8x4xi8>, tensor<4xf32>)
  return
}

// -----

func.func @scales(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{has parameters 'tensor<8xf32>' where the dimensions that it keeps need 'tensor<4xf32>'}}
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<8xf32>)
  return
}

// -----

func.func @zero_points(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{has parameters 'tensor<i32>' where the dimensions that it keeps need 'tensor<4xi32>'}}
  %q, %s, %z = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>, tensor<i32>)
  return
}

// -----

// expected-error@+1 {{'qopt.dynamic' takes a #qopt.dynamic attribute, not true}}
func.func @attribute() attributes {qopt.dynamic = true} {
  return
}
