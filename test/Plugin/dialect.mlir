// REQUIRES: plugin, mlir-opt-22
// RUN: mlir-opt %s --load-dialect-plugin=%plugin -canonicalize | FileCheck %s

// The stock mlir-opt parses, verifies, folds and prints our operations.

// CHECK-LABEL: @pair
// CHECK-SAME: %[[Q:.*]]: tensor<4xi8>
func.func @pair(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK-NEXT: return %[[Q]]
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}
