// RUN: quant-opt %s -split-input-file -verify-diagnostics --allow-unregistered-dialect

func.func @axis(%q: tensor<100x64xi8>, %s: tensor<4x64xf32>) {
  // expected-error@+1 {{has groups along dimension 2, which 'tensor<100x64xi8>' has not}}
  %w = qopt.dequantize_groups %q, %s along 2 by 32 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<100x64xf32>
  return
}

// -----

func.func @size(%q: tensor<100x64xi8>, %s: tensor<4x64xf32>) {
  // expected-error@+1 {{has groups of 0 elements}}
  %w = qopt.dequantize_groups %q, %s along 0 by 0 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<100x64xf32>
  return
}

// -----

func.func @scales(%q: tensor<100x64xi8>, %s: tensor<3x64xf32>) {
  // expected-error@+1 {{has scales 'tensor<3x64xf32>' where groups of 32 along dimension 0 need 'tensor<4x64xf32>'}}
  %w = qopt.dequantize_groups %q, %s along 0 by 32 : (tensor<100x64xi8>, tensor<3x64xf32>) -> tensor<100x64xf32>
  return
}

// -----

func.func @shape(%q: tensor<100x64xi8>, %s: tensor<4x64xf32>) {
  // expected-error@+1 {{makes 'tensor<64x100xf32>' of 'tensor<100x64xi8>'; shapes must agree}}
  %w = qopt.dequantize_groups %q, %s along 0 by 32 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<64x100xf32>
  return
}

// -----

// expected-error@+1 {{groups of -1 weights; take at least 1, or 0 for none}}
"test.a"() {qopt.weight_only = #qopt.weight_only<group = -1>} : () -> ()

// -----

// expected-error@+1 {{groups share a scale, which float16 has none of}}
"test.a"() {qopt.weight_only = #qopt.weight_only<format = float16, group = 32>} : () -> ()

// -----

// expected-error@+1 {{'qopt.weight_only' takes a #qopt.weight_only attribute, not 8 : i64}}
"test.a"() {qopt.weight_only = 8} : () -> ()
