// RUN: quant-opt %s --qopt-propagate-params -split-input-file | FileCheck %s

// Forward through a pad and a reshape: the moved values pass through observers with
// the type of what they move.
// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<1x2x2x1xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  // CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x2x1xf32>
  // CHECK: %[[P:.*]] = tensor.pad
  // CHECK: %[[OP:.*]] = qopt.observe %[[P]] id "pad" as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<1x4x4x1xf32>
  %p = tensor.pad %ox low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } {qopt.integer, qopt.name = "pad"} : tensor<1x2x2x1xf32> to tensor<1x4x4x1xf32>
  // CHECK: %[[F:.*]] = tensor.collapse_shape %[[OP]]
  // CHECK: %[[OF:.*]] = qopt.observe %[[F]] id "flat" as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<4x4xf32>
  // CHECK: return %[[OF]]
  %f = tensor.collapse_shape %p [[0, 1], [2, 3]] {qopt.integer, qopt.name = "flat"} : tensor<1x4x4x1xf32> into tensor<4x4xf32>
  return %f : tensor<4x4xf32>
}

// -----

// Backward through a concat: both inputs and the result share the union of the two
// ranges, [-12.8, 12.7] and [0, 25.5]: [-12.8, 25.5] is s = 0.15019608, z = -43.
// CHECK-LABEL: func @concat
func.func @concat(%x: tensor<1x2xf32>, %y: tensor<1x3xf32>) -> tensor<1x5xf32> {
  // CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.150196{{[0-9]*}}:-43>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
  // CHECK: qopt.observe %{{.*}} id "y" as !quant.uniform<i8:f32, 0.150196{{[0-9]*}}:-43>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1:-128> : tensor<1x3xf32>
  // CHECK: qopt.observe %{{.*}} id "cat" as !quant.uniform<i8:f32, 0.150196{{[0-9]*}}:-43>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
  return %c : tensor<1x5xf32>
}

// -----

// One class through several operations: what a concat unites moves back through a
// transpose to the input, and forward to a maximum.
// CHECK-LABEL: func @chain
func.func @chain(%x: tensor<3x1x2x1xf32>, %y: tensor<1x2x3x1xf32>) -> tensor<1x1x2x1xf32> {
  %low = arith.constant dense<0xFF800000> : tensor<1x1x2x1xf32>
  %e = tensor.empty() : tensor<1x2x3x1xf32>
  %w = tensor.empty() : tensor<4x2xf32>
  // CHECK-DAG: id "x" as !quant.uniform<i8:f32, [[S:0.150196[0-9]*]]:-43>
  // CHECK-DAG: id "y" as !quant.uniform<i8:f32, [[S]]:-43>
  // CHECK-DAG: id "t" as !quant.uniform<i8:f32, [[S]]:-43>
  // CHECK-DAG: id "cat" as !quant.uniform<i8:f32, [[S]]:-43>
  // CHECK-DAG: id "max" as !quant.uniform<i8:f32, [[S]]:-43>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<3x1x2x1xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1:-128> : tensor<1x2x3x1xf32>
  %t = linalg.transpose ins(%ox : tensor<3x1x2x1xf32>) outs(%e : tensor<1x2x3x1xf32>) permutation = [1, 2, 0, 3] {qopt.integer, qopt.name = "t"}
  %c = tensor.concat dim(1) %t, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>) -> tensor<1x4x3x1xf32>
  %m = linalg.pooling_nhwc_max {qopt.integer, qopt.name = "max", dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%c, %w : tensor<1x4x3x1xf32>, tensor<4x2xf32>) outs(%low : tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  return %m : tensor<1x1x2x1xf32>
}

// -----

