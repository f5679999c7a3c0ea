// The rows of docs/Placement.md that no other test holds, from calibrated values to
// integer form: between two products, what an operation does to parameters.

// RUN: quant-opt %s --qopt-select-ops --qopt-propagate-params --qopt-quantize-weights \
// RUN:   --qopt-insert-qdq --qopt-fuse-elementwise --qopt-fold-qdq --canonicalize --cse -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// A sum of two branches with a scale each: both are read as they are, and the sum is
// rounded to its own parameters. Nothing is united.
// CHECK-LABEL: func @branches
// CHECK: %[[A:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3> {qopt.name = "a"}
// CHECK: %[[B:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 3.000000e+00:-20> {qopt.name = "b"}
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]] : tensor<1x2xi8>, tensor<1x2xi8>) outs(%{{.*}} : tensor<1x2xi8>)
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3> : i8 -> f32
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 3.000000e+00:-20> : i8 -> f32
// CHECK: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 3.100000e+00:-18> : f32 -> i8
// CHECK: linalg.matmul {{.*}} -> tensor<1x3xi32>
func.func @branches(%a: tensor<1x2xf32>, %b: tensor<1x2xf32>) -> tensor<1x3xf32> {
  %e = tensor.empty() : tensor<1x2xf32>
  %w = arith.constant dense<[[1.0, 2.0, -1.0], [0.5, -3.0, 1.0]]> : tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %oa = qopt.observe %a id "a" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32>
  %ob = qopt.observe %b id "b" as !quant.uniform<i8:f32, 3.0:-20> : tensor<1x2xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%oa, %ob : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.name = "add"} {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %v = arith.addf %l, %r : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %os = qopt.observe %s id "add" as !quant.uniform<i8:f32, 3.1:-18> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%os, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %m : tensor<1x3xf32>
}

// -----

