// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-store-embeddings{method=min-max}))" -split-input-file | FileCheck %s

// Tokens choose rows of a table: each has a scale of its own, that of its largest
// magnitude. A row of zeros stores zeros.
// CHECK-LABEL: func @embedding
// CHECK-NOT: tensor<3x4xf32>
// CHECK-DAG: %[[TABLE:.*]] = arith.constant dense<{{\[}}[127, -64, 0, 32], [0, 0, 0, 0], [-127, 127, 64, 1]]> : tensor<3x4xi8>
// CHECK-DAG: %[[SCALES:.*]] = arith.constant dense<[1.000000e+00, 1.000000e+00, 2.000000e+00]> : tensor<3xf32>
// CHECK: linalg.generic
// CHECK: %[[ROW:.*]] = arith.index_cast
// CHECK: %[[COLUMN:.*]] = linalg.index 1
// CHECK-NEXT: %[[Q:.*]] = tensor.extract %[[TABLE]][%[[ROW]], %[[COLUMN]]]
// CHECK-NEXT: %[[S:.*]] = tensor.extract %[[SCALES]][%[[ROW]]]
// CHECK-NEXT: %[[REAL:.*]] = arith.sitofp %[[Q]] : i8 to f32
// CHECK-NEXT: %[[VALUE:.*]] = arith.mulf %[[REAL]], %[[S]]
// CHECK-NEXT: linalg.yield %[[VALUE]]
#tokens = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @embedding(%tokens: tensor<2xi64>) -> tensor<2x4xf32> {
  %table = arith.constant dense<[[127.0, -64.0, 0.0, 32.0], [0.0, 0.0, 0.0, 0.0], [-254.0, 254.0, 128.0, 2.0]]> : tensor<3x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [#tokens, #id], iterator_types = ["parallel", "parallel"]} ins(%tokens : tensor<2xi64>) outs(%e : tensor<2x4xf32>) attrs = {qopt.name = "embedding", qopt.weight_only = #qopt.weight_only<>} {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%row, %column] : tensor<3x4xf32>
    linalg.yield %x : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// Two readers, of which one adds positions from a table of its own: the first table
// is stored once, and rows of two dimensions have one scale.
// CHECK-LABEL: func @shared
// CHECK-COUNT-2: arith.constant {{.*}} : tensor<2x2x2xi8>
// CHECK-NOT: tensor<2x2x2xi8>
// CHECK: linalg.generic
// CHECK-COUNT-2: tensor.extract %{{.*}} : tensor<2xf32>
// CHECK: linalg.generic
// CHECK-COUNT-1: tensor.extract %{{.*}} : tensor<2xf32>
#one = affine_map<(d0, d1, d2) -> (d0)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @shared(%tokens: tensor<5xi32>) -> (tensor<5x2x2xf32>, tensor<5x2x2xf32>) {
  %table = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[-1.0, 2.0], [-3.0, 0.5]]]> : tensor<2x2x2xf32>
  %other = arith.constant dense<[[[1.0, 1.5], [3.0, 4.0]], [[-1.0, 2.0], [-3.0, 0.5]]]> : tensor<2x2x2xf32>
  %e = tensor.empty() : tensor<5x2x2xf32>
  %a = linalg.generic {indexing_maps = [#one, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%tokens : tensor<5xi32>) outs(%e : tensor<5x2x2xf32>) attrs = {qopt.weight_only = #qopt.weight_only<>} {
  ^bb0(%token: i32, %out: f32):
    %row = arith.index_cast %token : i32 to index
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %x = tensor.extract %table[%row, %i, %j] : tensor<2x2x2xf32>
    %y = tensor.extract %other[%row, %j, %i] : tensor<2x2x2xf32>
    %z = arith.addf %x, %y : f32
    linalg.yield %z : f32
  } -> tensor<5x2x2xf32>
  %b = linalg.generic {indexing_maps = [#one, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%tokens : tensor<5xi32>) outs(%e : tensor<5x2x2xf32>) attrs = {qopt.weight_only = #qopt.weight_only<>} {
  ^bb0(%token: i32, %out: f32):
    %row = arith.index_cast %token : i32 to index
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %x = tensor.extract %table[%row, %i, %j] : tensor<2x2x2xf32>
    linalg.yield %x : f32
  } -> tensor<5x2x2xf32>
  return %a, %b : tensor<5x2x2xf32>, tensor<5x2x2xf32>
}

// -----

// Shorter floats have no scales.
// CHECK-LABEL: func @halves
// CHECK: arith.constant dense<{{.*}}> : tensor<2x4xbf16>
// CHECK: %[[X:.*]] = tensor.extract %{{.*}} : tensor<2x4xbf16>
// CHECK-NEXT: arith.extf %[[X]] : bf16 to f32
#tokens = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @halves(%tokens: tensor<3xi64>) -> tensor<3x4xf32> {
  %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.5]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<3x4xf32>
  %r = linalg.generic {indexing_maps = [#tokens, #id], iterator_types = ["parallel", "parallel"]} ins(%tokens : tensor<3xi64>) outs(%e : tensor<3x4xf32>) attrs = {qopt.weight_only = #qopt.weight_only<format = bfloat16>} {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%row, %column] : tensor<2x4xf32>
    linalg.yield %x : f32
  } -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

// -----

// No table: a position of the row that depends on the data, a row of two elements,
// and a tensor that is no constant.
// CHECK-LABEL: func @others
// CHECK-NOT: i8
#tokens = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @others(%tokens: tensor<3xi64>, %values: tensor<4x4xf32>) -> tensor<3x2xf32> {
  %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.5]]> : tensor<2x4xf32>
  %short = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %r = linalg.generic {indexing_maps = [#tokens, #id], iterator_types = ["parallel", "parallel"]} ins(%tokens : tensor<3xi64>) outs(%e : tensor<3x2xf32>) attrs = {qopt.weight_only = #qopt.weight_only<>} {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%column, %row] : tensor<2x4xf32>
    %y = tensor.extract %short[%row, %column] : tensor<2x2xf32>
    %z = tensor.extract %values[%row, %column] : tensor<4x4xf32>
    %xy = arith.addf %x, %y : f32
    %xyz = arith.addf %xy, %z : f32
    linalg.yield %xyz : f32
  } -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}
