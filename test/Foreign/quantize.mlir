// RUN: quantopt-test-opt %s --qopt-select-ops --qopt-propagate-params \
// RUN:   --qopt-quantize-weights=method=min-max --qopt-insert-qdq --qopt-fold-qdq -canonicalize \
// RUN:   --qopt-verify-quantized -verify-diagnostics | FileCheck %s

// Operations that quant-opt does not know become integer form beside linalg's: the
// parameters of %x go through the mirror, weights get a scale a row, the bias and
// the zero point are in the accumulator's initial value, the relu is a clamp.

// CHECK-LABEL: @network
func.func @network(%arg0: tensor<1x3xf32>) -> tensor<1x2xf32> {
  // round(0.5 / (0.1 * 3 / 127)) + 20 * (42 + 85 + 127) and
  // round(-0.5 / (0.1 * 6 / 127)) + 20 * (85 + 106 + 127).
  // CHECK-DAG: %[[B:.*]] = arith.constant dense<[5292, 6254]> : tensor<2xi32>
  // CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[}}[42, 85, 127], [85, 106, 127]]> : tensor<2x3xi8>
  // CHECK: %[[Q:.*]] = qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:-20>
  // CHECK: %[[M:.*]] = foreign.mirror %[[Q]] {{.*}}: tensor<1x3xi8> -> tensor<1x3xi8>
  // CHECK: %[[A:.*]] = foreign.dense %[[M]], %[[W]], %[[B]] {{.*}}: (tensor<1x3xi8>, tensor<2x3xi8>, tensor<2xi32>) -> tensor<1x2xi32>
  // CHECK: %[[R:.*]] = qopt.requantize %[[A]] from !quant.uniform<i32:f32:1, {{.*}}> to !quant.uniform<i8:f32, 5.000000e-01:-128>
  // CHECK: %[[A2:.*]] = foreign.dense %[[R]]
  // CHECK: %[[Y:.*]] = qopt.dequantize %[[A2]]
  // CHECK: foreign.squash %[[Y]]
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = arith.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %w2 = arith.constant dense<[[1.0, -2.0], [-3.0, 4.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %x = qopt.observe %arg0 id "x" as !quant.uniform<i8:f32, 0.1:-20> : tensor<1x3xf32>
  %m = foreign.mirror %x {qopt.name = "m"} : tensor<1x3xf32> -> tensor<1x3xf32>
  %d = foreign.dense %m, %w, %b {qopt.name = "d"} : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %od = qopt.observe %d id "d" as !quant.uniform<i8:f32, 0.5> : tensor<1x2xf32>
  %init = tensor.empty() : tensor<1x2xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                          iterator_types = ["parallel", "parallel"]}
      ins(%od : tensor<1x2xf32>) outs(%init : tensor<1x2xf32>) attrs = {qopt.name = "relu"} {
  ^bb0(%in: f32, %out: f32):
    %max = arith.maximumf %in, %zero : f32
    linalg.yield %max : f32
  } -> tensor<1x2xf32>
  %or = qopt.observe %relu id "relu" as !quant.uniform<i8:f32, 0.5:-128> : tensor<1x2xf32>
  %d2 = foreign.dense %or, %w2, %b {qopt.name = "d2"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %od2 = qopt.observe %d2 id "d2" as !quant.uniform<i8:f32, 0.5> : tensor<1x2xf32>
  // expected-remark@+1 {{stays in float: squash has no integer form}}
  %s = foreign.squash %od2 {qopt.name = "s"} : tensor<1x2xf32> -> tensor<1x2xf32>
  return %s : tensor<1x2xf32>
}