// Equal types stay bit for bit, and a movement in float ties nothing.
// CHECK-LABEL: func @equal
func.func @equal(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<2x1xf32>) {
  // CHECK: id "x" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32>
  // CHECK: id "y" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32>
  // CHECK: id "cat" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  // CHECK: linalg.transpose
  // CHECK-NOT: qopt.observe
  %e = tensor.empty() : tensor<2x1xf32>
  %t = linalg.transpose ins(%ox : tensor<1x2xf32>) outs(%e : tensor<2x1xf32>) permutation = [1, 0] {qopt.float = "its result is used in float only", qopt.name = "t"}
  return %c, %t : tensor<1x4xf32>, tensor<2x1xf32>
}

// -----

// The narrower storage wins where two meet, for every kernel takes it: [-32.768, 32.767]
// in steps of 0.001 and [-12.8, 12.7] are [-32.768, 32.767] in 8 bits, s = 0.257.
// CHECK-LABEL: func @widths
func.func @widths(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x4xf32> {
  // CHECK: id "x" as !quant.uniform<i8:f32, 0.256999{{[0-9]*}}>
  %ox = qopt.observe %x id "x" as !quant.uniform<i16:f32, 1.0e-3> : tensor<1x2xf32>
  // CHECK: id "y" as !quant.uniform<i8:f32, 0.256999{{[0-9]*}}>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
  // CHECK: id "cat" as !quant.uniform<i8:f32, 0.256999{{[0-9]*}}>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %c : tensor<1x4xf32>
}

// -----

// Two of 16 bits have no zero point together either: [0, 32.767] and [-98.304, 13.107]
// are [-98.304, 98.301], s = 98.304 / 32768.
// CHECK-LABEL: func @wide
func.func @wide(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x4xf32> {
  // CHECK: id "x" as !quant.uniform<i16:f32, 0.0030000000{{[0-9]*}}>
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<0:32767>:f32, 1.0e-3> : tensor<1x2xf32>
  // CHECK: id "y" as !quant.uniform<i16:f32, 0.0030000000{{[0-9]*}}>
  %oy = qopt.observe %y id "y" as !quant.uniform<i16<-32768:4369>:f32, 3.0e-3> : tensor<1x2xf32>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %c : tensor<1x4xf32>
}

// -----

// What came with the model wins over what was counted.
// CHECK-LABEL: func @final
// CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 5.000000e-01:3> final
// CHECK: tensor.pad
// CHECK: qopt.observe %{{.*}} id "p" as !quant.uniform<i8:f32, 5.000000e-01:3> : tensor<6x4xf32>
func.func @final(%x: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5:3> final : tensor<4x4xf32>
  %p = tensor.pad %o low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } {qopt.integer, qopt.name = "p"} : tensor<4x4xf32> to tensor<6x4xf32>
  %op = qopt.observe %p id "p" as !quant.uniform<i8:f32, 0.25> : tensor<6x4xf32>
  return %op : tensor<6x4xf32>
}

// -----

// Between values that the model rounds differently nothing is shared: what lies
// there computes in float.
// CHECK-LABEL: func @disagree
// CHECK: tensor.concat {{.*}}qopt.float = "the model gives the values that it moves different parameters"
// CHECK: qopt.observe %{{.*}} id "c" as !quant.uniform<i8:f32, 1.000000e+00> final
func.func @disagree(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5:3> final : tensor<4xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 0.25> final : tensor<4xf32>
  %c = tensor.concat dim(0) %ox, %oy {qopt.integer, qopt.name = "c"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %oc = qopt.observe %c id "c" as !quant.uniform<i8:f32, 1.0> final : tensor<8xf32>
  return %oc : tensor<8xf32>
}

// -----

// A module that wants to know is told who shares whose parameters, after what was
// told before.
module attributes {qopt.explain} {
  // CHECK-LABEL: func @explained
  func.func @explained(%x: tensor<1x2xf32>, %y: tensor<1x3xf32>) -> tensor<5x1xf32> {
    // CHECK: id "x" as {{.*}} {qopt.why = "counted; the range of all of {{x, y|y, x}}"}
    %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> {qopt.why = "counted"} : tensor<1x2xf32>
    // CHECK: id "y" as {{.*}} {qopt.why = "the range of all of {{x, y|y, x}}"}
    %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-1:-128> : tensor<1x3xf32>
    // CHECK: id "cat" as {{.*}} {qopt.why = "the range of all of {{x, y|y, x}}"}
    %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
    %e = tensor.empty() : tensor<5x1xf32>
    %t = linalg.transpose ins(%c : tensor<1x5xf32>) outs(%e : tensor<5x1xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
    return %t : tensor<5x1xf32>
  }

  // CHECK-LABEL: func @one
  func.func @one(%x: tensor<1x2xf32>) -> tensor<2x1xf32> {
    // CHECK: id "x" as !quant.uniform<i8:f32, 1.000000e-01> : tensor
    %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
    %e = tensor.empty() : tensor<2x1xf32>
    // CHECK: id "t" as {{.*}} {qopt.why = "shared with x"}
    %t = linalg.transpose ins(%ox : tensor<1x2xf32>) outs(%e : tensor<2x1xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
    return %t : tensor<2x1xf32>
  }
}

// -----

// A value rounded twice has the parameters of the second rounding.
// CHECK-LABEL: func @twice
// CHECK: qopt.observe %{{.*}} id "a" as !quant.uniform<i8:f32, 1.000000e+00> final
// CHECK: qopt.observe %{{.*}} id "b" as !quant.uniform<i8:f32, 2.500000e-01> final
// CHECK: %[[T:.*]] = linalg.transpose
// CHECK: qopt.observe %[[T]] id "t" as !quant.uniform<i8:f32, 2.500000e-01> :
func.func @twice(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<4x4xf32>
  %a = qopt.observe %x id "a" as !quant.uniform<i8:f32, 1.0> final : tensor<4x4xf32>
  %b = qopt.observe %a id "b" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  %t = linalg.transpose ins(%b : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  return %t : tensor<4x4xf32>
}

// -----

// A rounding that reads a value beside the class says nothing about it: what else
// reads that value must not be clipped.
// CHECK-LABEL: func @beside
// CHECK: qopt.observe %arg0 id "x" as !quant.uniform<i8:f32, 5.000000e-01> :
// CHECK: qopt.observe %arg0 id "f" as !quant.uniform<i8:f32, 2.500000e-01> final
// CHECK: qopt.observe %{{.*}} id "t" as !quant.uniform<i8:f32, 5.000000e-01> :
func.func @beside(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %e = tensor.empty() : tensor<4x4xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> : tensor<4x4xf32>
  %f = qopt.observe %x id "f" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  %t = linalg.transpose ins(%o : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  return %t, %f : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// What is moved on its way into one rounding takes that rounding's parameters at
// once, and a rounding to others stays one of its own.
// CHECK-LABEL: func @after
// CHECK: qopt.observe %arg0 id "x" as !quant.uniform<i8:f32, 2.500000e-01> :
// CHECK: %[[T:.*]] = linalg.transpose
// CHECK-NEXT: qopt.observe %[[T]] id "f" as !quant.uniform<i8:f32, 2.500000e-01> final
// CHECK: %[[Y:.*]] = qopt.observe %arg1 id "y" as !quant.uniform<i8:f32, 1.000000e+00> final
// CHECK: %[[U:.*]] = linalg.transpose ins(%[[Y]]
// CHECK-NEXT: %[[O:.*]] = qopt.observe %[[U]] id "u" as !quant.uniform<i8:f32, 1.000000e+00> :
// CHECK-NEXT: qopt.observe %[[O]] id "g" as !quant.uniform<i8:f32, 2.500000e-01> final
func.func @after(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %e = tensor.empty() : tensor<4x4xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> : tensor<4x4xf32>
  %t = linalg.transpose ins(%o : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  %f = qopt.observe %t id "f" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  %p = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0> final : tensor<4x4xf32>
  %u = linalg.transpose ins(%p : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "u"}
  %g = qopt.observe %u id "g" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  return %f, %g : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// Two roundings of one value leave what else reads it on integers.
// CHECK-LABEL: func @several
// CHECK: qopt.observe %arg0 id "f" as !quant.uniform<i8:f32, 2.500000e-01> final
// CHECK: qopt.observe %arg0 id "g" as !quant.uniform<i8:f32, 1.000000e+00> final
// CHECK: linalg.transpose {{.*}}{qopt.integer, qopt.name = "t"}
// CHECK: id "t" as !quant.uniform<i8:f32, 5.000000e-01> :
func.func @several(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %e = tensor.empty() : tensor<4x4xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> : tensor<4x4xf32>
  %f = qopt.observe %x id "f" as !quant.uniform<i8:f32, 0.25> final : tensor<4x4xf32>
  %g = qopt.observe %x id "g" as !quant.uniform<i8:f32, 1.0> final : tensor<4x4xf32>
  %t = linalg.transpose ins(%o : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  return %t, %f, %g : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// What is joined with a range 16 times as wide and read by a product too keeps its own
// parameters: 24.4 dB are more than 12. The range of all still holds it, [-0.64, 0.635]
// and [0, 20.4]: s = 0.0825098, z = -120.
module attributes {qopt.explain} {
  // CHECK-LABEL: func @kept
  func.func @kept(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>, %w: tensor<2x3xf32>) -> (tensor<1x4xf32>, tensor<1x3xf32>) {
    // CHECK: %[[X:.*]] = qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 5.000000e-03> {qopt.why = "of its own: the range of all of {{x, y|y, x}} would cost 24.4 dB"}
    %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 5.0e-3> : tensor<1x2xf32>
    // CHECK: %[[Y:.*]] = qopt.observe %{{.*}} id "y" as !quant.uniform<i8:f32, 0.082509{{[0-9]*}}:-120> {qopt.why = "the range of all of y, x"}
    %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 8.0e-2:-128> : tensor<1x2xf32>
    // CHECK: tensor.concat dim(1) %[[X]], %[[Y]]
    // CHECK: id "cat" as !quant.uniform<i8:f32, 0.082509{{[0-9]*}}:-120>
    %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
    %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
    // CHECK: linalg.matmul {{.*}} ins(%[[X]],
    %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
    return %c, %m : tensor<1x4xf32>, tensor<1x3xf32>
  }
}

// -----

// The same through a reshape on the way to the joint; and a value that nothing else
// reads gains nothing by parameters of its own, however narrow it is.
// CHECK-LABEL: func @kept_behind_movement
// CHECK: id "x" as !quant.uniform<i8:f32, 5.000000e-03>
// CHECK: id "n" as !quant.uniform<i8:f32, 0.07{{9[0-9]*}}
// CHECK: id "y" as !quant.uniform<i8:f32, 0.07{{9[0-9]*}}
// CHECK: id "flat" as !quant.uniform<i8:f32, 5.000000e-03>
// CHECK: id "cat" as !quant.uniform<i8:f32, 0.07{{9[0-9]*}}
func.func @kept_behind_movement(%x: tensor<1x2x1xf32>, %n: tensor<1x2xf32>, %y: tensor<1x2xf32>, %w: tensor<2x3xf32>) -> (tensor<1x6xf32>, tensor<1x3xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 5.0e-3> : tensor<1x2x1xf32>
  %on = qopt.observe %n id "n" as !quant.uniform<i8:f32, 1.0e-4> : tensor<1x2xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 8.0e-2> : tensor<1x2xf32>
  %f = tensor.collapse_shape %ox [[0], [1, 2]] {qopt.integer, qopt.name = "flat"} : tensor<1x2x1xf32> into tensor<1x2xf32>
  %c = tensor.concat dim(1) %f, %on, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%f, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %c, %m : tensor<1x6xf32>, tensor<1x3xf32>
}

// -----

// [-12.8, 12.7] and [0, 63.75] are s = 0.3002: 9.5 dB are not worth a table.
// CHECK-LABEL: func @shared_below
// CHECK: id "x" as !quant.uniform<i8:f32, [[S:[0-9.e+-]+]]:-85>
// CHECK: id "y" as !quant.uniform<i8:f32, [[S]]:-85>
func.func @shared_below(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>, %w: tensor<2x3xf32>) -> (tensor<1x4xf32>, tensor<1x3xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 2.5e-1:-128> : tensor<1x2xf32>
  %c = tensor.concat dim(1) %ox, %oy {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %c, %m : tensor<1x4xf32>, tensor<1x3xf32>
}

// -----

// Where another way ties a value to the joint after all, it shares. `p` is narrow and
// read elsewhere, but `u` stands beside it in both joints.
// CHECK-LABEL: func @tied
// CHECK-DAG: id "u" as !quant.uniform<i8:f32, [[S:[0-9.]+]]>
// CHECK-DAG: id "v" as !quant.uniform<i8:f32, [[S]]>
// CHECK-DAG: id "y" as !quant.uniform<i8:f32, [[S]]>
// CHECK-DAG: id "p" as !quant.uniform<i8:f32, [[S]]>
// CHECK-DAG: id "q" as !quant.uniform<i8:f32, [[S]]>
func.func @tied(%u: tensor<1x2xf32>, %v: tensor<1x2xf32>, %y: tensor<1x2xf32>, %w: tensor<4x3xf32>) -> (tensor<1x8xf32>, tensor<1x3xf32>) {
  %ou = qopt.observe %u id "u" as !quant.uniform<i8:f32, 5.0e-3> : tensor<1x2xf32>
  %ov = qopt.observe %v id "v" as !quant.uniform<i8:f32, 5.0e-3> : tensor<1x2xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 8.0e-2> : tensor<1x2xf32>
  %p = tensor.concat dim(1) %ou, %ov {qopt.integer, qopt.name = "p"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %q = tensor.concat dim(1) %ou, %p, %oy {qopt.integer, qopt.name = "q"} : (tensor<1x2xf32>, tensor<1x4xf32>, tensor<1x2xf32>) -> tensor<1x8xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x3xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%p, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %q, %m : tensor<1x8xf32>, tensor<1x3xf32>
}

// -----

// Zeros that are joined with others take their parameters, and do not widen them; among
// themselves they keep their own.
// CHECK-LABEL: func @zeros
// CHECK-DAG: id "x" as !quant.uniform<i8:f32, 1.000000e-01>
// CHECK-DAG: id "z" as !quant.uniform<i8:f32, 1.000000e-01>
// CHECK-DAG: id "cat" as !quant.uniform<i8:f32, 1.000000e-01>
// CHECK-DAG: id "u" as !quant.uniform<i8:f32, 1.000000e+00>
// CHECK-DAG: id "alone" as !quant.uniform<i8:f32, 1.000000e+00>
func.func @zeros(%x: tensor<1x2xf32>, %z: tensor<1x2xf32>, %u: tensor<0x2xf32>, %v: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<1x2xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1> : tensor<1x2xf32>
  %oz = qopt.observe %z id "z" as !quant.uniform<i8:f32, 1.0> {qopt.no_range} : tensor<1x2xf32>
  %ou = qopt.observe %u id "u" as !quant.uniform<i8:f32, 1.0> {qopt.no_range} : tensor<0x2xf32>
  %ov = qopt.observe %v id "v" as !quant.uniform<i8:f32, 1.0> {qopt.no_range} : tensor<1x2xf32>
  %c = tensor.concat dim(1) %oz, %ox {qopt.integer, qopt.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %d = tensor.concat dim(0) %ou, %ov {qopt.integer, qopt.name = "alone"} : (tensor<0x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %c, %d : tensor<1x4xf32>, tensor<1x2xf32>
}
