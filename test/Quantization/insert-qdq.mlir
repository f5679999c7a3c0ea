// RUN: quant-opt %s --qopt-insert-qdq -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// A pair where an operation on integers needs the value on storage: the input, and
// the result of the clamp. The sum of products passes to the clamp as it is, for the
// two become one. What float needs stays as it was. The quantize carries the name.
// CHECK-LABEL: func @chain
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>
func.func @chain(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  // CHECK: %[[QX:.*]] = qopt.quantize %[[X]] as !quant.uniform<i8:f32, 1.000000e-01:3> {qopt.name = "x"} : tensor<2x4xf32> -> tensor<2x4xi8>
  // CHECK-NEXT: %[[DX:.*]] = qopt.dequantize %[[QX]] as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<2x4xi8> -> tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK-NEXT: %[[M:.*]] = linalg.matmul {qopt.integer} ins(%[[DX]],
  %m = linalg.matmul {qopt.integer} ins(%ox, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 2.0e-1:3> : tensor<2x4xf32>
  // CHECK-NEXT: %[[R:.*]] = linalg.generic {{.*}} ins(%[[M]] :
  // CHECK: %[[QR:.*]] = qopt.quantize %[[R]] as !quant.uniform<i8:f32, 3.000000e-01:-128> {qopt.name = "r"}
  // CHECK-NEXT: %[[DR:.*]] = qopt.dequantize %[[QR]]
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%om : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %or = qopt.observe %r id "r" as !quant.uniform<i8:f32, 3.0e-1:-128> : tensor<2x4xf32>
  // CHECK-NEXT: %[[N:.*]] = linalg.matmul {qopt.integer} ins(%[[DR]],
  // CHECK-NEXT: return %[[N]]
  %n = linalg.matmul {qopt.integer} ins(%or, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %on = qopt.observe %n id "n" as !quant.uniform<i8:f32, 4.0e-1:3> : tensor<2x4xf32>
  return %on : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Two uses of a sum of products: it is stored, and both read the stored value.
// CHECK-LABEL: func @two_uses
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.quantize %[[M]]
// CHECK-NEXT: %[[D:.*]] = qopt.dequantize %[[Q]]
// CHECK-NEXT: linalg.generic {{.*}} ins(%[[D]] :
// CHECK: linalg.matmul {{.*}} ins(%[[D]],
func.func @two_uses(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 2.0e-1:3> : tensor<4x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%om : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  %n = linalg.matmul {qopt.integer} ins(%om, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r, %n : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#swap = affine_map<(d0, d1) -> (d1, d0)>

// A residual addition fuses with both sums of products that it adds; with one that it
// reads transposed it does not, nor with a table, nor with a value of the input.
// CHECK-LABEL: func @residual
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32>
// CHECK: %[[QX:.*]] = qopt.quantize %[[X]]
// CHECK: %[[DX:.*]] = qopt.dequantize %[[QX]]
// CHECK: %[[A:.*]] = linalg.matmul
// CHECK-NEXT: %[[B:.*]] = linalg.matmul
// CHECK-NEXT: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[A]], %[[B]] :
// CHECK: %[[QSUM:.*]] = qopt.quantize %[[SUM]]
// CHECK: %[[DSUM:.*]] = qopt.dequantize %[[QSUM]]
// CHECK: %[[TANH:.*]] = linalg.generic {{.*}} ins(%[[DSUM]] :
// CHECK: %[[QT:.*]] = qopt.quantize %[[TANH]]
// CHECK: %[[DT:.*]] = qopt.dequantize %[[QT]]
// CHECK: %[[C:.*]] = linalg.matmul
// CHECK: %[[QC:.*]] = qopt.quantize %[[C]]
// CHECK: %[[DC:.*]] = qopt.dequantize %[[QC]]
// CHECK: linalg.generic {{.*}} ins(%[[DC]], %[[DT]] :
func.func @residual(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x4xf32>
  %a = linalg.matmul {qopt.integer} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %oa = qopt.observe %a id "a" as !quant.uniform<i8:f32, 2.0e-1:3> : tensor<4x4xf32>
  %b = linalg.matmul {qopt.integer} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %ob = qopt.observe %b id "b" as !quant.uniform<i8:f32, 3.0e-1:3> : tensor<4x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%oa, %ob : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.addf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  %osum = qopt.observe %sum id "sum" as !quant.uniform<i8:f32, 4.0e-1:3> : tensor<4x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%osum : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = math.tanh %in : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  %ot = qopt.observe %t id "t" as !quant.uniform<i8:f32, 7.8125e-3> : tensor<4x4xf32>
  %c = linalg.matmul {qopt.integer} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %oc = qopt.observe %c id "c" as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<4x4xf32>
  %r = linalg.generic {indexing_maps = [#swap, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%oc, %ot : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.mulf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// An input that only a clamp reads is stored: storage begins at the boundary.
// CHECK-LABEL: func @input
// CHECK: qopt.quantize
// CHECK: qopt.dequantize
// CHECK: linalg.generic
func.func @input(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// What the model rounds itself is rounded whatever reads it, also in float.
// CHECK-LABEL: func @final
// CHECK: %[[Q:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3>
// CHECK-NEXT: %[[D:.*]] = qopt.dequantize %[[Q]]
// CHECK-NEXT: return %[[D]]
func.func @final(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> final : tensor<2x4xf32>
  return %o : tensor<2x4xf32>
}

// -----

// What has parameters of its own is rounded once more where it is joined.
// CHECK-LABEL: func @joined
// CHECK: %[[QX:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 5.000000e-03> {qopt.name = "x"}
// CHECK: %[[X:.*]] = qopt.dequantize %[[QX]]
// CHECK: %[[QY:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 8.000000e-02> {qopt.name = "y"}
// CHECK: %[[Y:.*]] = qopt.dequantize %[[QY]]
// CHECK: %[[QJ:.*]] = qopt.quantize %[[X]] as !quant.uniform<i8:f32, 8.000000e-02> {qopt.name = "cat.0"}
// CHECK: %[[J:.*]] = qopt.dequantize %[[QJ]]
// CHECK: tensor.concat dim(1) %[[J]], %[[Y]]
// CHECK: linalg.matmul {{.*}} ins(%[[X]],
func.func @joined(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>, %w: tensor<2x3xf32>) -> (tensor<1x4xf32>, tensor<1x3xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 5.0e-3> : tensor<1x2xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 8.0e-2> : tensor<1x2xf32>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %oc = qopt.observe %c id "cat" as !quant.uniform<i8:f32, 8.0e-2> : tensor<1x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %oc, %m : tensor<1x4xf32>, tensor<1x3xf32>
}

// -----

// Roundings that the model has behind a moved value stand behind it: they may differ.
// CHECK-LABEL: func @final_behind
// CHECK: %[[X:.*]] = qopt.dequantize %{{.*}} as !quant.uniform<i8:f32, 5.000000e-01>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[X]] :
// CHECK-DAG: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 2.500000e-01> {qopt.name = "a"}
// CHECK-DAG: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e+00> {qopt.name = "b"}
func.func @final_behind(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %e = tensor.empty() : tensor<4x4xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> : tensor<4x4xf32>
  %t = linalg.transpose ins(%o : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  %a = qopt.observe %t id "a" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  %b = qopt.observe %t id "b" as !quant.uniform<i8:f32, 1.0> final : tensor<4x4xf32>
  return %a, %b : tensor<4x4xf32>, tensor<4x4xf32>
}
