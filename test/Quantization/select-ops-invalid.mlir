// RUN: quant-opt %s --qopt-select-ops -split-input-file -verify-diagnostics | FileCheck %s

// Nothing is refused: what cannot compute on integers says why in `qopt.float`.

#id = affine_map<(d0) -> (d0)>

// A contraction whose operand was not calibrated.
// CHECK-LABEL: func @uncalibrated
func.func @uncalibrated(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.float = "an operand of it was not calibrated"}
  %m = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0)>

// Each reason of an operation that has no integer form.
// CHECK-LABEL: func @reasons
func.func @reasons(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
  %lowest = arith.constant dense<-1.0> : tensor<2xf32>
  %index = arith.constant dense<0> : tensor<2xi64>
  %e = tensor.empty() : tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: attrs = {qopt.float = "it computes several results in one body"}
  %max:2 = linalg.generic {indexing_maps = [#id, #keep, #keep], iterator_types = ["parallel", "reduction"]}
      ins(%ox : tensor<2x4xf32>) outs(%lowest, %index : tensor<2xf32>, tensor<2xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %m = arith.maximumf %in, %out : f32
    linalg.yield %m, %at : f32, i64
  } -> (tensor<2xf32>, tensor<2xi64>)
  // CHECK: attrs = {qopt.float = "it computes with indices"}
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    %s = arith.addf %in, %f : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  // CHECK: attrs = {qopt.float = "it computes a function of several values that has no table"}
  %b = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox, %oy : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %s = math.powf %in, %in2 : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  // CHECK: attrs = {qopt.float = "its body has operations that quantization does not know"}
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.atan %in : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  // CHECK: attrs = {qopt.float = "its body is not a sum, a sum of products, a maximum or a minimum"}
  %d = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]} ins(%ox : tensor<2x4xf32>) outs(%lowest : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.mulf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  // CHECK: attrs = {qopt.float = "its body reads what its result held before"}
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox : tensor<2x4xf32>) outs(%oy : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  // CHECK: linalg.softmax {qopt.float = "softmax divides exponentials, whose range takes more than 8 bits"}
  %s = linalg.softmax dimension(1) ins(%ox : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %s, %d : tensor<2x4xf32>, tensor<2xf32>
}

// -----

// Constants are not activations: nothing marks them.
// CHECK-LABEL: func @constants
// CHECK-NOT: qopt
func.func @constants() -> tensor<8x4xf32> {
  %one = arith.constant 1.0 : f32
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<8x4xf32>
  %bb = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<8x4xf32>) dimensions = [0]
  %r = linalg.add ins(%bb, %bb : tensor<8x4xf32>, tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}
