// RUN: %python %S/../Inputs/npz.py make %t.npz x.scale=f32[]:0.5 x.zero_point=f32[]:-3 w=f32[2,1]:1,2 unused=f32[1]:0
// RUN: quant-opt %s --qopt-freeze-parameters=values=%t.npz | FileCheck %s --implicit-check-not=qopt.gradient --implicit-check-not=qopt.parameter

// CHECK-LABEL: func @model
// CHECK-SAME: (%[[X:[^:]*]]: tensor<1x2xf32> {qopt.name = "x"}, %[[Y:[^:]*]]: tensor<1x2xf32>)
// CHECK-DAG: %[[S:.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<-3.000000e+00> : tensor<f32>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00{{\]\]}}> : tensor<2x1xf32>
// CHECK: %[[F:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[S]], %[[Z]] :
// CHECK: linalg.matmul ins(%[[F]], %[[W]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
#scalar = affine_map<(d0, d1) -> ()>
func.func @model(%x: tensor<1x2xf32> {qopt.name = "x"},
    %s: tensor<f32> {qopt.name = "x.scale", qopt.parameter = {kind = "scale"}},
    %w: tensor<2x1xf32> {qopt.name = "w", qopt.parameter = {kind = "weights"}},
    %y: tensor<1x2xf32>,
    %z: tensor<f32> {qopt.name = "x.zero_point", qopt.parameter = {kind = "zero_point", min = -8 : i64, max = 7 : i64}}) -> tensor<1x1xf32> {
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<0.0> : tensor<1x1xf32>
  %f = linalg.generic {indexing_maps = [#id, #scalar, #scalar, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s, %z : tensor<1x2xf32>, tensor<f32>, tensor<f32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.gradient = @grad} {
  ^bb0(%in: f32, %scale: f32, %zero: f32, %out: f32):
    %0 = arith.divf %in, %scale : f32
    %1 = arith.addf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<1x2xf32>
  %m = linalg.matmul ins(%f, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%b : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}

// CHECK-NOT: @grad
func.func @grad(%x: tensor<1x2xf32>) -> tensor<1x2xf32> attributes {qopt.gradient} {
  return %x : tensor<1x2xf32>
}

// Globals that cannot change are constants; others stay.
// CHECK-NOT: @fixed
// CHECK: ml_program.global private mutable @state
// CHECK: ml_program.global private @elsewhere
// CHECK-LABEL: func @globals
// CHECK-DAG: %[[F:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[G:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[S:.*]] = ml_program.global_load @state
// CHECK-DAG: %[[E:.*]] = ml_program.global_load_const @elsewhere
// CHECK: return %[[F]], %[[G]], %[[S]], %[[E]]
ml_program.global public @fixed(dense<[1.0, 2.0]> : tensor<2xf32>) : tensor<2xf32>
ml_program.global private mutable @state(dense<[1.0, 2.0]> : tensor<2xf32>) : tensor<2xf32>
ml_program.global private @elsewhere(#ml_program.extern<tensor<2xf32>>) : tensor<2xf32>
func.func @globals() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %f = ml_program.global_load_const @fixed : tensor<2xf32>
  %g = ml_program.global_load @fixed : tensor<2xf32>
  %s = ml_program.global_load @state : tensor<2xf32>
  %e = ml_program.global_load_const @elsewhere : tensor<2xf32>
  return %f, %g, %s, %e : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
