// RUN: quant-opt %s --qopt-select-ops -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// What stands between two contractions is on integers: a clamp, a table. What comes
// after the last one is used in float only.
// CHECK-LABEL: func @between
func.func @between(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  // CHECK-NOT: linalg.fill {qopt
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %m = linalg.matmul ins(%ox, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%init : tensor<2x4xf32>) -> tensor<2x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.integer}
  // CHECK: arith.maximumf
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%om : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %or = qopt.observe %r id "r" as !quant.uniform<i8:f32, 1.0e-1:-128> : tensor<2x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.integer}
  // CHECK: math.tanh
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%or : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = math.tanh %in : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %ot = qopt.observe %t id "t" as !quant.uniform<i8:f32, 7.8125e-3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %n = linalg.matmul ins(%ot, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%init : tensor<2x4xf32>) -> tensor<2x4xf32>
  %on = qopt.observe %n id "n" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.float = "its result is used in float only"}
  // CHECK: arith.maximumf
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%on : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  return %s : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// In front of the first contraction: an input is quantized where it comes in, so a
// movement and a rescaling of it are on integers.
// CHECK-LABEL: func @preprocessing
func.func @preprocessing(%x: tensor<4x2xf32>) -> tensor<2x4xf32> {
  %mean = arith.constant 0.5 : f32
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x2xf32>
  // CHECK: linalg.transpose {{.*}} {qopt.integer}
  %t = linalg.transpose ins(%ox : tensor<4x2xf32>) outs(%e : tensor<2x4xf32>) permutation = [1, 0]
  // CHECK: linalg.generic {{.*}} attrs = {qopt.integer}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%t : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.subf %in, %mean : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %or = qopt.observe %r id "r" as !quant.uniform<i8:f32, 1.0e-1> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %m = linalg.matmul ins(%or, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0)>

// Normalisation: the mean is taken off, which takes more than 8 bits. The sum itself
// leads to float only.
// CHECK-LABEL: func @normalization
func.func @normalization(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %row = arith.constant dense<0.0> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %m = linalg.matmul ins(%ox, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.float = "its result is used in float only"}
  %sum = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]} ins(%om : tensor<2x4xf32>) outs(%row : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %out : f32
    linalg.yield %v : f32
  } -> tensor<2xf32>
  %os = qopt.observe %sum id "s" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.float = "it normalises by a statistic of its own input, which takes more than 8 bits"}
  // CHECK: arith.subf
  %n = linalg.generic {indexing_maps = [#id, #keep, #id], iterator_types = ["parallel", "parallel"]} ins(%om, %os : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %v = arith.subf %in, %s : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %on = qopt.observe %n id "n" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %m2 = linalg.matmul ins(%on, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %m2 : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#gate = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>

// A squeeze-and-excitation gate broadcasts a statistic that went through weights: it
// is no normalisation, and stays on integers throughout.
// CHECK-LABEL: func @gate
func.func @gate(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %one = arith.constant 1.0 : f32
  %sixteenth = arith.constant 0.0625 : f32
  %w = arith.constant dense<0.5> : tensor<2x2x1x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x1x1xf32>
  %zeros4 = arith.constant dense<0.0> : tensor<1x2x4x4xf32>
  %window = tensor.empty() : tensor<4x4xf32>
  %e1 = tensor.empty() : tensor<1x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x4x4xf32>
  // CHECK: linalg.pooling_nchw_sum {{.*}}qopt.integer
  %p = linalg.pooling_nchw_sum {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%ox, %window : tensor<1x2x4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %op = qopt.observe %p id "p" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x1x1xf32>
  // CHECK: linalg.generic {{.*}}qopt.integer
  // CHECK: arith.mulf
  %mean = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%op : tensor<1x2x1x1xf32>) outs(%e1 : tensor<1x2x1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %sixteenth : f32
    linalg.yield %v : f32
  } -> tensor<1x2x1x1xf32>
  %om = qopt.observe %mean id "mean" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x1x1xf32>
  // CHECK: linalg.conv_2d_nchw_fchw {{.*}}qopt.integer
  %c = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%om, %w : tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) outs(%zeros : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %oc = qopt.observe %c id "c" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x1x1xf32>
  // CHECK: linalg.generic {{.*}}qopt.integer
  // CHECK: math.exp
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%oc : tensor<1x2x1x1xf32>) outs(%e1 : tensor<1x2x1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    %x2 = math.exp %n : f32
    %a = arith.addf %x2, %one : f32
    %d = arith.divf %one, %a : f32
    linalg.yield %d : f32
  } -> tensor<1x2x1x1xf32>
  %os = qopt.observe %s id "s" as !quant.uniform<i8:f32, 3.906250e-03:-128> : tensor<1x2x1x1xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.integer}
  // CHECK: arith.mulf
  %g = linalg.generic {indexing_maps = [#id, #gate, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%ox, %os : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %in2: f32, %out: f32):
    %v = arith.mulf %in, %in2 : f32
    linalg.yield %v : f32
  } -> tensor<1x2x4x4xf32>
  %og = qopt.observe %g id "g" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x4x4xf32>
  // CHECK: linalg.conv_2d_nchw_fchw {{.*}}qopt.integer
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%og, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%zeros4 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %r : tensor<1x2x4x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// The configuration's wish stays, and what lies behind it is float as well.
// CHECK-LABEL: func @kept_float
func.func @kept_float(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.float = "the configuration keeps it in float"}
  %m = linalg.matmul {qopt.float = "the configuration keeps it in float"} ins(%ox, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  %om = qopt.observe %m id "m" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.float = "all of its operands are computed in float"}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%om : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<2x4xf32>
  %or = qopt.observe %r id "r" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %n = linalg.matmul ins(%or, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %n : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Two uses, one of them a contraction: needed there, so on integers. Two activations
// of a matmul both count.
// CHECK-LABEL: func @two_uses
func.func @two_uses(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.integer}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%ox : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<4x4xf32>
  %or = qopt.observe %r id "r" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4x4xf32>
  // CHECK: linalg.matmul {qopt.integer}
  %n = linalg.matmul ins(%or, %ox : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %n, %or : tensor<4x4xf32>, tensor<4x4xf32>
}
