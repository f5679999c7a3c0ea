// RUN: quant-opt %s --qopt-fold-qdq --canonicalize --cse -split-input-file | FileCheck %s

// fold-qdq-linalg-ops.mlir goes through the operations one by one; this file through
// the numbers and the forms.

// Example M1 of the numeric reference: za = 3, sa = 0.1, sw = 0.05, y: 0.5 and -5. The
// initial value is -za times the sums of the columns, -3 (1 - 4 + 127) and
// -3 (2 + 3 - 127). test/Integration/fold-qdq-m1.mlir runs it.
// CHECK-LABEL: func @m1
// CHECK-SAME: %[[A:.*]]: tensor<2x3xi8>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<{{\[\[}}1, 2], [-4, 3], [127, -127]]> : tensor<3x2xi8>
// CHECK-DAG: %[[I:.*]] = arith.constant dense<[-372, 366]> : tensor<2xi32>
// CHECK: %[[INIT:.*]] = linalg.broadcast ins(%[[I]] : tensor<2xi32>) outs(%{{.*}} : tensor<2x2xi32>) dimensions = [0]
// CHECK: %[[ACC:.*]] = linalg.matmul {qopt.name = "m1"} ins(%[[A]], %[[B]] : tensor<2x3xi8>, tensor<3x2xi8>) outs(%[[INIT]] : tensor<2x2xi32>) -> tensor<2x2xi32>
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %[[ACC]] from !quant.uniform<i32:f32, 0.00500000{{[0-9]*}}> to !quant.uniform<i8:f32, 5.000000e-01:-5> {qopt.name = "y"} : tensor<2x2xi32> -> tensor<2x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @m1(%a: tensor<2x3xi8>) -> tensor<2x2xi8> {
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3], [127, -127]]> : tensor<3x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<3x2xi8> -> tensor<3x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m1"} ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q = qopt.quantize %m as !quant.uniform<i8:f32, 5.0e-1:-5> {qopt.name = "y"} : tensor<2x2xf32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#copy = affine_map<(d0, d1, d2, d3) -> (d1)>
#id4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>

