// RUN: quant-opt %s --qopt-verify-quantized -verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --qopt-verify-quantized="require-int8=true" -verify-diagnostics | FileCheck %s

// The integer form of a small network passes without a word, strict or not: integer
// operations, tables, bodies on storage, movement, and the float at its two ends.
// CHECK-LABEL: func @model
// CHECK-NOT: qopt.integer
// CHECK-NOT: qopt.float
func.func @model(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // CHECK: qopt.quantize
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32> -> tensor<1x2xi8>
  %zeros = arith.constant dense<[[1, 2]]> : tensor<1x2xi32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  // CHECK: linalg.matmul
  %m = linalg.matmul ins(%q, %b : tensor<1x2xi8>, tensor<2x2xi8>) outs(%zeros : tensor<1x2xi32>) -> tensor<1x2xi32>
  // CHECK: qopt.requantize
  %r = qopt.requantize %m from !quant.uniform<i32:f32, 5.0e-3> to !quant.uniform<i8:f32, 5.0e-2:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
  // CHECK: qopt.lookup
  %l = qopt.lookup %r in dense<7> : tensor<256xi8> : tensor<1x2xi8> -> tensor<1x2xi8>
  // CHECK: tensor.collapse_shape
  %c = tensor.collapse_shape %l [[0, 1]] : tensor<1x2xi8> into tensor<2xi8>
  // CHECK: tensor.expand_shape
  %d = tensor.expand_shape %c [[0, 1]] output_shape [1, 2] : tensor<2xi8> into tensor<1x2xi8>
  // CHECK: linalg.matmul
  %n = linalg.matmul ins(%d, %b : tensor<1x2xi8>, tensor<2x2xi8>) outs(%zeros : tensor<1x2xi32>) -> tensor<1x2xi32>
  // CHECK: qopt.dequantize
  %f = qopt.dequantize %n as !quant.uniform<i32:f32, 5.0e-3> : tensor<1x2xi32> -> tensor<1x2xf32>
  return %f : tensor<1x2xf32>
}

// Integer code, constants and what a body dequantizes by itself are not float
// operations.
// CHECK-LABEL: func @bodies
func.func @bodies(%a: tensor<4xi8>, %i: tensor<4xi32>) -> (tensor<4xi8>, tensor<4xf32>, tensor<4xi32>, tensor<2x4xf32>) {
  %e = tensor.empty() : tensor<4xi8>
  %ef = tensor.empty() : tensor<4xf32>
  %k = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %ek = tensor.empty() : tensor<2x4xf32>
  %bk = linalg.broadcast ins(%k : tensor<4xf32>) outs(%ek : tensor<2x4xf32>) dimensions = [0]
  %s = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %x = qopt.dequantize %in as !quant.uniform<i8:f32, 1.0e-1:3> : i8 -> f32
    %y = arith.addf %x, %x : f32
    %q = qopt.quantize %y as !quant.uniform<i8:f32, 2.0e-1:3> : f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  %t = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xi8>) outs(%ef : tensor<4xf32>) {
  ^bb0(%in: i8, %out: f32):
    %x = qopt.dequantize %in as !quant.uniform<i8:f32, 1.0e-1:3> : i8 -> f32
    %y = arith.addf %x, %x : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %j = arith.addi %i, %i : tensor<4xi32>
  return %s, %t, %j, %bk : tensor<4xi8>, tensor<4xf32>, tensor<4xi32>, tensor<2x4xf32>
}

// -----

// Where only weights are stored in fewer bits, everything is meant to compute in
// float: no remarks, and nothing of the decision is left.
// CHECK-LABEL: func @weight_only
// CHECK-NOT: qopt.weight_only
// CHECK-NOT: qopt.float
func.func @weight_only(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %q = arith.constant dense<1> : tensor<4x4xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32, 0.5> : tensor<4x4xi8> -> tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<>} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.softmax {qopt.float = "exponentials"} dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}
