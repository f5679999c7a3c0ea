// RUN: split-file %s %t

// A table that does not belong to the model, or saw nothing, or bad numbers.
// RUN: quant-opt %t/missing.mlir --qopt-apply-calibration="table=%t/x.json" -verify-diagnostics
// RUN: quant-opt %t/empty.mlir --qopt-apply-calibration="table=%t/empty.json" -verify-diagnostics
// RUN: quant-opt %t/nan.mlir --qopt-apply-calibration="table=%t/nan.json" -verify-diagnostics
// RUN: quant-opt %t/only-nan.mlir --qopt-apply-calibration="table=%t/only-nan.json config=%t/ignore.yaml" -verify-diagnostics
// A method that needs what the table does not have.
// RUN: quant-opt %t/version-one.mlir --qopt-apply-calibration="table=%t/x.json config=%t/moving-average.yaml" -verify-diagnostics
// RUN: quant-opt %t/version-one.mlir --qopt-apply-calibration="table=%t/x-samples.json,%t/x.json config=%t/moving-average.yaml" -verify-diagnostics

// Tables that cannot be read.
// RUN: quant-opt %t/no-table.mlir --qopt-apply-calibration -verify-diagnostics
// RUN: quant-opt %t/unreadable.mlir --qopt-apply-calibration="table=%t/none.json" -verify-diagnostics
// RUN: quant-opt %t/other-file.mlir --qopt-apply-calibration="table=%t/ignore.yaml" -verify-diagnostics
// RUN: quant-opt %t/other-json.mlir --qopt-apply-calibration="table=%t/other.json" -verify-diagnostics
// RUN: quant-opt %t/means.mlir --qopt-apply-calibration="table=%t/means.json" -verify-diagnostics
// RUN: quant-opt %t/version.mlir --qopt-apply-calibration="table=%t/version.json" -verify-diagnostics
// RUN: quant-opt %t/contradiction.mlir --qopt-apply-calibration="table=%t/contradiction.json" -verify-diagnostics
// RUN: quant-opt %t/other-model.mlir --qopt-apply-calibration="table=%t/x.json" -verify-diagnostics
// RUN: quant-opt %t/other-part.mlir --qopt-apply-calibration="table=%t/x.json,%t/x2.json" -verify-diagnostics
// RUN: quant-opt %t/merge.mlir --qopt-apply-calibration="table=%t/x.json,%t/x2.json" -verify-diagnostics

// Configurations, with file, line and column.
// RUN: quant-opt %t/no-config.mlir --qopt-apply-calibration="table=%t/x.json config=%t/none.yaml" -verify-diagnostics
// RUN: quant-opt %t/unknown-key.mlir --qopt-apply-calibration="table=%t/x.json config=%t/unknown-key.yaml" -verify-diagnostics
// RUN: quant-opt %t/unknown-value.mlir --qopt-apply-calibration="table=%t/x.json config=%t/unknown-value.yaml" -verify-diagnostics
// RUN: quant-opt %t/unmatched.mlir --qopt-apply-calibration="table=%t/x.json config=%t/unmatched.yaml" -verify-diagnostics

// A failure writes nothing.
// RUN: not quant-opt %t/plain.mlir --qopt-apply-calibration="table=%t/none.json" -o %t/out.mlir
// RUN: not ls %t/out.mlir

//--- plain.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- missing.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op has no statistics under the id 'y'; calibrate the model as it is now, or give the table that belongs to it}}
  %o = qopt.observe %x id "y" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- empty.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op 'x' is unobserved: it saw no value during calibration; give at least one sample}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- nan.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op 'x' saw 5 NaN and 3 infinite values; mend the samples or the model, or set 'non-finite: ignore' in the configuration}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- only-nan.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op 'x' saw no finite value, so it has no range to quantize}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- version-one.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op 'x' has no extrema of single samples, which method moving-average needs: its table, or one that was merged into it, has version 1; calibrate again, or set another 'method'}}
  %o = qopt.observe %x id "x" : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- no-table.mlir
// expected-error@+1 {{qopt-apply-calibration needs table=FILE}}
module {
}

//--- unreadable.mlir
// expected-error-re@+1 {{cannot read calibration table '{{.*}}none.json': No such file or directory}}
module {
}

//--- other-file.mlir
// expected-error-re@+1 {{{{.*}}ignore.yaml:1:2: not valid JSON (truncated?): }}
module {
}

