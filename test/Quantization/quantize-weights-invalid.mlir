// RUN: quant-opt %s --qopt-quantize-weights -split-input-file -verify-diagnostics | FileCheck %s
// RUN: not quant-opt %s --qopt-quantize-weights="granularity=per-group" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not quant-opt %s --qopt-quantize-weights="method=entropy" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not quant-opt %s --qopt-quantize-weights="bits=9" 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: error: qopt-quantize-weights takes granularity=per-channel|per-tensor, method=min-max|mse and bits=8|7|16

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
  %b = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %w = linalg.exp ins(%b : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
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

// -----

// Scales that a quantization map gives cannot grow: 0.25 / (0.1 * 1e-12) is 2.5e12.
func.func @given(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, 0.25]]> : tensor<1x2xf32>
  // expected-error@+1 {{'linalg.matmul' op has a bias that does not fit in an i32 at the weights' scale of channel 1, 1.000000e-12, which is given at map.yaml:9:5; give at least 4.656613e-09}}
  %m = linalg.matmul {qopt.integer, qopt.given_weights = [{operand = 1 : i64, type = !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-12}>, place = "map.yaml:9:5"}]} ins(%ox, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}
