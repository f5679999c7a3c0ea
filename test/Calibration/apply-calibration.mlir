// Parameters from a table written by hand: -1 in 1 value, 0 in 2, 2 in 3, 3 in 1.
// The bins of -1, 2 and 3 are the top 16 bits of their f32 patterns.

// RUN: split-file %s %t
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/min-max.yaml" | FileCheck %s
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/symmetric.yaml" | FileCheck %s --check-prefix=SYMMETRIC
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/narrow.yaml" | FileCheck %s --check-prefix=NARROW
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/overrides.yaml" | FileCheck %s --check-prefix=OVERRIDES
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/nan.json config=%t/ignore.yaml" | FileCheck %s

// Without a configuration the default method chooses; the fixed range stays.
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json" | FileCheck %s --check-prefix=DEFAULT
// DEFAULT: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32,
// DEFAULT: id "softmax" as !quant.uniform<i8:f32, 3.906250e-03:-128>

// Two tables that hold halves of the samples are one table: all orders, all bytes.
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json,%t/wider.json config=%t/min-max.yaml" -o %t/a.mlir
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/wider.json,%t/table.json config=%t/min-max.yaml" -o %t/b.mlir
// RUN: cmp %t/a.mlir %t/b.mlir
// RUN: FileCheck %s --check-prefix=MERGED < %t/a.mlir
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json,%t/wider.json merged=%t/one.json config=%t/min-max.yaml" -o %t/c.mlir
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/one.json config=%t/min-max.yaml" -o %t/d.mlir
// RUN: cmp %t/a.mlir %t/c.mlir
// RUN: cmp %t/a.mlir %t/d.mlir

// A configuration and a table that are given explicitly override nothing else: the
// text of the table does not matter, only what it says.
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/spaced.json config=%t/min-max.yaml" | FileCheck %s

// A table is good for another batch size.
// RUN: sed 's/"tensor<1x4xf32>"/"tensor<8x4xf32>"/' %t/table.json > %t/batch.json
// RUN: grep -q 8x4 %t/batch.json
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/batch.json config=%t/min-max.yaml" | FileCheck %s

//--- model.mlir
func.func @model(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // Example A1 of the numeric reference: [-1, 3] in i8 is s = 4/255, z = -64.
  // CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.0156862754{{[0-9]*}}:-64> : tensor<1x4xf32>
  // SYMMETRIC: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.0236220471{{[0-9]*}}> : tensor<1x4xf32>
  // OVERRIDES: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.0236220471{{[0-9]*}}> : tensor<1x4xf32>
  // Without -128 it is s = 4/254 and z = -127 + 63.5, to even.
  // NARROW: qopt.observe %{{.*}} id "x" as !quant.uniform<i8<-127:127>:f32, 0.0157480314{{[0-9]*}}:-64> : tensor<1x4xf32>
  // [-4, 3] after the merge: s = 7/255, z = 17.714 -> 18.
  // MERGED: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.0274509806{{[0-9]*}}:18> : tensor<1x4xf32>
  %o = qopt.observe %x id "x" : tensor<1x4xf32>
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  // OVERRIDES: linalg.matmul {qopt.float = "the configuration keeps it in float", qopt.name = "dense"}
  // CHECK: linalg.matmul {qopt.name = "dense"}
  %m = linalg.matmul {qopt.name = "dense"} ins(%o, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32>
  // A range without zero is extended to it: [2, 6] is [0, 6], s = 6/255, z = -128.
  // CHECK: qopt.observe %{{.*}} id "dense" as !quant.uniform<i8:f32, 0.0235294122{{[0-9]*}}:-128> : tensor<1x4xf32>
  // OVERRIDES: qopt.observe %{{.*}} id "dense" as !quant.uniform<i8:f32, 0.0235294122{{[0-9]*}}:-128> : tensor<1x4xf32>
  // MERGED: qopt.observe %{{.*}} id "dense" as !quant.uniform<i8:f32, 0.0235294122{{[0-9]*}}:-128> : tensor<1x4xf32>
  %om = qopt.observe %m id "dense" : tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %s = linalg.softmax {qopt.name = "softmax"} dimension(1) ins(%om : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // Softmax has the range of TFLite's specification, whatever was seen.
  // NARROW: qopt.observe %{{.*}} id "softmax" as !quant.uniform<i8<-127:127>:f32, 0.0039215688{{[0-9]*}}:-127> : tensor<1x4xf32>
  // CHECK: qopt.observe %{{.*}} id "softmax" as !quant.uniform<i8:f32, 3.906250e-03:-128> : tensor<1x4xf32>
  %os = qopt.observe %s id "softmax" : tensor<1x4xf32>
  // A tensor of zeros has scale 1, and no range of its own.
  // CHECK: qopt.observe %{{.*}} id "zeros" as !quant.uniform<i8:f32, 1.000000e+00{{.*}}> {qopt.no_range} : tensor<1x4xf32>
  %oz = qopt.observe %os id "zeros" : tensor<1x4xf32>
  // What came with the model stands in no table, and stays.
  // CHECK: qopt.observe %{{.*}} id "trained" as !quant.uniform<i8:f32, 5.000000e-01:3> final : tensor<1x4xf32>
  %ot = qopt.observe %oz id "trained" as !quant.uniform<i8:f32, 0.5:3> final : tensor<1x4xf32>
  return %ot : tensor<1x4xf32>
}

//--- table.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "dense", "type": "tensor<1x4xf32>", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]},
 {"id": "softmax", "min": 0.5, "max": 0.5, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16128, 7]]},
 {"id": "x", "min": -1, "max": 3, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16448, 1], [49024, 1]]},
 {"id": "zeros", "min": 0, "max": 0, "zeros": 4, "nan": 0, "posInf": 0, "negInf": 0, "bins": []}
]}

//--- spaced.json
{
  "version": 1,
  "tensors": [
    {"max": 0, "min": 0, "zeros": 4, "nan": 0, "posInf": 0, "negInf": 0, "bins": [], "id": "zeros"},
    {"id": "x", "min": -1.0, "max": 3.0, "zeros": 2, "nan": 0, "posInf": 0, "negInf": 0,
     "bins": [[16384, 3], [16448, 1], [49024, 1]]},
    {"id": "softmax", "min": 0.5, "max": 0.5, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16128, 7]]},
    {"id": "dense", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]}
  ],
  "format": "quant-opt calibration table"
}

//--- wider.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "min": -4, "max": 2, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 1], [49280, 1]]}
]}

//--- nan.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "dense", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 1, "bins": [[16384, 3], [16576, 1]]},
 {"id": "softmax", "min": 0.5, "max": 0.5, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16128, 7]]},
 {"id": "x", "min": -1, "max": 3, "zeros": 2, "nan": 5, "posInf": 1, "negInf": 0, "bins": [[16384, 3], [16448, 1], [49024, 1]]},
 {"id": "zeros", "min": 0, "max": 0, "zeros": 4, "nan": 0, "posInf": 0, "negInf": 0, "bins": []}
]}

//--- min-max.yaml
version: 1
activations: {method: min-max}

//--- symmetric.yaml
version: 1
activations:
  method: min-max
  symmetric: true

//--- narrow.yaml
version: 1
activations: {method: min-max, narrow-range: true}

//--- overrides.yaml
version: 1
activations: {method: min-max}
overrides:
  - match: {name: 'x'}
    activations: {symmetric: true}
  - match: {op: linalg.matmul}
    keep: float

//--- ignore.yaml
version: 1
activations: {method: min-max}
non-finite: ignore
