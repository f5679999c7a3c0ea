// RUN: quant-opt %s --qopt-raise-softmax --canonicalize -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0)>
#unit = affine_map<(d0, d1) -> (d0, 0)>

// As torch-mlir writes it: the maximum beside its index, reshaped to keep the
// dimension, a sum that keeps it by itself. A name that the model gives stays.
// CHECK-LABEL: func @torch_mlir
// CHECK-SAME: %[[X:.*]]: tensor<1x10xf32>
// CHECK-NEXT: %[[E:.*]] = tensor.empty() : tensor<1x10xf32>
// CHECK-NEXT: %[[R:.*]] = linalg.softmax {qopt.name = "shares"} dimension(1) ins(%[[X]] : tensor<1x10xf32>) outs(%[[E]] : tensor<1x10xf32>) -> tensor<1x10xf32>
// CHECK-NEXT: return %[[R]]
func.func @torch_mlir(%x: tensor<1x10xf32>) -> tensor<1x10xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant -3.40282347E+38 : f32
  %c0 = arith.constant 0 : i64
  %e = tensor.empty() : tensor<1x10xf32>
  %ei = tensor.empty() : tensor<1xi64>
  %index = linalg.fill ins(%c0 : i64) outs(%ei : tensor<1xi64>) -> tensor<1xi64>
  %em = tensor.empty() : tensor<1xf32>
  %low = linalg.fill ins(%lowest : f32) outs(%em : tensor<1xf32>) -> tensor<1xf32>
  %max:2 = linalg.generic {indexing_maps = [#id, #keep, #keep], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<1x10xf32>) outs(%low, %index : tensor<1xf32>, tensor<1xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i64
    %m = arith.maximumf %in, %out : f32
    %c = arith.cmpf ogt, %in, %out : f32
    %s = arith.select %c, %j, %at : i64
    linalg.yield %m, %s : f32, i64
  } -> (tensor<1xf32>, tensor<1xi64>)
  %max2 = tensor.expand_shape %max#0 [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
  %d = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %max2 : tensor<1x10xf32>, tensor<1x1xf32>) outs(%e : tensor<1x10xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %s = arith.subf %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x10xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d : tensor<1x10xf32>) outs(%e : tensor<1x10xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.exp %in : f32
    linalg.yield %s : f32
  } -> tensor<1x10xf32>
  %es = tensor.empty() : tensor<1x1xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%es : tensor<1x1xf32>) -> tensor<1x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #unit], iterator_types = ["parallel", "reduction"]}
      ins(%p : tensor<1x10xf32>) outs(%zeros : tensor<1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  %r = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p, %sum : tensor<1x10xf32>, tensor<1x1xf32>) outs(%e : tensor<1x10xf32>) attrs = {qopt.name = "shares"} {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %s = arith.divf %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x10xf32>
  return %r : tensor<1x10xf32>
}

// -----

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#drop = affine_map<(d0, d1, d2) -> (d0, d2)>

// Over a dimension in the middle, with statistics that lack it.
// CHECK-LABEL: func @middle
// CHECK: linalg.softmax dimension(1) ins(%{{.*}} : tensor<2x3x4xf32>)
// CHECK-NOT: linalg.generic
func.func @middle(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x3x4xf32>
  %em = tensor.empty() : tensor<2x4xf32>
  %low = linalg.fill ins(%lowest : f32) outs(%em : tensor<2x4xf32>) -> tensor<2x4xf32>
  %max = linalg.generic {indexing_maps = [#id, #drop], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x : tensor<2x3x4xf32>) outs(%low : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maxnumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #drop, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %max : tensor<2x3x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x3x4xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %s = arith.subf %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%d : tensor<2x3x4xf32>) outs(%e : tensor<2x3x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.exp %in : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%em : tensor<2x4xf32>) -> tensor<2x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #drop], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%p : tensor<2x3x4xf32>) outs(%zeros : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #drop, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p, %sum : tensor<2x3x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x3x4xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %s = arith.divf %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4xf32>
  return %r : tensor<2x3x4xf32>
}
