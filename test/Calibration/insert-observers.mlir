// RUN: quant-opt %s --qopt-insert-observers -split-input-file | FileCheck %s --implicit-check-not=qopt.explain
// RUN: quant-opt %s --qopt-insert-observers=explain=true | FileCheck %s --check-prefix=EXPLAIN
// EXPLAIN: module attributes {qopt.explain}

// Each float tensor that depends on an input passes through a hook with its name:
// the input, a contraction, an elementwise operation; not weights, fills and biases.
// What a contraction multiplies by weights is averaged by the indices that the weights
// have.
// CHECK-LABEL: func @model
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK-NEXT: %[[OX:.*]] = qopt.observe %[[X]] id "x" : tensor<2x3xf32>
func.func @model(%x: tensor<2x3xf32> {qopt.name = "x"}) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  // CHECK: arith.constant dense<5.000000e-01>
  // CHECK-NEXT: tensor.empty
  // CHECK-NEXT: linalg.fill
  // CHECK-NEXT: qopt.observe_means %[[OX]] over [1] id "dense" : tensor<2x3xf32>
  // CHECK-NEXT: %[[M:.*]] = linalg.matmul {{.*}} ins(%[[OX]], %{{.*}} :
  // CHECK-NEXT: %[[OM:.*]] = qopt.observe %[[M]] id "dense" : tensor<2x4xf32>
  // CHECK-NEXT: %[[R:.*]] = linalg.generic {{.*}} ins(%[[OM]] :
  // CHECK: %[[OR:.*]] = qopt.observe %[[R]] id "relu" : tensor<2x4xf32>
  // CHECK-NEXT: return %[[OR]]
  %w = arith.constant dense<0.5> : tensor<3x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %init = linalg.fill {qopt.name = "init"} ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %m = linalg.matmul {qopt.name = "dense"} ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%init : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%m : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) attrs = {qopt.name = "relu"} {
  ^bb0(%in: f32, %out: f32):
    %p = arith.maximumf %in, %zero : f32
    linalg.yield %p : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// Operations that move values get no hook: propagation gives them parameters. An
// input that nothing uses has no statistics.
// CHECK-LABEL: func @movement
// CHECK-SAME: %[[X:.*]]: tensor<1x2x2x1xf32>
// CHECK-NEXT: qopt.observe %[[X]] id "x"
// CHECK-NOT: qopt.observe
// CHECK: linalg.pooling_nhwc_max
// CHECK-NEXT: %[[C:.*]] = tensor.collapse_shape
// CHECK-NEXT: return %[[C]]
func.func @movement(%x: tensor<1x2x2x1xf32> {qopt.name = "x"}, %unused: tensor<4xf32> {qopt.name = "unused"}) -> tensor<1x1xf32> {
  %low = arith.constant dense<0xFF800000> : tensor<1x1x1x1xf32>
  %w = tensor.empty() : tensor<2x2xf32>
  %m = linalg.pooling_nhwc_max {qopt.name = "max", dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x2x2x1xf32>, tensor<2x2xf32>) outs(%low : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %c = tensor.collapse_shape %m [[0, 1], [2, 3]] {qopt.name = "flat"} : tensor<1x1x1x1xf32> into tensor<1x1xf32>
  return %c : tensor<1x1xf32>
}

// -----

// What stays in float is observed too: an override may need its statistics. A value
// used twice has one hook; integers have none.
// CHECK-LABEL: func @uses
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32> {{.*}}, %[[I:.*]]: tensor<4xi32>
// CHECK: %[[OX:.*]] = qopt.observe %[[X]] id "x"
// CHECK-NOT: qopt.observe %[[I]]
// CHECK: %[[S:.*]] = linalg.softmax {{.*}} ins(%[[OX]]
// CHECK-NEXT: %[[OS:.*]] = qopt.observe %[[S]] id "softmax"
// CHECK: return %[[OS]], %[[OX]]
func.func @uses(%x: tensor<2x4xf32> {qopt.name = "x"}, %i: tensor<4xi32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xi32>) {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = linalg.softmax {qopt.name = "softmax"} dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %j = arith.addi %i, %i : tensor<4xi32>
  return %s, %x, %j : tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xi32>
}

// -----

// Channels are those that weights and activations share: of a convolution its input
// channels, wherever they lie and whatever pads them; of a depthwise one its channels.
// None where the product has no weights, or takes its parameters at run time.
// CHECK-LABEL: func @channels
// CHECK: %[[P:.*]] = tensor.pad
// CHECK: qopt.observe_means %[[P]] over [1] id "conv" : tensor<1x2x6x6xf32>
// CHECK-NEXT: linalg.conv_2d_nchw_fchw
// CHECK: qopt.observe_means %{{.*}} over [1] id "depthwise" : tensor<1x3x4x4xf32>
// CHECK-NEXT: linalg.depthwise_conv_2d_nchw_chw
// CHECK-NOT: qopt.observe_means
// CHECK: return
func.func @channels(%x: tensor<1x2x4x4xf32> {qopt.name = "x"}, %l: tensor<3x4xf32> {qopt.name = "l"}, %r: tensor<4x5xf32> {qopt.name = "r"})
    -> (tensor<1x3x2x2xf32>, tensor<3x5xf32>, tensor<3x5xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<3x2x3x3xf32>
  %v = arith.constant dense<0.5> : tensor<3x3x3xf32>
  %u = arith.constant dense<0.5> : tensor<4x5xf32>
  %b = arith.constant dense<0.0> : tensor<1x3x4x4xf32>
  %c = arith.constant dense<0.0> : tensor<1x3x2x2xf32>
  %d = arith.constant dense<0.0> : tensor<3x5xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %m: index):
    tensor.yield %zero : f32
  } {qopt.name = "pad"} : tensor<1x2x4x4xf32> to tensor<1x2x6x6xf32>
  %y = linalg.conv_2d_nchw_fchw {qopt.name = "conv"} ins(%p, %w : tensor<1x2x6x6xf32>, tensor<3x2x3x3xf32>) outs(%b : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %z = linalg.depthwise_conv_2d_nchw_chw {qopt.name = "depthwise"} ins(%y, %v : tensor<1x3x4x4xf32>, tensor<3x3x3xf32>) outs(%c : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %s = linalg.matmul {qopt.name = "scores"} ins(%l, %r : tensor<3x4xf32>, tensor<4x5xf32>) outs(%d : tensor<3x5xf32>) -> tensor<3x5xf32>
  %t = linalg.matmul {qopt.name = "dynamic", qopt.dynamic = #qopt.dynamic<>} ins(%l, %u : tensor<3x4xf32>, tensor<4x5xf32>) outs(%d : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %z, %s, %t : tensor<1x3x2x2xf32>, tensor<3x5xf32>, tensor<3x5xf32>
}

// -----

// Quantize and dequantize that stand already are left as they are, as is a
// function without a body.
// CHECK-LABEL: func private @outside
func.func private @outside(tensor<4xf32>)
// CHECK-LABEL: func @given
// CHECK: qopt.observe %{{.*}} id "x"
// CHECK: qopt.quantize
// CHECK-NEXT: %[[D:.*]] = qopt.dequantize
// CHECK-NEXT: return %[[D]]
func.func @given(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %d = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  return %d : tensor<4xf32>
}

// -----

// What only goes into fake_quant has parameters already; others beside it are
// observed.
// CHECK-LABEL: func @trained
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32>
// CHECK-NOT: qopt.observe %[[X]]
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK-NEXT: qopt.observe %[[M]] id "m"
func.func @trained(%x: tensor<4x4xf32> {qopt.name = "x"}, %y: tensor<4x4xf32> {qopt.name = "y"}) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %f = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5:3> {qopt.name = "f"} : tensor<4x4xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%f, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %n = linalg.matmul {qopt.name = "n"} ins(%y, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %m, %n : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// A constant that is moved has a hook, for all that move it; what has it as a weight reads
// it as it is. One of zeros has a name alone.
// CHECK-LABEL: func @moved_constants
// CHECK: %[[W:.*]] = arith.constant {qopt.name = "g.0"} dense<[
// CHECK-NEXT: %[[O:.*]] = qopt.observe %[[W]] id "g.0"
// CHECK: %[[Z:.*]] = arith.constant {qopt.name = "c.1"} dense<0.0
// CHECK-NOT: qopt.observe %[[Z]]
// CHECK: tensor.gather %[[O]]
// CHECK-NEXT: tensor.gather %[[O]]
// CHECK-NEXT: tensor.concat dim(0) %{{.*}}, %[[Z]]
// CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %[[W]]
func.func @moved_constants(%i: tensor<2x1xindex> {qopt.name = "i"}) -> (tensor<3x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[0.5, 1.0], [2.0, -1.0]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %g = tensor.gather %w[%i] gather_dims([0]) {qopt.name = "g"} : (tensor<2x2xf32>, tensor<2x1xindex>) -> tensor<2x2xf32>
  %h = tensor.gather %w[%i] gather_dims([1]) {qopt.name = "h"} : (tensor<2x2xf32>, tensor<2x1xindex>) -> tensor<2x2xf32>
  %c = tensor.concat dim(0) %g, %zeros {qopt.name = "c"} : (tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<3x2xf32>
  %m = linalg.matmul {qopt.name = "m"} ins(%c, %w : tensor<3x2xf32>, tensor<2x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %m, %h : tensor<3x2xf32>, tensor<2x2xf32>
}

// -----

// What is padded with values that the range of the moved ones may not hold has statistics
// of its own; zeros and the ends of the number line, which a maximum is padded with, are no
// such values.
// CHECK-LABEL: func @pads
// CHECK-SAME: %[[X:.*]]: tensor<2xf32>
// CHECK: tensor.yield %{{.*}} : f32
// CHECK-NEXT: } {qopt.name = "five"}
// CHECK-NEXT: qopt.observe %{{.*}} id "five" : tensor<3xf32>
// CHECK: } {qopt.name = "zero"}
// CHECK-NOT: qopt.observe
// CHECK: } {qopt.name = "low"}
// CHECK-NOT: qopt.observe
// CHECK: } {qopt.name = "lowest"}
// CHECK-NOT: qopt.observe
// CHECK: } {qopt.name = "index"}
// CHECK-NEXT: qopt.observe %{{.*}} id "index" : tensor<3xf32>
// CHECK-NOT: qopt.observe
func.func @pads(%x: tensor<2xf32> {qopt.name = "x"}) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %five = arith.constant -5.0 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %a = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %five : f32
  } {qopt.name = "five"} : tensor<2xf32> to tensor<3xf32>
  %b = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } {qopt.name = "zero"} : tensor<2xf32> to tensor<3xf32>
  %c = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %low : f32
  } {qopt.name = "low"} : tensor<2xf32> to tensor<3xf32>
  %d = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %lowest : f32
  } {qopt.name = "lowest"} : tensor<2xf32> to tensor<3xf32>
  %e = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    tensor.yield %f : f32
  } {qopt.name = "index"} : tensor<2xf32> to tensor<3xf32>
  return %a, %b, %c, %d, %e : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// -----

// Where all that reads it is a maximum that begins with less, the padding value may be cut
// off with that.
// CHECK-LABEL: func @padded_maximum
// CHECK: } {qopt.name = "half_lowest"}
// CHECK-NOT: qopt.observe
// CHECK: linalg.pooling_nwc_max
// CHECK: } {qopt.name = "largest"}
// CHECK-NEXT: qopt.observe %{{.*}} id "largest"
func.func @padded_maximum(%x: tensor<1x3x1xf32> {qopt.name = "x"}) -> (tensor<1x3x1xf32>, tensor<1x3x1xf32>) {
  %low = arith.constant -65504.0 : f32
  %high = arith.constant 65504.0 : f32
  %window = tensor.empty() : tensor<2xf32>
  %init = arith.constant dense<0xFF800000> : tensor<1x3x1xf32>
  %a = tensor.pad %x low[0, 1, 0] high[0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %low : f32
  } {qopt.name = "half_lowest"} : tensor<1x3x1xf32> to tensor<1x4x1xf32>
  %p = linalg.pooling_nwc_max {qopt.name = "p"} ins(%a, %window : tensor<1x4x1xf32>, tensor<2xf32>) outs(%init : tensor<1x3x1xf32>) -> tensor<1x3x1xf32>
  %b = tensor.pad %x low[0, 1, 0] high[0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %high : f32
  } {qopt.name = "largest"} : tensor<1x3x1xf32> to tensor<1x4x1xf32>
  %q = linalg.pooling_nwc_max {qopt.name = "q"} ins(%b, %window : tensor<1x4x1xf32>, tensor<2xf32>) outs(%init : tensor<1x3x1xf32>) -> tensor<1x3x1xf32>
  return %p, %q : tensor<1x3x1xf32>, tensor<1x3x1xf32>
}
