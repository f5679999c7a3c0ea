// RUN: quant-opt %s --qopt-record-explanation | FileCheck %s

// An entry for each input and each operation that could be quantized, in order;
// none for weights, fills, and values without a name. A float value that nothing
// reads as an integer has no parameters to tell of; one that is quantized has.
// CHECK: func.func @model
// CHECK-SAME: qopt.explanation = [
// CHECK-SAME: {location = "{{.*}}record-explanation.mlir:[[#@LINE+10]]:{{[0-9]+}}", name = "x", op = "input", state = "integer",
// CHECK-SAME: type = "i8, scale 0.1, zero point 3", why = "auto took percentile"},
// CHECK-SAME: {location = "{{.*}}record-explanation.mlir:[[#@LINE+17]]:{{[0-9]+}}", name = "dense", op = "linalg.matmul", state = "integer",
// CHECK-SAME: type = "i16, scale 0.2, zero point 0", weights = "1 of 4 channels dead"},
// CHECK-SAME: {location = "{{.*}}", name = "kept", op = "linalg.matmul", reason = "the configuration keeps it in float", state = "float",
// CHECK-SAME: type = "u8, scale 0.5, zero point 7", why = "given at map.yaml:9:9: dead"},
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
