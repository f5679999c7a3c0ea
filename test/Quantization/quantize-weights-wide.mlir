// RUN: quant-opt %s --qopt-quantize-weights="bits=16" -split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-quantize-weights="bits=8" -split-input-file | FileCheck %s --check-prefix=BYTES

// Sums are at most 3.5 times the largest weight, so sqrt((2^31 - 1) / (2.5 * 3.5)) = 15666
// steps either way leave 2.5 times as many to the activation.
// CHECK-LABEL: func @wide
// CHECK-DAG: arith.constant dense<{{\[\[}}15666], [-15666], [15666], [7833]]> : tensor<4x1xi16>
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i16<-15666:15666>:f32:1, {6.383{{[0-9]*}}E-5}> : tensor<4x1xi16> -> tensor<4x1xf32>
// BYTES-LABEL: func @wide
// BYTES: qopt.dequantize {{.*}} : tensor<4x1xi8> -> tensor<4x1xf32>
func.func @wide(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x4xf32>
  %w = arith.constant dense<[[1.0], [-1.0], [1.0], [0.5]]> : tensor<4x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}

// -----

// Activations of 8 bits take weights of 8.
// CHECK-LABEL: func @narrow
// CHECK: qopt.dequantize {{.*}} : tensor<4x1xi8> -> tensor<4x1xf32>
func.func @narrow(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x4xf32>
  %w = arith.constant dense<[[1.0], [-1.0], [1.0], [0.5]]> : tensor<4x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}
