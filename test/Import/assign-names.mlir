// RUN: quant-opt %s --qopt-assign-names -split-input-file | FileCheck %s
// The same file gives the same names, and names that exist are kept.
// RUN: quant-opt %s --qopt-assign-names --qopt-assign-names -split-input-file | FileCheck %s

// Arguments are inputs, operations are named after their kind, in order.
// CHECK-LABEL: func @kinds
// CHECK-SAME: %{{.*}}: tensor<4xf32> {qopt.name = "input_0"}, %{{.*}}: tensor<4xf32> {qopt.name = "input_1"}
func.func @kinds(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // A constant and an empty tensor hold no activation.
  // CHECK: arith.constant dense<1.000000e+00> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  // CHECK-NEXT: tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // CHECK-NEXT: linalg.add {qopt.name = "add_0"}
  %a = linalg.add ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: linalg.exp {qopt.name = "exp_0"}
  %b = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: linalg.add {qopt.name = "add_1"}
  %c = linalg.add ins(%b, %one : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}

// Names are unique in the module, not in the function.
// CHECK-LABEL: func @second
// CHECK-SAME: {qopt.name = "input_2"}
func.func @second(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  // CHECK: tensor.collapse_shape {{.*}} {qopt.name = "collapse_shape_0"}
  %c = tensor.collapse_shape %x [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----

// What a frontend wrote into locations wins; a repeated name gets a number.
// CHECK-LABEL: func @locations
// CHECK-SAME: {qopt.name = "image"}
func.func @locations(%x: tensor<4xf32> loc("image")) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // CHECK: linalg.exp {qopt.name = "layer1.exp"}
  %a = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32> loc("layer1.exp")
  // CHECK: linalg.exp {qopt.name = "layer1.exp_0"}
  %b = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32> loc("layer1.exp")
  // CHECK: linalg.exp {qopt.name = "inner"}
  %c = linalg.exp ins(%b : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32> loc(fused["model.py":3:7, "inner"])
  return %c : tensor<4xf32>
}

// -----

// A name that exists stays, and nothing else takes it.
// CHECK-LABEL: func @kept
// CHECK-SAME: {qopt.name = "exp_0"}
func.func @kept(%x: tensor<4xf32> {qopt.name = "exp_0"}) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // CHECK: linalg.exp {qopt.name = "exp_1"}
  %a = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: linalg.exp {qopt.name = "mine"}
  %b = linalg.exp {qopt.name = "mine"} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: linalg.exp {qopt.name = "exp_2"}
  %c = linalg.exp ins(%b : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----

// Only tensors of floats get names: not integers, not scalars of a body.
// CHECK-LABEL: func @integers
// CHECK-NOT: qopt.name = "addi
// CHECK-NOT: qopt.name = "addf
func.func @integers(%x: tensor<4xi32>, %y: tensor<4xf32>) -> (tensor<4xi32>, tensor<4xf32>) {
  %a = arith.addi %x, %x : tensor<4xi32>
  %e = tensor.empty() : tensor<4xf32>
  // CHECK: linalg.generic {{.*}} attrs = {qopt.name = "generic_0"}
  %g = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %in : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %a, %g : tensor<4xi32>, tensor<4xf32>
}

// -----

// Several results share the name of their operation; a call has one too.
// CHECK-LABEL: func private @outside
func.func private @outside(tensor<4xf32>) -> tensor<4xf32>
// CHECK-LABEL: func @calls
func.func @calls(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: call @outside(%{{.*}}) {qopt.name = "call_0"}
  %r = call @outside(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
