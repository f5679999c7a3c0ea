// RUN: quant-opt %s --qopt-choose-entry=entry=encode | FileCheck %s

// CHECK: func.func @encode
func.func @encode(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @shared(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
// CHECK: func.func private @decode
func.func @decode(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// CHECK: func.func private @shared
func.func @shared(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// CHECK: func.func private @outside
func.func private @outside(tensor<4xf32>)
