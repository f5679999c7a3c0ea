// RUN: quant-opt %s --qopt-import | FileCheck %s
// Twice is once, but for the order of constants.
// RUN: quant-opt %s --qopt-import --qopt-import | FileCheck %s

// A network as torch-mlir writes it: the weight of a dense layer transposed, its bias
// added afterwards, relu6 by comparisons, an argmax that nothing reads beside softmax's
// maximum, a sigmoid and its product apart.

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#keep = affine_map<(d0, d1) -> (d0)>
#unit = affine_map<(d0, d1) -> (d0, 0)>

// CHECK-LABEL: func @network
// CHECK-SAME: %[[X:.*]]: tensor<1x3xf32> {qopt.name = "input_0"}
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, -1.000000e+00], [2.000000e+00, 5.000000e-01], [3.000000e+00, 2.500000e-01]]> : tensor<3x2xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<{{.*}}> : tensor<{{(1x)?}}2xf32>
// CHECK-NOT: linalg.transpose
// CHECK-NOT: linalg.fill
// CHECK: %[[M:.*]] = linalg.matmul {qopt.name = "matmul_0"} ins(%[[X]], %[[W]] : tensor<1x3xf32>, tensor<3x2xf32>) outs(%{{.*}} : tensor<1x2xf32>)
// The clamp and the silu behind it depend on one value: one body.
// CHECK-NEXT: %[[R:.*]] = linalg.generic {{.*}} ins(%[[M]] : tensor<1x2xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.cmpf ult
// CHECK-NEXT: arith.select
// CHECK-NEXT: arith.cmpf ugt
// CHECK-NEXT: arith.select
// CHECK: math.exp
// CHECK: arith.mulf
// CHECK: linalg.yield
// CHECK: %[[S:.*]] = linalg.softmax {qopt.name = "softmax_0"} dimension(1) ins(%[[R]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[S]]
func.func @network(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %one = arith.constant 1.0 : f32
  %lowest = arith.constant -3.40282347E+38 : f32
  %c0 = arith.constant 0 : i64
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25]]> : tensor<2x3xf32>
  %b = arith.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %ew = tensor.empty() : tensor<3x2xf32>
  %wt = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%ew : tensor<3x2xf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<1x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %m = linalg.matmul ins(%x, %wt : tensor<1x3xf32>, tensor<3x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %a = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%m, %b : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.addf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %relu6 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.cmpf ult, %in, %zero : f32
    %q = arith.select %p, %zero, %in : f32
    %r = arith.cmpf ugt, %q, %six : f32
    %s = arith.select %r, %six, %q : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %sigmoid = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%relu6 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    %p = math.exp %n : f32
    %s = arith.addf %p, %one : f32
    %d = arith.divf %one, %s : f32
    linalg.yield %d : f32
  } -> tensor<1x2xf32>
  %silu = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%sigmoid, %relu6 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.mulf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %ei = tensor.empty() : tensor<1xi64>
  %index = linalg.fill ins(%c0 : i64) outs(%ei : tensor<1xi64>) -> tensor<1xi64>
  %em = tensor.empty() : tensor<1xf32>
  %low = linalg.fill ins(%lowest : f32) outs(%em : tensor<1xf32>) -> tensor<1xf32>
  %max:2 = linalg.generic {indexing_maps = [#id, #keep, #keep], iterator_types = ["parallel", "reduction"]} ins(%silu : tensor<1x2xf32>) outs(%low, %index : tensor<1xf32>, tensor<1xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i64
    %n = arith.maximumf %in, %out : f32
    %c = arith.cmpf ogt, %in, %out : f32
    %s = arith.select %c, %j, %at : i64
    linalg.yield %n, %s : f32, i64
  } -> (tensor<1xf32>, tensor<1xi64>)
  %max2 = tensor.expand_shape %max#0 [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
  %d = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]} ins(%silu, %max2 : tensor<1x2xf32>, tensor<1x1xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.subf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%d : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = math.exp %in : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %es = tensor.empty() : tensor<1x1xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%es : tensor<1x1xf32>) -> tensor<1x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #unit], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<1x2xf32>) outs(%zeros : tensor<1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %out : f32
    linalg.yield %v : f32
  } -> tensor<1x1xf32>
  %r = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]} ins(%p, %sum : tensor<1x2xf32>, tensor<1x1xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.divf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}

// Where the batch was dynamic, torch-mlir spreads a row's statistic by loads: they are
// reads of the statistic by what uses it, as they would be of a broadcast.
// CHECK-LABEL: func @statistic
// CHECK-SAME: tensor<1x4xf32>
// CHECK-NOT: tensor.extract
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK-NOT: linalg.yield %in :
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[SUM]] : tensor<1x4xf32>, tensor<1x1xf32>)
// CHECK: arith.subf
// CHECK-NOT: tensor.extract
// CHECK: return
func.func @statistic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x1xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?x1xf32>) -> tensor<?x1xf32>
  %s = linalg.generic {indexing_maps = [#id, #unit], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<?x4xf32>) outs(%i : tensor<?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = arith.addf %in, %out : f32
    linalg.yield %t : f32
  } -> tensor<?x1xf32>
  %w = tensor.empty(%n) : tensor<?x4xf32>
  %b = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%w : tensor<?x4xf32>) {
  ^bb0(%out: f32):
    %row = linalg.index 0 : index
    %v = tensor.extract %s[%row, %c0] : tensor<?x1xf32>
    linalg.yield %v : f32
  } -> tensor<?x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %b : tensor<?x4xf32>, tensor<?x4xf32>) outs(%w : tensor<?x4xf32>) {
  ^bb0(%in: f32, %in_0: f32, %out: f32):
    %t = arith.subf %in, %in_0 : f32
    linalg.yield %t : f32
  } -> tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}
