// RUN: split-file %s %t
// RUN: quant-opt %t/model.mlir --qopt-apply-quantization-map="map=%t/map.yaml" | FileCheck %s

//--- model.mlir
// CHECK: module attributes {qopt.explain}
module attributes {qopt.explain} {
  // Exactly what the map says, unsigned bytes as signed ones, with the place where it
  // does. A value that only moves
  // others gets an observer; one of the model's own parameters keeps them.
  func.func @model(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<2x1xf32> {
    // CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 1.250000e-01:-121> {qopt.given = "{{.*}}map.yaml:3:9", qopt.why = "by hand"}
    %o = qopt.observe %x id "x" : tensor<1x4xf32>
    %w = arith.constant dense<0.5> : tensor<4x2xf32>
    %z = arith.constant dense<0.0> : tensor<1x2xf32>
    // CHECK: linalg.matmul {qopt.given_weights = [{operand = 1 : i64, place = "{{.*}}map.yaml:11:5", type = !quant.uniform<i8<-64:64>:f32:1, {5.000000e-01,2.500000e-01}>}], qopt.name = "dense"}
    %m = linalg.matmul {qopt.name = "dense"} ins(%o, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
    // CHECK: qopt.observe %{{.*}} id "dense" as !quant.uniform<i16:f32, 0.00100000004{{[0-9]*}}>
    %om = qopt.observe %m id "dense" : tensor<1x2xf32>
    // CHECK: %[[T:.*]] = linalg.transpose
    %e = tensor.empty() : tensor<2x1xf32>
    %t = linalg.transpose ins(%om : tensor<1x2xf32>) outs(%e : tensor<2x1xf32>) permutation = [1, 0] {qopt.name = "turned"}
    // CHECK: %[[O:.*]] = qopt.observe %[[T]] id "turned" as !quant.uniform<i8:f32, 2.000000e+00>
    // CHECK: qopt.fake_quant %[[O]] as !quant.uniform<i8:f32, 5.000000e-01:3>
    %f = qopt.fake_quant %t as !quant.uniform<i8:f32, 5.0e-1:3> {qopt.name = "trained"} : tensor<2x1xf32>
    return %f : tensor<2x1xf32>
  }
}

//--- map.yaml
version: 1
values:
- name: x
  scheme: static
  params: {type: u8, scale: 0.125, zero-point: 7}
  why: by hand
- name: dense
  scheme: static
  params: {type: i16, scale: 0.001}
  weights:
  - operand: 1
    params: {type: i8, range: [-64, 64], axis: 1, scale: [0.5, 0.25]}
- name: turned
  op: linalg.transpose
  tensor: tensor<2x1xf32>
  scheme: static
  params: {type: i8, scale: 2}
- name: trained
  scheme: static
  params: {type: i8, scale: 0.5, zero-point: 3}