// A split is slices: both parts have the parameters of the whole, also where one of them
// alone has a smaller range.
// CHECK-LABEL: func @split
// CHECK: %[[X:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3>
// CHECK-DAG: tensor.extract_slice %[[X]][0, 0] [1, 2] [1, 1] {{.*}}: tensor<1x4xi8> to tensor<1x2xi8>
// CHECK-DAG: tensor.extract_slice %[[X]][0, 2] [1, 2] [1, 1] {{.*}}: tensor<1x4xi8> to tensor<1x2xi8>
// CHECK-NOT: qopt.{{lookup|requantize}}
// CHECK: linalg.matmul {{.*}} ins(%{{.*}} : tensor<1x2xi8>, tensor<2x3xi8>)
// CHECK: linalg.matmul {{.*}} ins(%{{.*}} : tensor<1x2xi8>, tensor<2x3xi8>)
func.func @split(%x: tensor<1x4xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>) {
  %w = arith.constant dense<[[1.0, 2.0, -1.0], [0.5, -3.0, 1.0]]> : tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x4xf32>
  %a = tensor.extract_slice %ox[0, 0] [1, 2] [1, 1] {qopt.name = "a"} : tensor<1x4xf32> to tensor<1x2xf32>
  %b = tensor.extract_slice %ox[0, 2] [1, 2] [1, 1] {qopt.name = "b"} : tensor<1x4xf32> to tensor<1x2xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%a, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  %n = linalg.matmul {qopt.name = "n"} ins(%b, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %m, %n : tensor<1x3xf32>, tensor<1x3xf32>
}

// -----

// An average, here over rows, sums stored integers and has parameters of its own, so its
// smaller range is used; TFLite and ONNX Runtime keep the input's.
// CHECK-LABEL: func @mean
// CHECK: %[[X:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<4x2xi8>) outs(%{{.*}} : tensor<2xi32>)
// CHECK: linalg.generic {{.*}} ins(%[[S]] : tensor<2xi32>) outs(%{{.*}} : tensor<2xi8>)
// CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i32:f32, 1.000000e-01> : i32 -> f32
// CHECK: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 2.000000e-02:5> : f32 -> i8
// CHECK: linalg.vecmat {{.*}} -> tensor<3xi32>
func.func @mean(%x: tensor<4x2xf32>) -> tensor<3xf32> {
  %quarter = arith.constant 0.25 : f32
  %e = tensor.empty() : tensor<2xf32>
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 2.0, -1.0], [0.5, -3.0, 1.0]]> : tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<3xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]} ins(%ox : tensor<4x2xf32>) outs(%zero : tensor<2xf32>) attrs = {qopt.name = "sum"} {
  ^bb0(%in: f32, %acc: f32):
    %v = arith.addf %acc, %in : f32
    linalg.yield %v : f32
  } -> tensor<2xf32>
  %os = qopt.observe %s id "sum" as !quant.uniform<i8:f32, 8.0e-2:5> : tensor<2xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%os : tensor<2xf32>) outs(%e : tensor<2xf32>) attrs = {qopt.name = "mean"} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %quarter : f32
    linalg.yield %v : f32
  } -> tensor<2xf32>
  %om = qopt.observe %m id "mean" as !quant.uniform<i8:f32, 2.0e-2:5> : tensor<2xf32>
  %y = linalg.vecmat {qopt.name = "y"} ins(%om, %w : tensor<2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

#outer = affine_map<(d0, d1, d2, d3) -> (d0, d2)>
#all = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>

// Nearest neighbours by a whole factor, as a broadcast and a reshape: only moves.
// CHECK-LABEL: func @nearest
// CHECK: %[[X:.*]] = qopt.quantize
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<2x2xi8>) outs(%{{.*}} : tensor<2x2x2x2xi8>)
// CHECK: tensor.collapse_shape %{{.*}} : tensor<2x2x2x2xi8> into tensor<4x4xi8>
// CHECK: linalg.matmul
func.func @nearest(%x: tensor<2x2xf32>) -> tensor<4x1xf32> {
  %e = tensor.empty() : tensor<2x2x2x2xf32>
  %w = arith.constant dense<[[1.0], [2.0], [-1.0], [0.5]]> : tensor<4x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x1xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x2xf32>
  %b = linalg.generic {indexing_maps = [#outer, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%ox : tensor<2x2xf32>) outs(%e : tensor<2x2x2x2xf32>) attrs = {qopt.name = "b"} {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x2x2xf32>
  %c = tensor.collapse_shape %b [[0, 1], [2, 3]] {qopt.name = "c"} : tensor<2x2x2x2xf32> into tensor<4x4xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%c, %w : tensor<4x4xf32>, tensor<4x1xf32>) outs(%zeros : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %m : tensor<4x1xf32>
}

// -----

// A gather whose indices are data (torch-mlir, TOSA) reads its source inside of its body:
// it stays float, and says so. What it gathers from is not rounded, what it makes is.
// CHECK-LABEL: func @gather
// CHECK-NOT: qopt.quantize
// CHECK: linalg.generic {{.*}}qopt.float = "it computes with indices"
// CHECK: tensor.extract %{{.*}} : tensor<8x2xf32>
// CHECK: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3> {qopt.name = "g"}
// CHECK: linalg.matmul {{.*}} -> tensor<4x3xi32>
func.func @gather(%x: tensor<8x2xf32>, %i: tensor<4xi64>) -> tensor<4x3xf32> {
  %e = tensor.empty() : tensor<4x2xf32>
  %w = arith.constant dense<[[1.0, 2.0, -1.0], [0.5, -3.0, 1.0]]> : tensor<2x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x3xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<4xi64>) outs(%e : tensor<4x2xf32>) attrs = {qopt.name = "g"} {
  ^bb0(%in: i64, %out: f32):
    %r = arith.index_cast %in : i64 to index
    %c = linalg.index 1 : index
    %v = tensor.extract %x[%r, %c] : tensor<8x2xf32>
    linalg.yield %v : f32
  } -> tensor<4x2xf32>
  %og = qopt.observe %g id "g" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x2xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%og, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %m : tensor<4x3xf32>
}
