// RUN: split-file %s %t
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes | FileCheck %s --check-prefix=STATIC
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/all.yaml" | FileCheck %s --check-prefix=ALL
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/some.yaml" | FileCheck %s --check-prefix=SOME
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/but.yaml" | FileCheck %s --check-prefix=BUT

// No setting, no attribute.
// STATIC-NOT: qopt.dynamic

// Contractions only; an operation that is kept in float is no contraction of it.
// ALL: linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "a"}
// ALL: linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "b"}
// ALL: linalg.add {qopt.name = "c"}

// By name, with settings of its own.
// SOME: linalg.matmul {qopt.name = "a"}
// SOME: linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor, symmetric = false>, qopt.name = "b"}

// By operation, and the later entry wins.
// BUT: linalg.matmul {qopt.float = "the configuration keeps it in float", qopt.name = "a"}
// BUT: linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor>, qopt.name = "b"}

// Weights only, but where there are none: in a product of two activations.
// RUN: quant-opt %t/g.mlir --qopt-choose-schemes="config=%t/weights.yaml" | FileCheck %s --check-prefix=WEIGHTS
// WEIGHTS: linalg.matmul {qopt.name = "a", qopt.weight_only = #qopt.weight_only<group = 64>}
// WEIGHTS: linalg.matmul {qopt.name = "b", qopt.weight_only = #qopt.weight_only<format = float16>}
// WEIGHTS: linalg.matmul {qopt.float = "the scheme is weight-only, and it has no constant weights", qopt.name = "c"}

// Settings of weights are for those that have integers, where there are any.
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/seven.yaml" | FileCheck %s --check-prefix=SEVEN
// SEVEN: linalg.matmul {qopt.name = "a"}
// SEVEN: linalg.matmul {qopt.name = "b", qopt.weight_only = #qopt.weight_only<format = float16>}

// Where every contraction is dynamic or in float, nothing is observed and no
// samples are needed; where one is static, all is.
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/but.yaml" --qopt-insert-observers --qopt-calibrate \
// RUN:   | FileCheck %s --check-prefix=NONE --implicit-check-not=qopt.observe
// NONE: qopt.dynamic
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/some.yaml" --qopt-insert-observers | FileCheck %s --check-prefix=SEEN
// SEEN-COUNT-4: qopt.observe

// A table of nothing, where one is wanted.
// RUN: quant-opt %t/f.mlir --qopt-choose-schemes="config=%t/all.yaml" --qopt-insert-observers --qopt-calibrate="table=%t/table.json" -o %t/out.mlir
// RUN: ls %t/table.json

//--- f.mlir
func.func @f(%x: tensor<4x4xf32> {qopt.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul {qopt.name = "b"} ins(%a, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.add {qopt.name = "c"} ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %c : tensor<4x4xf32>
}

//--- g.mlir
func.func @g(%x: tensor<4x4xf32> {qopt.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  %a = linalg.matmul {qopt.name = "a"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul {qopt.name = "b"} ins(%a, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.matmul {qopt.name = "c"} ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %c : tensor<4x4xf32>
}

//--- weights.yaml
version: 1
scheme: weight-only
weight-only: {group-size: 64}
overrides:
  - match: {name: b}
    weight-only: {format: float16, group-size: 0}

//--- all.yaml
version: 1
scheme: dynamic

//--- some.yaml
version: 1
overrides:
  - match: {name: b}
    scheme: dynamic
    dynamic: {granularity: tensor, symmetric: false}

//--- but.yaml
version: 1
dynamic: {granularity: tensor}
overrides:
  - match: {op: linalg.matmul}
    scheme: dynamic
  - match: {name: a}
    keep: float

//--- seven.yaml
version: 1
weights: {bits: 7, granularity: per-tensor}
overrides:
  - match: {name: b}
    scheme: weight-only
    weight-only: {format: float16}
