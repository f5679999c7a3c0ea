// RUN: quant-opt %s --qopt-infer-shapes -split-input-file | FileCheck %s

// A token is put in front of a sequence: what torch-mlir makes of torch.cat where one
// length was found out late. All shapes are known behind the casts.
// CHECK-LABEL: func @token
// CHECK-SAME: (%[[T:.*]]: tensor<1x1x4xf32>, %[[X:.*]]: tensor<1x8x4xf32>) -> tensor<1x9x4xf32>
// CHECK: %[[C:.*]] = tensor.concat dim(1) %[[T]], %[[X]] {qopt.name = "cat"} : (tensor<1x1x4xf32>, tensor<1x8x4xf32>) -> tensor<1x9x4xf32>
// CHECK: linalg.exp ins(%[[C]] : tensor<1x9x4xf32>)
// CHECK-NOT: tensor.cast
func.func @token(%t: tensor<1x1x4xf32>, %x: tensor<1x8x4xf32>) -> tensor<1x?x4xf32> {
  %cast = tensor.cast %t : tensor<1x1x4xf32> to tensor<1x?x4xf32>
  %c = tensor.concat dim(1) %cast, %x {qopt.name = "cat"} : (tensor<1x?x4xf32>, tensor<1x8x4xf32>) -> tensor<1x?x4xf32>
  %s = tensor.cast %c : tensor<1x?x4xf32> to tensor<1x9x4xf32>
  %e = tensor.empty() : tensor<1x9x4xf32>
  %y = linalg.exp ins(%s : tensor<1x9x4xf32>) outs(%e : tensor<1x9x4xf32>) -> tensor<1x9x4xf32>
  %r = tensor.cast %y : tensor<1x9x4xf32> to tensor<1x?x4xf32>
  return %r : tensor<1x?x4xf32>
}

// -----

// One joined value is the source of the next, and a reshape and a slice lie between.
// CHECK-LABEL: func @chain
// CHECK-NOT: ?
// CHECK: return
func.func @chain(%x: tensor<1x2x4xf32>, %y: tensor<1x3x4xf32>) -> tensor<1x7x4xf32> {
  %a = tensor.cast %x : tensor<1x2x4xf32> to tensor<1x?x4xf32>
  %c = tensor.concat dim(1) %a, %y : (tensor<1x?x4xf32>, tensor<1x3x4xf32>) -> tensor<1x?x4xf32>
  %one = arith.constant 1 : index
  %size = tensor.dim %c, %one : tensor<1x?x4xf32>
  %s = tensor.extract_slice %c[0, 0, 0] [1, %size, 4] [1, 1, 1] : tensor<1x?x4xf32> to tensor<1x?x4xf32>
  %f = tensor.collapse_shape %s [[0, 1], [2]] : tensor<1x?x4xf32> into tensor<?x4xf32>
  %b = tensor.cast %f : tensor<?x4xf32> to tensor<5x4xf32>
  %u = tensor.expand_shape %b [[0, 1], [2]] output_shape [1, 5, 4] : tensor<5x4xf32> into tensor<1x5x4xf32>
  %w = tensor.cast %u : tensor<1x5x4xf32> to tensor<1x?x4xf32>
  %d = tensor.concat dim(1) %x, %w : (tensor<1x2x4xf32>, tensor<1x?x4xf32>) -> tensor<1x?x4xf32>
  %r = tensor.cast %d : tensor<1x?x4xf32> to tensor<1x7x4xf32>
  return %r : tensor<1x7x4xf32>
}
