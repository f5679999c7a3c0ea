// RUN: quant-opt %s --qopt-convert-to-linalg -split-input-file -verify-diagnostics

func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xi8> {
  // expected-error @+1 {{has a result of dynamic shape 'tensor<?xi8>'; buffers are planned at compile time}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<?xf32> -> tensor<?xi8>
  return %q : tensor<?xi8>
}

// -----

func.func @axes(%a: tensor<2x2xi32>) -> tensor<2x2xi8> {
  // expected-error @+1 {{converts between parameters along axis 0 and along axis 1; requantize to per-tensor parameters first}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32:0, {1.0,2.0}> to !quant.uniform<i8:f32:1, {1.0,2.0}> : tensor<2x2xi32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}