// A padded convolution with a bias and a scale a channel. The padding writes the zero
// point, so one sum holds at the borders too. The sums of the filters are 5 and -3,
// the units of the accumulator 0.25 and 0.0625:
//   1.0 / 0.25 - 3 * 5 = -11   and   -0.3 / 0.0625 - 3 * -3 = -4.8 -> -5 + 9 = 4.
// CHECK-LABEL: func @conv
// CHECK-SAME: %[[X:.*]]: tensor<1x1x2x2xi8>
// CHECK-DAG: %[[ZP:.*]] = arith.constant 3 : i8
// CHECK-DAG: %[[I:.*]] = arith.constant dense<[-11, 4]> : tensor<2xi32>
// CHECK: %[[P:.*]] = tensor.pad %[[X]] low[0, 0, 1, 1] high[0, 0, 0, 0]
// CHECK: tensor.yield %[[ZP]] : i8
// CHECK: tensor<1x1x2x2xi8> to tensor<1x1x3x3xi8>
// CHECK: %[[INIT:.*]] = linalg.broadcast ins(%[[I]] : tensor<2xi32>) outs({{.*}} : tensor<1x2x2x2xi32>) dimensions = [0, 2, 3]
// CHECK: %[[ACC:.*]] = linalg.conv_2d_nchw_fchw {{.*}} ins(%[[P]], %{{.*}} : tensor<1x1x3x3xi8>, tensor<2x1x2x2xi8>) outs(%[[INIT]]
// CHECK-NEXT: qopt.requantize %[[ACC]] from !quant.uniform<i32:f32:1, {2.500000e-01,6.250000e-02}> to !quant.uniform<i8:f32, 5.000000e-01:-5>
func.func @conv(%q: tensor<1x1x2x2xi8>) -> tensor<1x2x2x2xi8> {
  %zero = arith.constant 0.0 : f32
  %bias = arith.constant dense<[1.0, -0.3]> : tensor<2xf32>
  %c = arith.constant dense<[[[[1, 2], [3, -1]]], [[[-1, -1], [-1, 0]]]]> : tensor<2x1x2x2xi8>
  %w = qopt.dequantize %c as !quant.uniform<i8:f32:0, {5.0e-1, 1.25e-1}> : tensor<2x1x2x2xi8> -> tensor<2x1x2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x1x2x2xi8> -> tensor<1x1x2x2xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } {qopt.integer} : tensor<1x1x2x2xf32> to tensor<1x1x3x3xf32>
  %qp = qopt.quantize %p as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xi8>
  %dp = qopt.dequantize %qp as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x1x3x3xi8> -> tensor<1x1x3x3xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %init = linalg.generic {indexing_maps = [#copy, #id4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%bias : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x2x2x2xf32>
  %m = linalg.conv_2d_nchw_fchw {qopt.integer, dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%dp, %w : tensor<1x1x3x3xf32>, tensor<2x1x2x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %r = qopt.quantize %m as !quant.uniform<i8:f32, 5.0e-1:-5> : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xi8>
  return %r : tensor<1x2x2x2xi8>
}

// -----

// The last layer's accumulators go straight to floats: nothing is rounded to 8 bits.
// CHECK-LABEL: func @last
// CHECK: %[[ACC:.*]] = linalg.matmul
// CHECK-NEXT: %[[R:.*]] = qopt.dequantize %[[ACC]] as !quant.uniform<i32:f32:1, {5.000000e-02,1.000000e-01}> : tensor<1x2xi32> -> tensor<1x2xf32>
// CHECK-NEXT: return %[[R]]
func.func @last(%a: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32:1, {1.0e-1, 2.0e-1}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Tables: sigmoid and tanh of s = 1/16 at 0, 16, 127, -128 and -16 are, in the numeric
// reference, 0, 59, 127, -128, -59 and 0, 97, 127, -128, -97. Entries are ordered by
// pattern: 0 first, -128 in the middle.
// CHECK-LABEL: func @tables
// CHECK-SAME: %[[X:.*]]: tensor<4xi8>
// CHECK: %[[S:.*]] = qopt.lookup %[[X]] in dense<"0x00{{.{29}.}}3B{{.{219}.}}7F80{{.{221}.}}C5{{.{29}.}}"> : tensor<256xi8> {qopt.name = "sigmoid"} : tensor<4xi8> -> tensor<4xi8>
// CHECK: %[[T:.*]] = qopt.lookup %[[X]] in dense<"0x00{{.{29}.}}61{{.{219}.}}7F80{{.{221}.}}9F{{.{29}.}}"> : tensor<256xi8>
// CHECK: return %[[S]], %[[T]]
func.func @tables(%q: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>) {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 6.25e-2> : tensor<4xi8> -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {qopt.integer, qopt.name = "sigmoid"} {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    %p = math.exp %n : f32
    %a = arith.addf %p, %one : f32
    %d = arith.divf %one, %a : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %p = math.tanh %in : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %qs = qopt.quantize %s as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<4xf32> -> tensor<4xi8>
  %qt = qopt.quantize %t as !quant.uniform<i8:f32, 7.8125e-3> : tensor<4xf32> -> tensor<4xi8>
  return %qs, %qt : tensor<4xi8>, tensor<4xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>

// Of unsigned storage the pattern counts as it is: x^2 of s = 1/16, z = 128, at 0 (q =
// 128, the pattern of -128) is 0; at q = 0, x = -8, it is 64 -> 127 after the clamp. A
// number that comes in a tensor of rank 0 counts as the constant that it is.
// CHECK-LABEL: func @unsigned_table
// CHECK: qopt.lookup %{{.*}} in dense<"0x7F{{.{252}.}}{{..}}00
func.func @unsigned_table(%q: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %e = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<u8:f32, 6.25e-2:128> : tensor<2x2xi8> -> tensor<2x2xf32>
  %s = linalg.generic {indexing_maps = [#id, #none, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %one : tensor<2x2xf32>, tensor<f32>) outs(%e : tensor<2x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %p = arith.mulf %in, %in : f32
    %r = arith.mulf %p, %f : f32
    linalg.yield %r : f32
  } -> tensor<2x2xf32>
  %qs = qopt.quantize %s as !quant.uniform<i8:f32, 2.5e-1> : tensor<2x2xf32> -> tensor<2x2xi8>
  return %qs : tensor<2x2xi8>
}

// -----

// A change of parameters alone is a table too.
// CHECK-LABEL: func @rescale
// CHECK-NEXT: qopt.lookup %{{.*}} in dense<"0x05
// CHECK-NEXT: return
func.func @rescale(%q: tensor<4xi8>) -> tensor<4xi8> {
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8:f32, 2.0e-1:5> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A residual addition of two accumulators, one with a scale a channel, and the clamp
// behind: the accumulators are converted where they are added, and rounded once.
// CHECK-DAG: #[[$ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$CHANNEL:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @residual
// CHECK-DAG: %[[SCALES:.*]] = arith.constant dense<[5.000000e-02, 1.000000e-01]> : tensor<2xf32>
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK: %[[N:.*]] = linalg.matmul
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[$ID]], #[[$CHANNEL]], #[[$ID]], #[[$ID]]], {{.*}}} ins(%[[M]], %[[SCALES]], %[[N]] : tensor<1x2xi32>, tensor<2xf32>, tensor<1x2xi32>) outs(%{{.*}} : tensor<1x2xi8>) attrs = {qopt.name = "add"}
// CHECK-NEXT: ^bb0(%[[IM:.*]]: i32, %[[IS:.*]]: f32, %[[IN:.*]]: i32, %{{.*}}: i8):
// CHECK-NEXT: %[[FM:.*]] = arith.sitofp %[[IM]] : i32 to f32
// CHECK-NEXT: %[[XM:.*]] = arith.mulf %[[FM]], %[[IS]] : f32
// CHECK-NEXT: %[[XN:.*]] = qopt.dequantize %[[IN]] as !quant.uniform<i32:f32, 2.500000e-01> : i32 -> f32
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[XM]], %[[XN]] : f32
// CHECK-NEXT: %[[Q:.*]] = qopt.quantize %[[SUM]] as !quant.uniform<i8:f32, 5.000000e-01:-5> : f32 -> i8
// CHECK-NEXT: linalg.yield %[[Q]] : i8
// CHECK: return %[[R]]
func.func @residual(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32:1, {1.0e-1, 2.0e-1}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %b2 = arith.constant dense<[[1, 1], [2, 2]]> : tensor<2x2xi8>
  %v = qopt.dequantize %b2 as !quant.uniform<i8:f32, 5.0e-1> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.integer} ins(%x, %v : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%m, %n : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer, qopt.name = "add"} {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %p = arith.addf %in, %in2 : f32
    linalg.yield %p : f32
  } -> tensor<1x2xf32>
  %q = qopt.quantize %s as !quant.uniform<i8:f32, 5.0e-1:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Two stored operands, one broadcast, and a constant that varies: all in one body.
// CHECK-LABEL: func @mixed
// CHECK-SAME: %[[A:.*]]: tensor<2x2xi8>, %[[B:.*]]: tensor<2xi8>
// CHECK: %[[C:.*]] = arith.constant dense<[1.500000e+00, 2.500000e+00]> : tensor<2xf32>
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]], %[[C]] : tensor<2x2xi8>, tensor<2xi8>, tensor<2xf32>) outs(%{{.*}} : tensor<2x2xi8>)
// CHECK-NEXT: ^bb0(%[[IA:.*]]: i8, %[[IB:.*]]: i8, %[[IC:.*]]: f32, %{{.*}}: i8):
// CHECK-NEXT: %[[XA:.*]] = qopt.dequantize %[[IA]] as !quant.uniform<i8:f32, 1.000000e-01:3> : i8 -> f32
// CHECK-NEXT: %[[XB:.*]] = qopt.dequantize %[[IB]] as !quant.uniform<i8:f32, 2.000000e-01:-3> : i8 -> f32
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[XA]], %[[XB]] : f32
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[P]], %[[IC]] : f32
// CHECK-NEXT: %[[Q:.*]] = qopt.quantize %[[S]] as !quant.uniform<i8:f32, 5.000000e-01:-5> : f32 -> i8
// CHECK-NEXT: linalg.yield %[[Q]]
func.func @mixed(%a: tensor<2x2xi8>, %b: tensor<2xi8>) -> tensor<2x2xi8> {
  %c = arith.constant dense<[1.5, 2.5]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x2xi8> -> tensor<2x2xf32>
  %y = qopt.dequantize %b as !quant.uniform<i8:f32, 2.0e-1:-3> : tensor<2xi8> -> tensor<2xf32>
  %s = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %y, %c : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %in2: f32, %in3: f32, %out: f32):
    %p = arith.mulf %in, %in2 : f32
    %r = arith.addf %p, %in3 : f32
    linalg.yield %r : f32
  } -> tensor<2x2xf32>
  %q = qopt.quantize %s as !quant.uniform<i8:f32, 5.0e-1:-5> : tensor<2x2xf32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

