// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-store-embeddings))" -split-input-file -verify-diagnostics
// RUN: not quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-store-embeddings{method=entropy}))" -split-input-file 2>&1 | FileCheck %s

// CHECK: qopt-store-embeddings takes method=min-max|mse

#tokens = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @infinite(%tokens: tensor<3xi64>) -> tensor<3x4xf32> {
  %table = arith.constant dense<[[1.0, 2.0, 0x7F800000, 4.0], [5.0, 6.0, 7.0, 8.5]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<3x4xf32>
  // expected-error @below {{reads a table with values that are NaN or infinite; mend the model before quantizing it, or set 'embeddings: float'}}
  %r = linalg.generic {indexing_maps = [#tokens, #id], iterator_types = ["parallel", "parallel"]} ins(%tokens : tensor<3xi64>) outs(%e : tensor<3x4xf32>) attrs = {qopt.weight_only = #qopt.weight_only<>} {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%row, %column] : tensor<2x4xf32>
    linalg.yield %x : f32
  } -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

// -----

#tokens = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @large(%tokens: tensor<3xi64>) -> tensor<3x4xf32> {
  %table = arith.constant dense<[[1.0, 2.0, 65520.0, 4.0], [5.0, 6.0, 7.0, -1.0e6]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<3x4xf32>
  // expected-warning @below {{2 of 8 values of its table lie beyond the range of 'f16' and become infinite; take 'format: bfloat16'}}
  %r = linalg.generic {indexing_maps = [#tokens, #id], iterator_types = ["parallel", "parallel"]} ins(%tokens : tensor<3xi64>) outs(%e : tensor<3x4xf32>) attrs = {qopt.weight_only = #qopt.weight_only<format = float16>} {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%row, %column] : tensor<2x4xf32>
    linalg.yield %x : f32
  } -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}
