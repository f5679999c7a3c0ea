// RUN: quant-opt %s --emit-bytecode -o %t.mlirbc
// RUN: quant-opt %t.mlirbc -o %t.text
// RUN: quant-opt %s -o %t.direct
// RUN: diff %t.direct %t.text
// RUN: FileCheck %s --input-file=%t.text

// Bytecode keeps what text says: types, attributes, names and contracts.

// CHECK: qopt.numerics = #qopt.numerics<rounding = half_away, multiplier = q31_double>
module attributes {qopt.numerics = #qopt.numerics<rounding = half_away, multiplier = q31_double>} {
  // CHECK-LABEL: @all
  func.func @all(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
    // CHECK: qopt.observe %{{.*}} id "input" as !quant.uniform<u8:f32, 1.000000e-01:128> {qopt.name = "input"} : tensor<2x4xf32>
    %o = qopt.observe %x id "input" as !quant.uniform<u8:f32, 1.0e-1:128> {qopt.name = "input"} : tensor<2x4xf32>
    // CHECK: qopt.fake_quant %{{.*}} as !quant.uniform<i8<-127:127>:f32:1, {1.000000e-01,2.000000e-01,3.000000e-01,4.000000e-01:5}> : tensor<2x4xf32>
    %f = qopt.fake_quant %o as !quant.uniform<i8<-127:127>:f32:1, {0.1, 0.2, 0.3, 0.4:5}> : tensor<2x4xf32>
    // CHECK: qopt.quantize %{{.*}} {numerics = #qopt.numerics<rounding = half_up>}
    %q = qopt.quantize %f as !quant.uniform<u8:f32, 1.0e-1:128> {numerics = #qopt.numerics<rounding = half_up>} : tensor<2x4xf32> -> tensor<2x4xi8>
    // CHECK: qopt.requantize
    %r = qopt.requantize %q from !quant.uniform<u8:f32, 1.0e-1:128> to !quant.uniform<i8:f32, 2.0e-1:-1> : tensor<2x4xi8> -> tensor<2x4xi8>
    // CHECK: qopt.lookup %{{.*}} in dense<9> : tensor<256xi8>
    %l = qopt.lookup %r in dense<9> : tensor<256xi8> : tensor<2x4xi8> -> tensor<2x4xi8>
    // CHECK: qopt.dequantize
    %y = qopt.dequantize %l as !quant.uniform<i8:f32, 2.0e-1:-1> : tensor<2x4xi8> -> tensor<2x4xf32>
    return %y : tensor<2x4xf32>
  }
}
