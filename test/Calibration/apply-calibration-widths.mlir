// Activations of 16 bits: where the configuration asks for them, and where rounding to 8
// costs most for what the wider products cost.

// RUN: split-file %s %t
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/eight.yaml" | FileCheck %s --check-prefix=EIGHT
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/sixteen.yaml" | FileCheck %s --check-prefix=SIXTEEN
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/wide.yaml" | FileCheck %s --check-prefix=WIDE
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/override.yaml" | FileCheck %s --check-prefix=OVERRIDE
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/given.yaml" | FileCheck %s --check-prefix=GIVEN

// Without a budget and with inputs of 8 bits, all is i8.
// EIGHT-NOT: i16
// EIGHT: id "x" as !quant.uniform<i8:f32,
// EIGHT-NOT: i16

// The input of 16 bits: no zero point, a quarter of headroom, s = 1.25 * 3 / 32767; the
// other side of zero ends where 1.25 * -1 is.
// SIXTEEN: id "x" as !quant.uniform<i16<-10923:32767>:f32, 1.144{{[0-9]*}}E-4>
// SIXTEEN: id "first" as !quant.uniform<i8:f32,
// SIXTEEN: id "tanh" as !quant.uniform<i8:f32,

// With every product to spend, inputs and results of sums are wide; what a table makes or
// reads stays in 8 bits, and so does what only the boundary reads.
// WIDE: id "x" as !quant.uniform<i16{{.*}}:f32,
// WIDE: id "first" as !quant.uniform<i8:f32,
// WIDE: id "tanh" as !quant.uniform<i8:f32,
// WIDE: id "second" as !quant.uniform<i16{{.*}}:f32,
// WIDE: id "third" as !quant.uniform<i8:f32,

// A value that shares its parameters with others stays in 8 bits.
// RUN: quant-opt %t/concat.mlir --qopt-apply-calibration="table=%t/table.json config=%t/wide.yaml" | FileCheck %s --check-prefix=CONCAT
// CONCAT-NOT: i16

// A fixed range of 16 bits has no zero point either: 1/32768 and 0 for softmax, as TFLite.
// RUN: quant-opt %t/softmax.mlir --qopt-apply-calibration="table=%t/table.json config=%t/override.yaml" | FileCheck %s --check-prefix=SOFTMAX
// SOFTMAX: id "second" as !quant.uniform<i16<0:32767>:f32, 3.0517578125E-5>

// An override decides for its values alone, before any choice.
// OVERRIDE: id "x" as !quant.uniform<i8:f32,
// OVERRIDE: id "second" as !quant.uniform<i16{{.*}}:f32,
// GIVEN: id "x" as !quant.uniform<i16{{.*}}:f32,
// GIVEN: id "second" as !quant.uniform<i8:f32,

//--- model.mlir
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @model(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %ox = qopt.observe %x id "x" : tensor<1x4xf32>
  %w = arith.constant dense<[[0.5, -0.25, 1.0, 0.3], [0.5, 0.25, -1.0, 0.3], [-0.5, 0.25, 0.1, 0.3], [0.5, 0.2, 0.1, -0.3]]> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %m = linalg.matmul ins(%ox, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
  %om = qopt.observe %m id "first" : tensor<1x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%om : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = math.tanh %in : f32
    linalg.yield %v : f32
  } -> tensor<1x4xf32>
  %ot = qopt.observe %t id "tanh" : tensor<1x4xf32>
  %n = linalg.matmul ins(%ot, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
  %on = qopt.observe %n id "second" : tensor<1x4xf32>
  %k = linalg.matmul ins(%on, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
  %ok = qopt.observe %k id "third" : tensor<1x4xf32>
  return %ok : tensor<1x4xf32>
}

//--- concat.mlir
func.func @concat(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %ox = qopt.observe %x id "x" : tensor<1x4xf32>
  %oy = qopt.observe %y id "tanh" : tensor<1x4xf32>
  %w = arith.constant dense<0.5> : tensor<8x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %c = tensor.concat dim(1) %ox, %oy : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  %m = linalg.matmul ins(%c, %w : tensor<1x8xf32>, tensor<8x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
  %om = qopt.observe %m id "first" : tensor<1x4xf32>
  return %om : tensor<1x4xf32>
}

//--- softmax.mlir
func.func @softmax(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  %s = linalg.softmax dimension(1) ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %os = qopt.observe %s id "second" : tensor<1x4xf32>
  return %os : tensor<1x4xf32>
}

//--- table.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "first", "min": -1, "max": 3, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16448, 1], [49024, 1]]},
 {"id": "second", "min": -1, "max": 3, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16448, 1], [49024, 1]]},
 {"id": "tanh", "min": -1, "max": 1, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16256, 1], [49024, 1]]},
 {"id": "third", "min": -1, "max": 3, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16448, 1], [49024, 1]]},
 {"id": "x", "min": -1, "max": 3, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16256, 5], [16300, 3], [16384, 3], [16448, 1], [49024, 1]]}
]}

//--- eight.yaml
version: 1
input-bits: 8
wide-products: 0

//--- sixteen.yaml
version: 1
input-bits: 16
wide-products: 0

//--- wide.yaml
version: 1
wide-products: 100

//--- override.yaml
version: 1
input-bits: 8
wide-products: 0
overrides:
  - match: {name: second}
    activations: {bits: 16}

//--- given.yaml
version: 1
input-bits: 16
wide-products: 100
overrides:
  - match: {name: second}
    activations: {bits: 8}
