// RUN: quant-opt %s --qopt-record-explanation | FileCheck %s

// An entry for each input and each operation that could be quantized, in order;
// none for weights, fills, and values without a name. A float value that nothing
// reads as an integer has no parameters to tell of; one that is quantized has.
// CHECK: func.func @model
// CHECK-SAME: qopt.explanation = [
// CHECK-SAME: {location = "{{.*}}record-explanation.mlir:[[#@LINE+10]]:{{[0-9]+}}", name = "x", op = "input", state = "integer",
// CHECK-SAME: type = !quant.uniform<i8:f32, 1.000000e-01:3>, why = "auto took percentile"},
// CHECK-SAME: {location = "{{.*}}record-explanation.mlir:[[#@LINE+17]]:{{[0-9]+}}", name = "dense", op = "linalg.matmul", state = "integer",
// CHECK-SAME: type = !quant.uniform<i16:f32, 2.000000e-01>, weights = "1 of 4 channels dead"},
// CHECK-SAME: {location = "{{.*}}", name = "kept", op = "linalg.matmul", reason = "the configuration keeps it in float", state = "float",
// CHECK-SAME: type = !quant.uniform<u8:f32, 5.000000e-01:7>, why = "given at map.yaml:9:9: dead"},
// CHECK-SAME: {location = "{{.*}}", name = "last", op = "linalg.matmul", state = "integer"},
// CHECK-SAME: {location = "{{.*}}", name = "each-run", op = "linalg.matmul", state = "dynamic"},
// CHECK-SAME: {location = "{{.*}}", name = "softmax", op = "linalg.softmax", reason = "exponentials", state = "float"}]
func.func @model(
    %x: tensor<4x4xf32> {qopt.name = "x"}) -> tensor<4x4xf32> {
  // CHECK: %[[W:.*]] = arith.constant
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %zeros = linalg.fill {qopt.name = "fill"} ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> {qopt.why = "auto took percentile"} : tensor<4x4xf32>
  // Everything stays where it was, but what is said of the weights.
  // CHECK: linalg.matmul {qopt.integer, qopt.name = "dense"} ins(%{{.*}}, %[[W]] :
  %m = linalg.matmul {qopt.integer, qopt.name = "dense", qopt.why = "1 of 4 channels dead"} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %om = qopt.observe %m id "dense" as !quant.uniform<i16:f32, 2.0e-1> : tensor<4x4xf32>
  %k = linalg.matmul {qopt.float = "the configuration keeps it in float", qopt.name = "kept"} ins(%om, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %ok = qopt.observe %k id "kept" as !quant.uniform<u8:f32, 5.0e-1:7> {qopt.given = "map.yaml:9:9", qopt.why = "dead"} : tensor<4x4xf32>
  %l = linalg.matmul {qopt.integer, qopt.name = "last"} ins(%ok, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %d = linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "each-run"} ins(%l, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.softmax {qopt.float = "exponentials", qopt.name = "softmax"} dimension(1) ins(%d : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: qopt.observe %{{.*}} id "softmax" as
  %os = qopt.observe %s id "softmax" as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<4x4xf32>
  return %os : tensor<4x4xf32>
}

// Integers are no matter of quantization, and a value that nothing reads as an
// integer stays in float. Of two observers the one by which the model rounds tells.
// CHECK: func.func @inputs
// CHECK-SAME: qopt.explanation = [
// CHECK-SAME: {location = "{{.*}}", name = "returned", op = "input", reason = "no operation on integers reads it", state = "float"},
// CHECK-SAME: {location = "{{.*}}", name = "rounded", op = "input", state = "integer", type = !quant.uniform<i8:f32, 2.500000e-01>, why = "came with the model"}]
func.func @inputs(
    %ids: tensor<4xi32> {qopt.name = "ids"}, %y: tensor<4xf32> {qopt.name = "returned"},
    %z: tensor<4xf32> {qopt.name = "rounded"}) -> (tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %oy = qopt.observe %y id "returned" as !quant.uniform<i8:f32, 1.0e-1:3> {qopt.why = "min-max"} : tensor<4xf32>
  %fz = qopt.observe %z id "fake" as !quant.uniform<i8:f32, 0.25> final {qopt.why = "came with the model"} : tensor<4xf32>
  %oz = qopt.observe %z id "rounded" as !quant.uniform<i8:f32, 0.75> {qopt.why = "min-max"} : tensor<4xf32>
  return %ids, %oy, %fz, %oz : tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// What weights are stored as, and what else there is to say of them.
// CHECK: func.func @weight_only
// CHECK-SAME: name = "channels", op = "linalg.matmul", state = "weight-only", weights = "int8, a scale a channel; 1 of 2 channels dead"}
// CHECK-SAME: name = "tensor", op = "linalg.matmul", state = "weight-only", weights = "int8, one scale"}
// CHECK-SAME: name = "groups", op = "linalg.matmul", state = "weight-only", weights = "int8, groups of 2 along dimension 0"}
// CHECK-SAME: name = "short", op = "linalg.matmul", state = "weight-only", weights = "bfloat16"}
func.func @weight_only(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %q = arith.constant dense<1> : tensor<2x2xi8>
  %s = arith.constant dense<0.5> : tensor<1x2xf32>
  %c = qopt.dequantize %q as !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %t = qopt.dequantize %q as !quant.uniform<i8<-127:127>:f32, 0.5> : tensor<2x2xi8> -> tensor<2x2xf32>
  %g = qopt.dequantize_groups %q, %s along 0 by 2 : (tensor<2x2xi8>, tensor<1x2xf32>) -> tensor<2x2xf32>
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %m = linalg.matmul {qopt.weight_only = #qopt.weight_only<>, qopt.name = "channels", qopt.why = "1 of 2 channels dead"} ins(%x, %c : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %n = linalg.matmul {qopt.weight_only = #qopt.weight_only<>, qopt.name = "tensor"} ins(%m, %t : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %o = linalg.matmul {qopt.weight_only = #qopt.weight_only<group = 2>, qopt.name = "groups"} ins(%n, %g : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %p = linalg.matmul {qopt.weight_only = #qopt.weight_only<format = bfloat16>, qopt.name = "short"} ins(%o, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %p : tensor<2x2xf32>
}
