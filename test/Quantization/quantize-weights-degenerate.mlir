// RUN: quant-opt %s --qopt-quantize-weights="method=min-max" -split-input-file -verify-diagnostics | FileCheck %s

// Channels whose scale does not come from their weights (docs/NumericContract.md,
// "Degenerate values"). 0 is ordinary: 1.27 / 127. 1 is dead: it gets the smallest scale
// of the others, and no less than its bias needs. 2 is tiny, below what a scale can hold: it stores zeros, as a dead one
// does. The bias of 3 would be 0.25 / (0.1 * 1e-30 / 127) in units of the accumulator:
// it gets 0.25 / (0.1 * 2^29), rounded up to an f32.
// CHECK-LABEL: func @channels
// CHECK: arith.constant dense<{{\[\[}}127, 0, 0, 0, 127]]> : tensor<1x5xi8>
// CHECK: !quant.uniform<i8<-127:127>:f32:1, {0.00999999{{[0-9]*}},4.6566128{{[0-9]*}}E-9,4.6566128{{[0-9]*}}E-9,4.6566128{{[0-9]*}}E-9,0.0050393{{[0-9]*}}}>
// CHECK: linalg.matmul {{.*}}qopt.why = "1 of 5 channels dead: all of their weights are zero (1); 1 of 5 channels tiny: below what a scale can hold, stored as zeros (2); 1 of 5 channels widened so that the bias fits in the accumulator (3)"
module attributes {qopt.explain} {
  func.func @channels(%x: tensor<1x1xf32>) -> tensor<1x5xf32> {
    %w = arith.constant dense<[[1.27, 0.0, 1.0e-40, 1.0e-30, 0.64]]> : tensor<1x5xf32>
    %b = arith.constant dense<[[0.5, 0.25, 0.25, 0.25, 0.0]]> : tensor<1x5xf32>
    %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.1> : tensor<1x1xf32>
    // expected-remark@+1 {{'linalg.matmul' has weights with 1 of 5 channels widened so that the bias fits in the accumulator (3)}}
    %r = linalg.matmul {qopt.integer} ins(%o, %w : tensor<1x1xf32>, tensor<1x5xf32>) outs(%b : tensor<1x5xf32>) -> tensor<1x5xf32>
    return %r : tensor<1x5xf32>
  }
}

// -----

// Without an explanation to make there is none; long lists are cut.
// CHECK-LABEL: func @many
// CHECK-NOT: qopt.why
func.func @many(%x: tensor<1x1xf32>) -> tensor<1x10xf32> {
  %w = arith.constant dense<1.0e-30> : tensor<1x10xf32>
  %b = arith.constant dense<1.0> : tensor<1x10xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.1> : tensor<1x1xf32>
  // expected-remark@+1 {{'linalg.matmul' 'dense' has weights with 10 of 10 channels widened so that the bias fits in the accumulator (0, 1, 2, 3, 4, 5, 6, 7, ...)}}
  %r = linalg.matmul {qopt.integer, qopt.name = "dense"} ins(%o, %w : tensor<1x1xf32>, tensor<1x10xf32>) outs(%b : tensor<1x10xf32>) -> tensor<1x10xf32>
  return %r : tensor<1x10xf32>
}

// -----

// The unit of the accumulator is a normal f32: 2^-126 / 1e-9, rounded up.
// CHECK-LABEL: func @unit
// CHECK: !quant.uniform<i8<-127:127>:f32:1, {1.17549{{[0-9]*}}E-29}>
func.func @unit(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0e-31> : tensor<1x1xf32>
  %b = arith.constant dense<0.0> : tensor<1x1xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-9> : tensor<1x1xf32>
  // expected-remark@+1 {{1 of 1 channels widened}}
  %r = linalg.matmul {qopt.integer} ins(%o, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%b : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %r : tensor<1x1xf32>
}

// -----

// Weights without elements.
// CHECK-LABEL: func @empty
// CHECK: linalg.matmul {qopt.float = "its weights have no elements"}
func.func @empty(%x: tensor<2x3xf32>) -> tensor<2x0xf32> {
  %w = arith.constant dense<> : tensor<3x0xf32>
  %b = arith.constant dense<> : tensor<2x0xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.1> : tensor<2x3xf32>
  %r = linalg.matmul {qopt.integer} ins(%o, %w : tensor<2x3xf32>, tensor<3x0xf32>) outs(%b : tensor<2x0xf32>) -> tensor<2x0xf32>
  return %r : tensor<2x0xf32>
}
