// RUN: quant-opt %s --inline | FileCheck %s

// A layer that was outlined comes back into the model.
// CHECK-LABEL: func @model
// CHECK-NOT: call
// CHECK: qopt.observe
// CHECK: qopt.quantize
// CHECK: qopt.dequantize
// CHECK-NOT: call
// CHECK: return
func.func private @layer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = qopt.observe %x id "x" : tensor<4xf32>
  %q = qopt.quantize %o as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %d = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  return %d : tensor<4xf32>
}
func.func @model(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @layer(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
