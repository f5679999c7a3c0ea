// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s --qopt-insert-fake-quant | FileCheck %s --implicit-check-not=qopt.observe --implicit-check-not=qopt.integer
// RUN: quant-opt %s --qopt-insert-fake-quant=form=linalg | FileCheck %s --check-prefix=LINALG
// RUN: quant-opt %s --qopt-insert-fake-quant="form=linalg parameters=arguments values=%t/start.npz" | FileCheck %s --check-prefix=ARGUMENTS
// RUN: %python %S/../Inputs/npz.py show %t/start.npz | FileCheck %s --check-prefix=VALUES
// RUN: quant-opt %s --qopt-insert-fake-quant="gradients=ste" | FileCheck %s --check-prefix=STE
// RUN: quant-opt %s --qopt-insert-fake-quant="gradients=ste-range" | FileCheck %s --check-prefix=RANGE
// RUN: quant-opt %s --qopt-insert-fake-quant="gradients=lsq" | FileCheck %s --check-prefix=LSQ
// RUN: quant-opt %s --qopt-insert-fake-quant="weight-scales=lsq" | FileCheck %s --check-prefix=START
// RUN: quant-opt %s --qopt-insert-fake-quant="config=%S/Inputs/per-tensor.yaml" | FileCheck %s --check-prefix=TENSOR

// The input as it is and as the pad gives it on, the weights of each output channel,
// and nothing at the end, where nobody reads integers.
// CHECK-LABEL: func @model
// CHECK-SAME: %[[X:.*]]: tensor<1x3xf32> {qopt.name = "x"}
// CHECK: %[[F:.*]] = qopt.fake_quant %[[X]] as !quant.uniform<i8:f32, 5.000000e-01:3> {qopt.name = "x.fake_quant"}
// CHECK: %[[P:.*]] = tensor.pad %[[F]]
// CHECK: %[[Q:.*]] = qopt.fake_quant %[[P]] as !quant.uniform<i8:f32, 5.000000e-01:3> {qopt.name = "pad.fake_quant"}
// CHECK: %[[W:.*]] = qopt.fake_quant %{{.*}} as !quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,2.500000e-01}> {qopt.name = "matmul.weights.fake_quant"} : tensor<4x2xf32>
// CHECK: %[[M:.*]] = linalg.matmul {qopt.name = "matmul"} ins(%[[Q]], %[[W]]
// CHECK: return %[[M]]

// Values that the pad ties read the same scale.
// LINALG-LABEL: func @model
// LINALG-DAG: %[[WS:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// LINALG-DAG: %[[S:.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// LINALG-DAG: %[[Z:.*]] = arith.constant dense<3.000000e+00> : tensor<f32>
// LINALG: linalg.generic {{.*}} ins(%{{.*}}, %[[S]], %[[Z]] : tensor<1x3xf32>, tensor<f32>, tensor<f32>) {{.*}}qopt.name = "x.fake_quant"
// LINALG-NEXT: ^bb0(%[[IN:.*]]: f32, %[[SB:.*]]: f32, %[[ZB:.*]]: f32, %{{.*}}: f32):
// LINALG-NEXT: %[[D:.*]] = arith.divf %[[IN]], %[[SB]] : f32
// LINALG-NEXT: %[[R:.*]] = math.roundeven %[[D]] : f32
// LINALG-NEXT: %[[A:.*]] = arith.addf %[[R]], %[[ZB]] : f32
// LINALG-NEXT: %[[LOW:.*]] = arith.constant -1.280000e+02 : f32
// LINALG-NEXT: %[[C1:.*]] = arith.cmpf ogt, %[[A]], %[[LOW]] : f32
// LINALG-NEXT: %[[B1:.*]] = arith.select %[[C1]], %[[A]], %[[LOW]] : f32
// LINALG-NEXT: %[[HIGH:.*]] = arith.constant 1.270000e+02 : f32
// LINALG-NEXT: %[[C2:.*]] = arith.cmpf olt, %[[B1]], %[[HIGH]] : f32
// LINALG-NEXT: %[[B2:.*]] = arith.select %[[C2]], %[[B1]], %[[HIGH]] : f32
// LINALG-NEXT: %[[U:.*]] = arith.subf %[[B2]], %[[ZB]] : f32
// LINALG-NEXT: %[[Y:.*]] = arith.mulf %[[U]], %[[SB]] : f32
// LINALG-NEXT: linalg.yield %[[Y]] : f32
// LINALG: linalg.generic {{.*}} ins(%{{.*}}, %[[S]], %[[Z]] : tensor<1x4xf32>, tensor<f32>, tensor<f32>) {{.*}}qopt.name = "pad.fake_quant"
// LINALG: linalg.generic {{.*}} ins(%{{.*}}, %[[WS]] : tensor<4x2xf32>, tensor<2xf32>)

