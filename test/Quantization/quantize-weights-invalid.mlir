// RUN: quant-opt %s --qopt-quantize-weights -split-input-file -verify-diagnostics | FileCheck %s
// RUN: not quant-opt %s --qopt-quantize-weights="granularity=per-group" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not quant-opt %s --qopt-quantize-weights="method=entropy" 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: error: qopt-quantize-weights takes granularity=per-channel|per-tensor and method=min-max|mse

func.func @nan(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0x7FC00000], [1.0, 1.0]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  // expected-error@+1 {{'linalg.matmul' op has weights that are NaN or infinite; mend the model before quantizing it}}
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

func.func @infinity(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0x7F800000], [1.0, 1.0]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  // expected-error@+1 {{'linalg.matmul' op has weights that are NaN or infinite; mend the model before quantizing it}}
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// What cannot be read at compile time stays in float, and says why.
// CHECK-LABEL: func @unreadable
// CHECK: linalg.matmul {qopt.float = "its weights are not one constant"}
// CHECK: linalg.matmul {qopt.float = "its weights cannot be read at compile time"}
func.func @unreadable(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %w = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<2x2xf32>) dimensions = [0]
  %r = arith.constant dense_resource<missing> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.integer} ins(%x, %r : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

func.func @overflow(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[65520.0], [1.0]]> : tensor<2x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  // expected-warning @+1 {{1 of 2 weights lie beyond the range of 'f16' and become infinite; take 'format: bfloat16'}}
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = float16>} ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}

// -----

func.func @not_finite(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[0x7F800000], [1.0]]> : tensor<2x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  // expected-error @+1 {{has weights that are NaN or infinite; mend the model before quantizing it}}
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = float16>} ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}

// -----

func.func @not_finite_groups(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[0x7FC00000], [1.0]]> : tensor<2x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  // expected-error @+1 {{has weights that are NaN or infinite; mend the model before quantizing it}}
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<group = 1>} ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}
