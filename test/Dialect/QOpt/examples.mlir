// RUN: quant-opt %s | FileCheck %s

// The examples of QOptOps.td, which utils/check-examples.py looks for here.

// CHECK-LABEL: @examples
func.func @examples(%x: tensor<4xf32>, %acc: tensor<3x2xi32>) {
  // CHECK: qopt.quantize
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xf32> -> tensor<4xi8>
  // CHECK: qopt.dequantize
  %d = qopt.dequantize %q as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xi8> -> tensor<4xf32>
  // CHECK: qopt.lookup
  %r = qopt.lookup %q in dense<7> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  // CHECK: qopt.fake_quant
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xf32>
  return
}

// CHECK-LABEL: @dynamic
func.func @dynamic(%x: tensor<4x8xf32>) {
  // CHECK: qopt.quantize_dynamic
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
  // CHECK: qopt.quantize_dynamic
  %r, %t, %z = qopt.quantize_dynamic %x per [] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>)
  return
}

// CHECK-LABEL: @dequantize
func.func @dequantize(%q: tensor<4xi8>) {
  // CHECK: qopt.dequantize
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4xi8> -> tensor<4xf32>
  return
}

// CHECK-LABEL: @requantize
func.func @requantize(%acc: tensor<3x2xi32>) {
  // CHECK: qopt.requantize
  %q = qopt.requantize %acc from !quant.uniform<i32:f32:1, {2.0e-3,5.0e-3}> to !quant.uniform<i8:f32, 5.0e-02:-5> : tensor<3x2xi32> -> tensor<3x2xi8>
  return
}

// CHECK-LABEL: @observe
func.func @observe(%x: tensor<1x8xf32>) {
  // CHECK: qopt.observe
  %y = qopt.observe %x id "conv_1" : tensor<1x8xf32>
  // CHECK: qopt.observe
  %z = qopt.observe %x id "conv_1" as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<1x8xf32>
  // CHECK: qopt.observe {{.*}} final
  %f = qopt.observe %x id "conv_1" as !quant.uniform<i8:f32, 1.000000e-01:3> final : tensor<1x8xf32>
  return
}
