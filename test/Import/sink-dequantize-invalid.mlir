// RUN: quant-opt %s --qopt-sink-dequantize -verify-diagnostics | FileCheck %s

// What the program computes is moved where it stands.
// CHECK-LABEL: func @values
// CHECK: %[[D:.*]] = qopt.dequantize
// CHECK: linalg.transpose ins(%[[D]] : tensor<2x3xf32>)
func.func @values(%x: tensor<2x3xi8>) -> tensor<3x2xf32> {
  %d = qopt.dequantize %x as !quant.uniform<i8:f32, 0.5:1> : tensor<2x3xi8> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}