//--- other-json.mlir
// expected-error-re@+1 {{{{.*}}other.json:1:2: not a calibration table: "format" is not "quant-opt calibration table"}}
module {
}

//--- version.mlir
// expected-error-re@+1 {{{{.*}}version.json:1:54: the table has version 4, but only versions 1 to 3 can be read: calibrate again with this version}}
module {
}

//--- means.mlir
func.func @f(%x: tensor<4x3xf32>) {
  // expected-error@+1 {{'qopt.observe_means' op 'x' has the means of 2 channels in the table, and 3 in the model; give the table that belongs to it}}
  qopt.observe_means %x over [1] id "x" : tensor<4x3xf32>
  return
}

//--- contradiction.mlir
// expected-error-re@+1 {{{{.*}}contradiction.json:2:91: tensor 0 ('x'): 'bins', 'min' and 'max' contradict each other}}
module {
}

// Another shape, and the second of two tables; the message names the entry.
//--- other-model.mlir
// expected-error-re@+1 {{{{.*}}x.json:2:22: 'x' is tensor<4xf32> in the table and tensor<2x2xf32> in the model: the table was made for another model; give the one that belongs to it, or calibrate this model}}
module {
  func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
    %o = qopt.observe %x id "x" : tensor<2x2xf32>
    return %o : tensor<2x2xf32>
  }
}

//--- other-part.mlir
// expected-error-re@+1 {{{{.*}}x2.json:2:22: 'x' is tensor<5xf32> in the table and tensor<4xf32> in the model: the table was made for another model; give the one that belongs to it, or calibrate this model}}
module {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %o = qopt.observe %x id "x" : tensor<4xf32>
    return %o : tensor<4xf32>
  }
}

//--- merge.mlir
// expected-error@+1 {{calibration tables of different models cannot be merged: 'x' is tensor<4xf32> in one and tensor<5xf32> in the other}}
module {
}

//--- no-config.mlir
// expected-error-re@+1 {{cannot read configuration '{{.*}}none.yaml': No such file or directory}}
module {
}

//--- unknown-key.mlir
// expected-error-re@+1 {{unknown-key.yaml:3:3: unknown key 'methods'{{.*}}}}
module {
}

//--- unknown-value.mlir
// expected-error-re@+1 {{unknown-value.yaml:2:23: 'minmax' is not a value of 'method'; allowed: auto, min-max, moving-average, percentile, entropy, entropy-ort, mse, octav}}
module {
}

//--- unmatched.mlir
// expected-error-re@+1 {{unmatched.yaml:3:5: override with name 'layer.*' matches no value of the model; remove it or correct the pattern}}
module {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %o = qopt.observe %x id "x" : tensor<4xf32>
    return %o : tensor<4xf32>
  }
}

//--- x.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "type": "tensor<4xf32>", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]}
]}

//--- x-samples.json
{"format": "quant-opt calibration table", "version": 2, "tensors": [
 {"id": "x", "type": "tensor<4xf32>", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "samples": 1, "minSum": "0x1p+1", "maxSum": "0x3p+1", "bins": [[16384, 3], [16576, 1]]}
]}

//--- x2.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "type": "tensor<5xf32>", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]}
]}

//--- empty.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "min": 0, "max": 0, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": []}
]}

//--- nan.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "min": 2, "max": 6, "zeros": 0, "nan": 5, "posInf": 1, "negInf": 2, "bins": [[16384, 3], [16576, 1]]}
]}

//--- only-nan.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "min": 0, "max": 0, "zeros": 0, "nan": 5, "posInf": 0, "negInf": 0, "bins": []}
]}

//--- other.json
{"layers": 3}

//--- means.json
{"format": "quant-opt calibration table", "version": 3, "tensors": [
 {"id": "x", "min": 0, "max": 0, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "inputSamples": 1, "inputSums": ["0x1p+0", "0x1p+1"], "bins": []}
]}

//--- version.json
{"format": "quant-opt calibration table", "version": 4, "tensors": []}

//--- contradiction.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "min": 0, "max": 1, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]}
]}

//--- ignore.yaml
version: 1
non-finite: ignore

//--- moving-average.yaml
version: 1
activations: {method: moving-average}

//--- unknown-key.yaml
version: 1
activations:
  methods: mse

//--- unknown-value.yaml
version: 1
activations: {method: minmax}

//--- unmatched.yaml
version: 1
overrides:
  - match: {name: 'layer.*'}
    keep: float