// A pair between two movements vanishes: storage of one type is itself.
// CHECK-LABEL: func @flatten
// CHECK-NEXT: %[[C:.*]] = tensor.collapse_shape %{{.*}} : tensor<2x2xi8> into tensor<4xi8>
// CHECK-NEXT: %[[S:.*]] = tensor.extract_slice %[[C]][1] [2] [1] : tensor<4xi8> to tensor<2xi8>
// CHECK-NEXT: return %[[S]]
func.func @flatten(%q: tensor<2x2xi8>) -> tensor<2xi8> {
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x2xi8> -> tensor<2x2xf32>
  %a = tensor.collapse_shape %x [[0, 1]] {qopt.integer} : tensor<2x2xf32> into tensor<4xf32>
  %qa = qopt.quantize %a as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %da = qopt.dequantize %qa as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %b = tensor.extract_slice %da[1] [2] [1] {qopt.integer} : tensor<4xf32> to tensor<2xf32>
  %r = qopt.quantize %b as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2xf32> -> tensor<2xi8>
  return %r : tensor<2xi8>
}

// -----

// Movement, each on the bytes as they are.
// CHECK-LABEL: func @movement
// CHECK-SAME: %[[X:.*]]: tensor<2x2xi8>, %[[I:.*]]: tensor<1x1xindex>
// CHECK-NOT: qopt
// CHECK: tensor.expand_shape %[[X]] {{.*}} : tensor<2x2xi8> into tensor<1x2x2xi8>
// CHECK: tensor.extract_slice %{{.*}} : tensor<1x2x2xi8> to tensor<1x1x2xi8>
// CHECK: tensor.concat dim(1) %{{.*}} : (tensor<1x1x2xi8>, tensor<1x2x2xi8>) -> tensor<1x3x2xi8>
// CHECK: linalg.transpose ins(%{{.*}} : tensor<1x3x2xi8>) outs(%{{.*}} : tensor<3x1x2xi8>) permutation = [1, 0, 2]
// CHECK: linalg.broadcast ins(%{{.*}} : tensor<3x1x2xi8>) outs(%{{.*}} : tensor<3x4x1x2xi8>) dimensions = [1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}} : tensor<2x2xi8> into tensor<3x4x1x2xi8>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<3x4x1x2xi8>) outs(%{{.*}} : tensor<4x3x1x2xi8>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %{{.*}}: i8):
// CHECK-NEXT: linalg.yield %[[IN]] : i8
// CHECK: tensor.gather %{{.*}}[%[[I]]] gather_dims([0]) : (tensor<4x3x1x2xi8>, tensor<1x1xindex>) -> tensor<1x3x1x2xi8>
// CHECK-NOT: qopt
func.func @movement(%q: tensor<2x2xi8>, %i: tensor<1x1xindex>) -> tensor<1x3x1x2xi8> {
  %e3 = tensor.empty() : tensor<3x1x2xf32>
  %e4 = tensor.empty() : tensor<3x4x1x2xf32>
  %e5 = tensor.empty() : tensor<4x3x1x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x2xi8> -> tensor<2x2xf32>
  %b = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 2, 2] {qopt.integer} : tensor<2x2xf32> into tensor<1x2x2xf32>
  %c = tensor.extract_slice %b[0, 0, 0] [1, 1, 2] [1, 1, 1] {qopt.integer} : tensor<1x2x2xf32> to tensor<1x1x2xf32>
  %d = tensor.concat dim(1) %c, %b {qopt.integer} : (tensor<1x1x2xf32>, tensor<1x2x2xf32>) -> tensor<1x3x2xf32>
  %t = linalg.transpose ins(%d : tensor<1x3x2xf32>) outs(%e3 : tensor<3x1x2xf32>) permutation = [1, 0, 2] {qopt.integer}
  %f = linalg.broadcast ins(%t : tensor<3x1x2xf32>) outs(%e4 : tensor<3x4x1x2xf32>) dimensions = [1] {qopt.integer}
  %g = tensor.insert_slice %x into %f[0, 0, 0, 0] [2, 1, 1, 2] [1, 1, 1, 1] {qopt.integer} : tensor<2x2xf32> into tensor<3x4x1x2xf32>
  %h = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (b, a, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%g : tensor<3x4x1x2xf32>) outs(%e5 : tensor<4x3x1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<4x3x1x2xf32>
  %k = tensor.gather %h[%i] gather_dims([0]) {qopt.integer} : (tensor<4x3x1x2xf32>, tensor<1x1xindex>) -> tensor<1x3x1x2xf32>
  %r = qopt.quantize %k as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x3x1x2xf32> -> tensor<1x3x1x2xi8>
  return %r : tensor<1x3x1x2xi8>
}

