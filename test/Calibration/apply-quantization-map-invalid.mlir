// RUN: split-file %s %t
// What a map may not say, at its line and column.
// RUN: cat %t/unknown.head %t/model.mlir > %t/unknown.mlir && quant-opt %t/unknown.mlir --qopt-apply-quantization-map=map=%t/unknown.map.yaml -verify-diagnostics
// RUN: cat %t/foreign.head %t/model.mlir > %t/foreign.mlir && quant-opt %t/foreign.mlir --qopt-apply-quantization-map=map=%t/foreign.map.yaml -verify-diagnostics
// RUN: cat %t/tensor.head %t/model.mlir > %t/tensor.mlir && quant-opt %t/tensor.mlir --qopt-apply-quantization-map=map=%t/tensor.map.yaml -verify-diagnostics
// RUN: cat %t/op.head %t/model.mlir > %t/op.mlir && quant-opt %t/op.mlir --qopt-apply-quantization-map=map=%t/op.map.yaml -verify-diagnostics
// RUN: cat %t/operand.head %t/model.mlir > %t/operand.mlir && quant-opt %t/operand.mlir --qopt-apply-quantization-map=map=%t/operand.map.yaml -verify-diagnostics
// RUN: cat %t/input.head %t/model.mlir > %t/input.mlir && quant-opt %t/input.mlir --qopt-apply-quantization-map=map=%t/input.map.yaml -verify-diagnostics
// RUN: cat %t/axis.head %t/model.mlir > %t/axis.mlir && quant-opt %t/axis.mlir --qopt-apply-quantization-map=map=%t/axis.map.yaml -verify-diagnostics
// RUN: cat %t/correction.head %t/model.mlir > %t/correction.mlir && quant-opt %t/correction.mlir --qopt-apply-quantization-map=map=%t/correction.map.yaml -verify-diagnostics
// RUN: cat %t/channels.head %t/model.mlir > %t/channels.mlir && quant-opt %t/channels.mlir --qopt-apply-quantization-map=map=%t/channels.map.yaml -verify-diagnostics
// RUN: cat %t/pinned.head %t/model.mlir > %t/pinned.mlir && quant-opt %t/pinned.mlir --qopt-apply-quantization-map=map=%t/pinned.map.yaml -verify-diagnostics
// RUN: cat %t/stored.head %t/model.mlir > %t/stored.mlir && quant-opt %t/stored.mlir --qopt-apply-quantization-map=map=%t/stored.map.yaml -verify-diagnostics
// RUN: cat %t/zero.head %t/model.mlir > %t/zero.mlir && quant-opt %t/zero.mlir --qopt-apply-quantization-map=map=%t/zero.map.yaml -verify-diagnostics
// RUN: cat %t/point.head %t/model.mlir > %t/point.mlir && quant-opt %t/point.mlir --qopt-apply-quantization-map=map=%t/point.map.yaml -verify-diagnostics
// RUN: cat %t/scheme.head %t/model.mlir > %t/scheme.mlir && quant-opt %t/scheme.mlir --qopt-apply-quantization-map=map=%t/scheme.map.yaml -verify-diagnostics
// RUN: cat %t/half.head %t/model.mlir > %t/half.mlir && quant-opt %t/half.mlir --qopt-apply-quantization-map=map=%t/half.map.yaml -verify-diagnostics
// RUN: cat %t/twice.head %t/model.mlir > %t/twice.mlir && quant-opt %t/twice.mlir --qopt-apply-quantization-map=map=%t/twice.map.yaml -verify-diagnostics

// A file that is not there, no file, and values that the map lacks.
// RUN: quant-opt %t/none.mlir --qopt-apply-quantization-map=map=%t/none.yaml -verify-diagnostics
// RUN: quant-opt %t/no-option.mlir --qopt-apply-quantization-map -verify-diagnostics
// RUN: quant-opt %t/lacking.mlir --qopt-apply-quantization-map=map=%t/empty.yaml -verify-diagnostics

