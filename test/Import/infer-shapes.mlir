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

// -----

// A reshape to a computed shape that is known: sizes join, split, or do both.
// CHECK-LABEL: func @reshapes
// CHECK-SAME: -> (tensor<4x6xf32>, tensor<2x2x6xf32>, tensor<3x8xf32>, tensor<1x1x2x12xf32>)
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<2x2x6xf32> into tensor<4x6xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] {{.*}} : tensor<4x6xf32> into tensor<2x2x6xf32>
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<4x6xf32> into tensor<24xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1]] {{.*}} : tensor<24xf32> into tensor<3x8xf32>
// CHECK-NOT: tensor.reshape
func.func @reshapes(%x: tensor<2x2x6xf32>, %y: tensor<4x6xf32>) -> (tensor<?x6xf32>, tensor<?x?x6xf32>, tensor<?x8xf32>, tensor<?x?x?x?xf32>) {
  %joined = arith.constant dense<[4, 6]> : tensor<2xi64>
  %split = arith.constant dense<[2, 2, 6]> : tensor<3xi64>
  %both = arith.constant dense<[3, 8]> : tensor<2xi64>
  %four = arith.constant dense<[1, 1, 2, 12]> : tensor<4xi64>
  %a = tensor.cast %x : tensor<2x2x6xf32> to tensor<?x2x6xf32>
  %b = tensor.cast %y : tensor<4x6xf32> to tensor<?x6xf32>
  %0 = tensor.reshape %a(%joined) : (tensor<?x2x6xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  %1 = tensor.reshape %b(%split) : (tensor<?x6xf32>, tensor<3xi64>) -> tensor<?x?x6xf32>
  %2 = tensor.reshape %b(%both) : (tensor<?x6xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %3 = tensor.reshape %a(%four) : (tensor<?x2x6xf32>, tensor<4xi64>) -> tensor<?x?x?x?xf32>
  return %0, %1, %2, %3 : tensor<?x6xf32>, tensor<?x?x6xf32>, tensor<?x8xf32>, tensor<?x?x?x?xf32>
}

// -----

// A loop whose steps write into what it carries, and replace what is as large.
// CHECK-LABEL: func @loop
// CHECK-SAME: -> (tensor<5x3xf32>, tensor<1x3xf32>)
// CHECK: scf.for {{.*}} -> (tensor<5x3xf32>, tensor<1x3xf32>)
// CHECK-NOT: tensor.cast
// CHECK: return
func.func @loop(%all: tensor<5x3xf32>, %state: tensor<1x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %five = arith.constant 5 : index
  %a = tensor.cast %all : tensor<5x3xf32> to tensor<?x3xf32>
  %b = tensor.cast %state : tensor<1x3xf32> to tensor<?x3xf32>
  %r:2 = scf.for %i = %zero to %five step %one iter_args(%x = %a, %h = %b) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
    %known = tensor.cast %h : tensor<?x3xf32> to tensor<1x3xf32>
    %e = tensor.empty() : tensor<1x3xf32>
    %next = linalg.exp ins(%known : tensor<1x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
    %y = tensor.insert_slice %next into %x[%i, 0] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<?x3xf32>
    %forgotten = tensor.cast %next : tensor<1x3xf32> to tensor<?x3xf32>
    scf.yield %y, %forgotten : tensor<?x3xf32>, tensor<?x3xf32>
  }
  return %r#0, %r#1 : tensor<?x3xf32>, tensor<?x3xf32>
}

// -----

// What grows in each step has no shape that is known.
// CHECK-LABEL: func @growing
// CHECK: scf.for {{.*}} -> (tensor<?x3xf32>)
func.func @growing(%x: tensor<1x3xf32>) -> tensor<?x3xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %five = arith.constant 5 : index
  %a = tensor.cast %x : tensor<1x3xf32> to tensor<?x3xf32>
  %r = scf.for %i = %zero to %five step %one iter_args(%y = %a) -> (tensor<?x3xf32>) {
    %longer = tensor.concat dim(0) %y, %x : (tensor<?x3xf32>, tensor<1x3xf32>) -> tensor<?x3xf32>
    scf.yield %longer : tensor<?x3xf32>
  }
  return %r : tensor<?x3xf32>
}

// -----

// Scalars, and nothing at all.
// CHECK-LABEL: func @ends
// CHECK-SAME: -> (tensor<1x1xf32>, tensor<f32>, tensor<2x0xf32>)
// CHECK-NOT: tensor.reshape
func.func @ends(%x: tensor<f32>, %y: tensor<1x1xf32>, %z: tensor<0x4xf32>) -> (tensor<?x?xf32>, tensor<f32>, tensor<?x?xf32>) {
  %ones = arith.constant dense<1> : tensor<2xi64>
  %none = arith.constant dense<> : tensor<0xi64>
  %empty = arith.constant dense<[2, 0]> : tensor<2xi64>
  %0 = tensor.reshape %x(%ones) : (tensor<f32>, tensor<2xi64>) -> tensor<?x?xf32>
  %1 = tensor.reshape %y(%none) : (tensor<1x1xf32>, tensor<0xi64>) -> tensor<f32>
  %2 = tensor.reshape %z(%empty) : (tensor<0x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %0, %1, %2 : tensor<?x?xf32>, tensor<f32>, tensor<?x?xf32>
}
