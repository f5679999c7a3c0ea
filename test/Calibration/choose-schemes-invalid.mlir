// RUN: split-file %s %t
// RUN: quant-opt %t/none.mlir --qopt-choose-schemes="config=%t/none.yaml" -verify-diagnostics
// RUN: quant-opt %t/word.mlir --qopt-choose-schemes="config=%t/word.yaml" -verify-diagnostics
// RUN: quant-opt %t/match.mlir --qopt-choose-schemes="config=%t/match.yaml" -verify-diagnostics
// RUN: not quant-opt %t/idle.mlir --qopt-choose-schemes="config=%t/idle.yaml" 2>&1 | FileCheck %s --check-prefix=IDLE --implicit-check-not=idle.yaml:
// RUN: quant-opt %t/groups.mlir --qopt-choose-schemes="config=%t/groups.yaml" -verify-diagnostics
// RUN: quant-opt %t/per-tensor.mlir --qopt-choose-schemes="config=%t/per-tensor.yaml" -verify-diagnostics
// RUN: quant-opt %t/seven.mlir --qopt-choose-schemes="config=%t/seven.yaml" -verify-diagnostics
// RUN: quant-opt %t/four.mlir --qopt-choose-schemes="config=%t/four.yaml" -verify-diagnostics
// RUN: quant-opt %t/float-scale.mlir --qopt-choose-schemes="config=%t/float-scale.yaml" -verify-diagnostics
// RUN: quant-opt %t/map-groups.mlir --qopt-choose-schemes="config=%t/per-tensor.yaml map=%t/map-groups.yaml" -verify-diagnostics
// RUN: quant-opt %t/no-map.mlir --qopt-choose-schemes="map=%t/none.yaml" -verify-diagnostics
// RUN: quant-opt %t/map.mlir --qopt-choose-schemes="map=%t/map.yaml" -verify-diagnostics

//--- no-map.mlir
// expected-error-re@+1 {{cannot read quantization map '{{.*}}none.yaml': No such file}}
module {
}

//--- map.mlir
// expected-error-re@+1 {{map.yaml:3:10: 'sum' is no contraction, so its scheme cannot be dynamic; set 'scheme: static'}}
module {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %e = tensor.empty() : tensor<4xf32>
    %s = linalg.add {qopt.name = "sum"} ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    return %s : tensor<4xf32>
  }
}

//--- map.yaml
version: 1
values:
- {name: sum, scheme: dynamic}

//--- none.mlir
// expected-error-re@+1 {{none.yaml': No such file}}
module {
}

//--- word.mlir
// expected-error-re@+1 {{word.yaml:2:9: 'adaptive' is not a value of 'scheme'; allowed: static, dynamic, weight-only}}
module {
}

// Nothing is calibrated, so nobody asks later.
//--- match.mlir
// expected-error-re@+1 {{match.yaml:4:5: override with name 'conv' matches no value of the model; remove it or correct the pattern}}
module {
  func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    %w = arith.constant dense<0.5> : tensor<4x4xf32>
    %z = arith.constant dense<0.0> : tensor<4x4xf32>
    %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %a : tensor<4x4xf32>
  }
}

// Overrides of what cannot follow them: an input, and an operation that has neither a
// scheme nor, since all is dynamic, parameters from samples.
//--- idle.mlir
// IDLE: idle.yaml:4:5: override with name 'image' says 'keep: float', and no operation makes 'image', which it matches; match the operations that read it
// IDLE-NEXT: idle.yaml:6:5: override with name 'sum' sets the scheme of 'sum', which is no contraction; match the contractions that are meant
// IDLE-NEXT: idle.yaml:8:5: override with op 'linalg.add' sets 'activations' of 'sum', whose parameters do not come from samples; match values that the calibration table has, or remove it
module {
  func.func @f(%x: tensor<4x4xf32> {qopt.name = "image"}) -> tensor<4x4xf32> {
    %w = arith.constant dense<0.5> : tensor<4x4xf32>
    %z = arith.constant dense<0.0> : tensor<4x4xf32>
    %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    %s = linalg.add {qopt.name = "sum"} ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %s : tensor<4x4xf32>
  }
}

//--- idle.yaml
version: 1
scheme: dynamic
overrides:
  - match: {name: image}
    keep: float
  - match: {name: sum}
    scheme: static
  - match: {op: linalg.add}
    activations: {bits: 16}
  - match: {name: '.*'}
    dynamic: {granularity: tensor}

//--- groups.mlir
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': groups share a scale, which bfloat16 has none of}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- groups.yaml
version: 1
scheme: weight-only
weight-only: {format: bfloat16, group-size: 32}

//--- word.yaml
version: 1
scheme: adaptive

//--- match.yaml
version: 1
scheme: dynamic
overrides:
  - match: {name: conv}
    scheme: static

//--- per-tensor.mlir
// What a setting of all weights would not reach is not ignored.
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': groups of weights have a scale each, so nothing follows 'weights: {granularity: per-tensor}'; leave out that or 'group-size'}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- per-tensor.yaml
version: 1
scheme: weight-only
weights: {granularity: per-tensor}
weight-only: {group-size: 4}

//--- seven.mlir
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': float16 has neither scales nor integers, so nothing follows 'weights: {bits: 7}'; leave out that or take 'format: int8'}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- seven.yaml
version: 1
scheme: weight-only
weights: {bits: 7}
weight-only: {format: float16}

//--- four.mlir
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': int4 has 4 bits, so nothing follows 'weights: {bits: 7}'; leave out that or take 'format: int8'}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- four.yaml
version: 1
scheme: weight-only
weights: {bits: 7}
weight-only: {format: int4}

//--- float-scale.mlir
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': bfloat16 has neither scales nor integers, so nothing follows 'weights: {granularity: per-tensor}'; leave out that or take 'format: int8'}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- float-scale.yaml
version: 1
scheme: weight-only
weights: {granularity: per-tensor}
weight-only: {format: bfloat16}

//--- map-groups.mlir
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error@+1 {{'a': groups of weights have a scale each, so nothing follows}}
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}

//--- map-groups.yaml
version: 1
values:
- {name: a, scheme: weight-only, weight-only: {group-size: 2}}