// ARGUMENTS-LABEL: func @model
// ARGUMENTS-SAME: tensor<1x3xf32> {qopt.name = "x"},
// ARGUMENTS-SAME: %[[W:.*]]: tensor<4x2xf32> {qopt.name = "matmul.weights", qopt.parameter = {kind = "weights"}},
// ARGUMENTS-SAME: %[[B:.*]]: tensor<1x2xf32> {qopt.name = "matmul.bias", qopt.parameter = {kind = "bias"}},
// ARGUMENTS-SAME: %[[WS:.*]]: tensor<2xf32> {qopt.name = "matmul.weights.scale", qopt.parameter = {kind = "scale"}},
// ARGUMENTS-SAME: %[[S:.*]]: tensor<f32> {qopt.name = "x.scale", qopt.parameter = {kind = "scale"}},
// ARGUMENTS-SAME: %[[Z:.*]]: tensor<f32> {qopt.name = "x.zero_point", qopt.parameter = {kind = "zero_point", max = 127 : i64, min = -128 : i64}}) ->
// ARGUMENTS: linalg.generic {{.*}} ins(%{{.*}}, %[[S]], %[[Z]] :
// ARGUMENTS: linalg.generic {{.*}} ins(%{{.*}}, %[[S]], %[[Z]] :
// ARGUMENTS: %[[FW:.*]] = linalg.generic {{.*}} ins(%[[W]], %[[WS]] :
// ARGUMENTS: linalg.matmul {{.*}} outs(%[[B]] :
// VALUES: matmul.weights f [4, 2]
// VALUES: matmul.bias f [1, 2]
// VALUES-NEXT: 1 -1
// VALUES: matmul.weights.scale f [2]
// VALUES: x.scale f []
// VALUES-NEXT: 0.5
// VALUES: x.zero_point f []
// VALUES-NEXT: 3

// A function for each shape of fake quantization, and its name where it is used.
// STE: qopt.fake_quant %{{.*}} {qopt.gradient = @model_x_fake_quant_grad, qopt.name = "x.fake_quant"}
// STE: qopt.fake_quant %{{.*}} {qopt.gradient = @model_pad_fake_quant_grad,
// STE: qopt.fake_quant %{{.*}} {qopt.gradient = @model_matmul_weights_fake_quant_grad,
// STE-DAG: func.func @model_matmul_weights_fake_quant_grad(%{{.*}}: tensor<4x2xf32> {qopt.name = "x"}, %{{.*}}: tensor<2xf32> {qopt.name = "scale"}, %{{.*}}: tensor<4x2xf32> {qopt.name = "dy"}) -> (tensor<4x2xf32> {qopt.name = "dx"}) attributes {qopt.gradient}
// STE-DAG: func.func @model_x_fake_quant_grad(%{{.*}}: tensor<1x3xf32> {qopt.name = "x"}, %{{.*}}: tensor<f32> {qopt.name = "scale"}, %{{.*}}: tensor<f32> {qopt.name = "zero_point"}, %{{.*}}: tensor<1x3xf32> {qopt.name = "dy"}) -> (tensor<1x3xf32> {qopt.name = "dx"}) attributes {qopt.gradient}
// RANGE: func.func @model_x_fake_quant_grad({{.*}}) -> (tensor<1x3xf32> {qopt.name = "dx"}, tensor<f32> {qopt.name = "dmin"}, tensor<f32> {qopt.name = "dmax"})
// g = 1 / sqrt(4 * 127) for weights, and 1 / sqrt(3 * (127 - 3)).
// LSQ: func.func @model_matmul_weights_fake_quant_grad({{.*}}) -> (tensor<4x2xf32> {qopt.name = "dx"}, tensor<2xf32> {qopt.name = "dscale"})
// LSQ: arith.constant 0.0443678237 : f32
// LSQ: func.func @model_x_fake_quant_grad({{.*}}) -> (tensor<1x3xf32> {qopt.name = "dx"}, tensor<f32> {qopt.name = "dscale"}, tensor<f32> {qopt.name = "dzero_point"})
// LSQ: arith.constant 0.0518475845 : f32

// 2 * mean |w| / sqrt(127)
// START: !quant.uniform<i8<-127:127>:f32:1, {2.86172{{[0-9]*}},1.41977{{[0-9]*}}}>
// TENSOR: qopt.fake_quant %{{.*}} as !quant.uniform<i8<-127:127>:f32, 0.499184{{[0-9]*}}> {qopt.name = "matmul.weights.fake_quant"}
func.func @model(%x: tensor<1x3xf32> {qopt.name = "x"}) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %b = arith.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32>
  %w = arith.constant dense<[[63.5, 31.75], [0.0, 0.0], [-0.5, -0.25], [-0.5, 0.0]]> : tensor<4x2xf32>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5:3> : tensor<1x3xf32>
  %p = tensor.pad %o low[0, 0] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } {qopt.name = "pad"} : tensor<1x3xf32> to tensor<1x4xf32>
  %m = linalg.matmul {qopt.name = "matmul"} ins(%p, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  %q = qopt.observe %m id "matmul" as !quant.uniform<i8:f32, 0.25> : tensor<1x2xf32>
  return %q : tensor<1x2xf32>
}
