// What cannot be evaluated is counted, with the reason, and is no error.

// RUN: quant-opt %s --qopt-verify-rewrites --canonicalize -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --implicit-check-not=error
// CHECK: remark: verified 3 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 2 could not be checked, 0 changed numbers
// CHECK: unchecked.mlir:[[#@LINE + 6]]:{{[0-9]+}}: note: 1 not checked: 'canonicalize': tensors of dynamic shape cannot be evaluated
// CHECK: unchecked.mlir:[[#@LINE + 11]]:{{[0-9]+}}: note: 1 not checked: 'canonicalize': vectors cannot be evaluated

!t = !quant.uniform<i8:f32, 0.1>
func.func @dynamic(%q: tensor<?xi8>) -> tensor<?xi8> {
  %x = qopt.dequantize %q as !t : tensor<?xi8> -> tensor<?xf32>
  %p = qopt.quantize %x as !t : tensor<?xf32> -> tensor<?xi8>
  return %p : tensor<?xi8>
}

func.func @vector(%q: vector<4xi8>) -> vector<4xi8> {
  %x = qopt.dequantize %q as !t : vector<4xi8> -> vector<4xf32>
  %p = qopt.quantize %x as !t : vector<4xf32> -> vector<4xi8>
  return %p : vector<4xi8>
}

func.func @static(%q: tensor<4xi8>) -> tensor<4xi8> {
  %x = qopt.dequantize %q as !t : tensor<4xi8> -> tensor<4xf32>
  %p = qopt.quantize %x as !t : tensor<4xf32> -> tensor<4xi8>
  return %p : tensor<4xi8>
}
