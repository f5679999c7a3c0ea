// RUN: quant-opt %s --qopt-quantize-dynamically -split-input-file -verify-diagnostics | FileCheck %s

// Nothing is refused: what cannot compute on integers says why in `qopt.float`.

// CHECK-LABEL: func @no_weights
// CHECK: linalg.matmul {{.*}}qopt.float = "its weights are not quantized"
func.func @no_weights(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<>} ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func @half
// CHECK: linalg.matmul {{.*}}qopt.float = "its values are not f32, which dynamic quantization takes"
func.func @half(%x: tensor<2x4xf16>, %y: tensor<4x4xf16>) -> tensor<2x4xf16> {
  %zeros = arith.constant dense<0.0> : tensor<2x4xf16>
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<>} ins(%x, %y : tensor<2x4xf16>, tensor<4x4xf16>) outs(%zeros : tensor<2x4xf16>) -> tensor<2x4xf16>
  return %m : tensor<2x4xf16>
}

// -----

// A sum of 66312 products of (q - z) in [-255, 255] and weights of 127.
// CHECK-LABEL: func @overflow
// CHECK: linalg.matmul {{.*}}qopt.float = "its i32 accumulator could overflow with these weights"
func.func @overflow(%x: tensor<1x66312xf32>) -> tensor<1x1xf32> {
  %q = arith.constant dense<127> : tensor<66312x1xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1> : tensor<66312x1xi8> -> tensor<66312x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x1xf32>
  %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<symmetric = false>} ins(%x, %w : tensor<1x66312xf32>, tensor<66312x1xf32>) outs(%zeros : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}