// -----

// A padding of minus infinity, as in front of a maximum, is the lowest stored value.
// CHECK-LABEL: func @lowest_padding
// CHECK: %[[LOW:.*]] = arith.constant -128 : i8
// CHECK: tensor.pad
// CHECK: tensor.yield %[[LOW]] : i8
func.func @lowest_padding(%q: tensor<1x2xi8>) -> tensor<1x4xi8> {
  %lowest = arith.constant 0xFF800000 : f32
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %p = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %lowest : f32
  } {qopt.integer} : tensor<1x2xf32> to tensor<1x4xf32>
  %r = qopt.quantize %p as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x4xf32> -> tensor<1x4xi8>
  return %r : tensor<1x4xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A clamp of an accumulator to a range without zero is no storage range: it stays a
// body, which rounds once.
// CHECK-LABEL: func @clamp_above_zero
// CHECK: %[[ACC:.*]] = linalg.matmul
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] : tensor<1x2xi32>) outs(%{{.*}} : tensor<1x2xi8>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %{{.*}}: i8):
// CHECK-NEXT: %[[X:.*]] = qopt.dequantize %[[IN]] as !quant.uniform<i32:f32,
// CHECK-NEXT: %[[M:.*]] = arith.maximumf %[[X]], %{{.*}} : f32
// CHECK-NEXT: qopt.quantize %[[M]] as !quant.uniform<i8:f32, 1.000000e-01:3> : f32 -> i8
func.func @clamp_above_zero(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %one = arith.constant 1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 5.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 1.0e-1> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %one : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %r = qopt.quantize %c as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %r : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Activations of 16 bits: the products with 8-bit weights still sum in i32, and no
// table reads them.
// CHECK-LABEL: func @wide
// CHECK: %[[ACC:.*]] = linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<1x2xi16>, tensor<2x2xi8>) outs(%{{.*}} : tensor<1x2xi32>)
// CHECK: %[[Q:.*]] = qopt.requantize %[[ACC]] from !quant.uniform<i32:f32, {{.*}}> to !quant.uniform<i16:f32, 1.000000e-03> : tensor<1x2xi32> -> tensor<1x2xi16>
// CHECK-NOT: qopt.lookup
// CHECK: linalg.generic {{.*}} ins(%[[Q]] : tensor<1x2xi16>) outs(%{{.*}} : tensor<1x2xi8>)
func.func @wide(%a: tensor<1x2xi16>) -> tensor<1x2xi8> {
  %one = arith.constant 1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i16:f32, 5.0e-3> : tensor<1x2xi16> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 1.0e-1> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %qm = qopt.quantize %m as !quant.uniform<i16:f32, 1.0e-3> : tensor<1x2xf32> -> tensor<1x2xi16>
  %dm = qopt.dequantize %qm as !quant.uniform<i16:f32, 1.0e-3> : tensor<1x2xi16> -> tensor<1x2xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%dm : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %one : f32
    linalg.yield %v : f32
  } -> tensor<1x2xf32>
  %r = qopt.quantize %c as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %r : tensor<1x2xi8>
}

