// RUN: quant-opt %s --allow-unregistered-dialect | quant-opt --allow-unregistered-dialect | FileCheck %s

// CHECK-LABEL: func @groups
// CHECK: qopt.dequantize_groups %{{.*}}, %{{.*}} along 0 by 32 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<100x64xf32>
func.func @groups(%q: tensor<100x64xi8>, %s: tensor<4x64xf32>) -> tensor<100x64xf32> {
  %w = qopt.dequantize_groups %q, %s along 0 by 32 : (tensor<100x64xi8>, tensor<4x64xf32>) -> tensor<100x64xf32>
  return %w : tensor<100x64xf32>
}

// CHECK-LABEL: func @attributes
// CHECK: "test.a"() {qopt.weight_only = #qopt.weight_only<>}
// CHECK: "test.b"() {qopt.weight_only = #qopt.weight_only<group = 32>}
// CHECK: "test.c"() {qopt.weight_only = #qopt.weight_only<format = bfloat16>}
func.func @attributes() {
  "test.a"() {qopt.weight_only = #qopt.weight_only<>} : () -> ()
  "test.b"() {qopt.weight_only = #qopt.weight_only<format = int8, group = 32>} : () -> ()
  "test.c"() {qopt.weight_only = #qopt.weight_only<format = bfloat16>} : () -> ()
  return
}