//--- model.mlir
module {
  func.func @model(%x: tensor<1x4xf32> {qopt.name = "x"}, %h: tensor<4xf16> {qopt.name = "h"}) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<4xf16>) {
    %oh = qopt.observe %h id "h" as !quant.uniform<i8:f16, 1.0> : tensor<4xf16>
    %w = arith.constant dense<0.5> : tensor<4x2xf32>
    %z = arith.constant dense<0.0> : tensor<1x2xf32>
    %m = linalg.matmul {qopt.name = "dense"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
    %f = qopt.fake_quant %m as !quant.uniform<i8:f32, 5.0e-1:3> {qopt.name = "trained"} : tensor<1x2xf32>
    %q = arith.constant dense<1> : tensor<4x2xi8>
    %d = qopt.dequantize %q as !quant.uniform<i8:f32, 5.0e-1> : tensor<4x2xi8> -> tensor<4x2xf32>
    %g = linalg.matmul {qopt.name = "given"} ins(%x, %d : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
    return %f, %g, %oh : tensor<1x2xf32>, tensor<1x2xf32>, tensor<4xf16>
  }
}

//--- none.mlir
// expected-error-re@+1 {{cannot read quantization map '{{.*}}none.yaml': No such file or directory}}
module {
}

//--- no-option.mlir
// expected-error@+1 {{qopt-apply-quantization-map needs map=FILE}}
module {
}

//--- lacking.mlir
func.func @f(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error-re@+1 {{'qopt.observe' op 'x' has no 'params' in the quantization map '{{.*}}empty.yaml'; add them, or calibrate and make the map again}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- empty.yaml
version: 1
values: []

//--- unknown.head
// expected-error-re@+2 {{{{.*}}unknown.map.yaml:3:10: the model has no value 'dence'; did you mean 'dense'?}}

//--- unknown.map.yaml
version: 1
values:
- {name: dence, scheme: static}

//--- foreign.head
// expected-error-re@+2 {{{{.*}}foreign.map.yaml:3:10: the model has no value 'layer4.conv.2'; the map was made for another model, or remove the entry}}

//--- foreign.map.yaml
version: 1
values:
- {name: layer4.conv.2, scheme: static}

//--- tensor.head
// expected-error-re@+2 {{{{.*}}tensor.map.yaml:3:10: 'dense' is tensor<1x2xf32> in the model and tensor<1x3xf32> in the map, which was made for another model; calibrate this one}}

//--- tensor.map.yaml
version: 1
values:
- {name: dense, tensor: 'tensor<1x3xf32>', scheme: static}

//--- op.head
// expected-error-re@+2 {{{{.*}}op.map.yaml:3:10: 'dense' is linalg.matmul in the model and linalg.conv_2d in the map, which was made for another model; calibrate this one}}

//--- op.map.yaml
version: 1
values:
- {name: dense, op: linalg.conv_2d, scheme: static}

//--- operand.head
// expected-error-re@+2 {{{{.*}}operand.map.yaml:3:44: operand 0 of 'dense' is no weight}}

//--- operand.map.yaml
version: 1
values:
- {name: dense, scheme: static, weights: [{operand: 0, params: {type: i8, scale: 1}}]}

//--- input.head
// expected-error-re@+2 {{{{.*}}input.map.yaml:3:40: operand 0 of 'x' is no weight}}

//--- input.map.yaml
version: 1
values:
- {name: x, scheme: static, weights: [{operand: 0, params: {type: i8, scale: 1}}]}

//--- axis.head
// expected-error-re@+2 {{{{.*}}axis.map.yaml:3:44: the channels of this weight lie along axis 1, not axis 0}}

//--- axis.map.yaml
version: 1
values:
- {name: dense, scheme: static, weights: [{operand: 1, params: {type: i8, axis: 0, scale: [1, 1, 1, 1]}}]}

//--- correction.head
// expected-error-re@+2 {{{{.*}}correction.map.yaml:3:44: 'bias-correction' has 3 numbers for the 2 biases of 'dense'; the map was made for another model}}

//--- correction.map.yaml
version: 1
values:
- {name: dense, scheme: static, weights: [{operand: 1, params: {type: i8, scale: 1}, bias-correction: [1, 2, 3]}]}

//--- channels.head
// expected-error-re@+2 {{{{.*}}channels.map.yaml:3:44: there are 3 scales for the 2 channels of 'dense'; the map was made for another model}}

//--- channels.map.yaml
version: 1
values:
- {name: dense, scheme: static, weights: [{operand: 1, params: {type: i8, axis: 1, scale: [1, 1, 1]}}]}

//--- pinned.head
// expected-error-re@+2 {{{{.*}}pinned.map.yaml:3:10: 'trained' came with the model in i8, scale 0.5, zero point 3, which the map cannot change; remove the 'params', or change the model}}

//--- pinned.map.yaml
version: 1
values:
- {name: trained, scheme: static, params: {type: i8, scale: 0.25}}

//--- stored.head
// expected-error-re@+2 {{{{.*}}stored.map.yaml:3:44: the weight came with the model in i8, scale 0.5, zero point 0, which the map cannot change; remove the 'params', or change the model}}

//--- stored.map.yaml
version: 1
values:
- {name: given, scheme: static, weights: [{operand: 1, params: {type: i8, scale: 0.25}}]}

//--- zero.head
// expected-error-re@+2 {{{{.*}}zero.map.yaml:3:55: '0' is not a value of 'scale'; allowed: a number over 0 that an f32 holds}}

//--- zero.map.yaml
version: 1
values:
- {name: x, scheme: static, params: {type: i8, scale: 0}}

//--- point.head
// expected-error-re@+2 {{{{.*}}point.map.yaml:3:70: the zero point 300 is out of the range [-128, 127]}}

//--- point.map.yaml
version: 1
values:
- {name: x, scheme: static, params: {type: i8, scale: 1, zero-point: 300}}

//--- scheme.head
// expected-error-re@+2 {{{{.*}}scheme.map.yaml:3:10: 'x' is made by no operation that has a scheme; set 'scheme: static'}}

//--- scheme.map.yaml
version: 1
values:
- {name: x, scheme: float}

//--- half.head
// expected-error-re@+2 {{{{.*}}half.map.yaml:3:10: scale out of expressed type range}}

//--- half.map.yaml
version: 1
values:
- {name: h, scheme: static, params: {type: i8, scale: 1e9}}

//--- twice.head
// expected-error-re@+2 {{{{.*}}twice.map.yaml:4:4: 'x' is there twice, first at line 3; remove one}}

//--- twice.map.yaml
version: 1
values:
- {name: x, scheme: static}
- {name: x, scheme: static}
