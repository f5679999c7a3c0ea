// RUN: quant-opt %s --qopt-normalize-linalg -split-input-file | FileCheck %s

// Named elementwise operations become generics.
// CHECK-LABEL: func @named
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>
func.func @named(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[X]], %[[Y]] :
  // CHECK: arith.addf
  %a = linalg.add ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[X]] :
  // CHECK: math.exp
  %b = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[X]], %[[Y]] :
  // CHECK: arith.mulf
  %c = linalg.map { arith.mulf } ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// A reduction becomes a generic whose form the quantizer knows.
// CHECK-LABEL: func @reduce
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK: arith.addf
func.func @reduce(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.reduce { arith.addf } ins(%x : tensor<4x8xf32>) outs(%init : tensor<4xf32>) dimensions = [1]
  return %r : tensor<4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#none = affine_map<(d0, d1) -> ()>

// Numbers become scalars of the body, from wherever they come: a splat constant, a fill, a
// tensor of rank 0, a broadcast of one number.
// CHECK-LABEL: func @splats
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>
// CHECK-DAG: %[[A:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG: %[[B:.*]] = arith.constant 2.000000e+00 : f32
// CHECK-DAG: %[[C:.*]] = arith.constant 3.000000e+00 : f32
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<2x4xf32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK: %[[P:.*]] = arith.addf %[[IN]], %[[A]]
// CHECK: %[[Q:.*]] = arith.mulf %[[P]], %[[B]]
// CHECK: %[[R:.*]] = arith.maximumf %[[Q]], %[[C]]
// CHECK: linalg.yield %[[R]]
func.func @splats(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %two = arith.constant 2.0 : f32
  %three = arith.constant dense<3.0> : tensor<f32>
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%two : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #id, #none, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %one, %f, %three : tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>, tensor<f32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %a: f32, %b: f32, %c: f32, %out: f32):
    %p = arith.addf %in, %a : f32
    %q = arith.mulf %p, %b : f32
    %m = arith.maximumf %q, %c : f32
    linalg.yield %m : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Repeated and unused inputs are gone; attributes stay.
// CHECK-LABEL: func @inputs
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<4xf32>) {{.*}} attrs = {qopt.name = "square"}
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: arith.mulf %[[IN]], %[[IN]]
func.func @inputs(%x: tensor<4xf32>, %unused: tensor<4xf32>) -> tensor<4xf32> {
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %unused, %x, %two : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {qopt.name = "square"} {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32, %out: f32):
    %p = arith.mulf %a, %c : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Relu in the spellings of frontends: each becomes a generic with its bound inside.
// CHECK-LABEL: func @relu
// CHECK: linalg.generic
// CHECK: arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK: linalg.generic
// CHECK: arith.maximumf
func.func @relu(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.max ins(%x, %zero : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.elementwise kind=#linalg.elementwise_kind<max_signed> ins(%x, %zero : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// The broadcast of a bias of zeros, as TOSA's lowering writes it, is a fill: a convolution
// adds up from a constant.
// CHECK-LABEL: func @zeros
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<2x4xf32>)
// CHECK-NOT: linalg.generic
func.func @zeros() -> tensor<2x4xf32> {
  %b = arith.constant dense<0.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%b : tensor<4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// A fill that is spelled as a generic.
// CHECK-LABEL: func @scalar_fill
// CHECK: %[[LOW:.*]] = arith.constant 0xFF800000 : f32
// CHECK: linalg.fill ins(%[[LOW]] : f32)
func.func @scalar_fill() -> tensor<2x4xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%low : f32) outs(%e : tensor<2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// Arithmetic on whole tensors; that of our dialect stays.
// CHECK-LABEL: func @arithmetic
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>
// CHECK-DAG: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<4xf32>)
// CHECK: arith.mulf %{{.*}}, %[[HALF]] : f32
// CHECK: linalg.generic {{.*}} ins(%[[M]], %[[Y]] : tensor<4xf32>, tensor<4xf32>)
// CHECK: arith.maximumf
// CHECK: qopt.quantize
func.func @arithmetic(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi8> {
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %m = arith.mulf %x, %half : tensor<4xf32>
  %r = arith.maximumf %m, %y : tensor<4xf32>
  %q = qopt.quantize %r as !quant.uniform<i8:f32, 0.5> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Contractions that have no model of their own are known as generics; others keep their
// names.
// CHECK-LABEL: func @contractions
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: linalg.matmul
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel", "reduction"]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<3x3xf32>, tensor<2x2xf32>)
func.func @contractions(%x: tensor<2x3xf32>, %w: tensor<3x3xf32>, %b: tensor<2x2x3xf32>, %c: tensor<2x3x2xf32>, %k: tensor<2x2xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %i = arith.constant dense<0.0> : tensor<2x3xf32>
  %j = arith.constant dense<0.0> : tensor<2x2xf32>
  %p = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<2x3xf32>, tensor<3x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
  %q = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
  %r = linalg.batch_reduce_matmul ins(%b, %c : tensor<2x2x3xf32>, tensor<2x3x2xf32>) outs(%j : tensor<2x2xf32>) -> tensor<2x2xf32>
  %s = linalg.conv_2d ins(%w, %k : tensor<3x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %p, %q, %r, %s : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// Products that are subtracted are those of negated weights, on either side and with
// negations that cancel; a sum that is rounded once stays one.
#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (k, j)>
#c = affine_map<(i, j, k) -> (i, j)>
// CHECK-LABEL: func @subtracted
// CHECK-DAG: %[[NEGATED:.*]] = arith.constant dense<{{\[\[}}-1.000000e+00], [2.500000e-01]]>
// CHECK-DAG: %[[WEIGHTS:.*]] = arith.constant dense<{{\[\[}}1.000000e+00], [-2.500000e-01]]>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[NEGATED]] :
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[W:.*]]: f32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[X]], %[[W]]
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[O]], %[[P]]
// CHECK-NEXT: linalg.yield %[[S]]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[WEIGHTS]] :
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[W:.*]]: f32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = math.fma %[[W]], %[[X]], %[[O]]
// CHECK-NEXT: linalg.yield %[[S]]
func.func @subtracted(%x: tensor<3x2xf32>) -> (tensor<3x1xf32>, tensor<3x1xf32>) {
  %w = arith.constant dense<[[1.0], [-0.25]]> : tensor<2x1xf32>
  %z = arith.constant dense<0.0> : tensor<3x1xf32>
  %p = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x2xf32>, tensor<2x1xf32>) outs(%z : tensor<3x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.subf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  %q = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x2xf32>, tensor<2x1xf32>) outs(%z : tensor<3x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %n = arith.negf %a : f32
    %m = arith.negf %b : f32
    %s = math.fma %m, %n, %o : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  return %p, %q : tensor<3x1xf32>, tensor<3x1xf32>
}

// Without weights, the accumulator on the wrong side, and a square of one input.
// CHECK-LABEL: func @not_subtracted
// CHECK: arith.subf %{{.*}}, %{{.*}} : f32
// CHECK: linalg.generic
// CHECK: %[[M:.*]] = arith.mulf
// CHECK-NEXT: arith.subf %[[M]], %{{.*}} : f32
// CHECK: linalg.generic
// CHECK: arith.mulf %[[A:.*]], %[[A]] : f32
// CHECK-NEXT: arith.subf
func.func @not_subtracted(%x: tensor<3x2xf32>, %y: tensor<2x1xf32>) -> (tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>) {
  %w = arith.constant dense<[[1.0], [-0.25]]> : tensor<2x1xf32>
  %z = arith.constant dense<0.0> : tensor<3x1xf32>
  %p = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<3x2xf32>, tensor<2x1xf32>) outs(%z : tensor<3x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.subf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  %q = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x2xf32>, tensor<2x1xf32>) outs(%z : tensor<3x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.subf %m, %o : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  %r = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x2xf32>, tensor<2x1xf32>) outs(%z : tensor<3x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %b, %b : f32
    %s = arith.subf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<3x1xf32>
  return %p, %q, %r : tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>
}