// -----

// A constant that is moved is stored quantized, by the rounding of its module.
// CHECK-LABEL: module
// CHECK: %[[C:.*]] = arith.constant dense<{{\[\[}}3, -128, 127]]> : tensor<1x3xi8>
// CHECK: tensor.concat dim(0) %[[C]], %{{.*}} : (tensor<1x3xi8>, tensor<2x3xi8>) -> tensor<3x3xi8>
module attributes {qopt.numerics = #qopt.numerics<rounding = half_away>} {
  func.func @moved_constant(%q: tensor<2x3xi8>) -> tensor<3x3xi8> {
    %row = arith.constant dense<[[1.25, -100.0, 99.0]]> : tensor<1x3xf32>
    %r = qopt.quantize %row as !quant.uniform<i8:f32, 0.5> : tensor<1x3xf32> -> tensor<1x3xi8>
    %d = qopt.dequantize %r as !quant.uniform<i8:f32, 0.5> : tensor<1x3xi8> -> tensor<1x3xf32>
    %x = qopt.dequantize %q as !quant.uniform<i8:f32, 0.5> : tensor<2x3xi8> -> tensor<2x3xf32>
    %c = tensor.concat dim(0) %d, %x {qopt.integer} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<3x3xf32>
    %y = qopt.quantize %c as !quant.uniform<i8:f32, 0.5> : tensor<3x3xf32> -> tensor<3x3xi8>
    return %y : tensor<3x3xi8>
  }
}
