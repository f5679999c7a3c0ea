// Values that calibration saw nothing of but one number, by each method: what comes
// out, and who is told (docs/NumericContract.md, "Degenerate values").

// RUN: split-file %s %t
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/min-max.yaml" -verify-diagnostics | FileCheck %s
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/mse.yaml" -verify-diagnostics | FileCheck %s
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/entropy-ort.yaml" -verify-diagnostics | FileCheck %s
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/moving-average.yaml" -verify-diagnostics | FileCheck %s

//--- model.mlir
module attributes {qopt.explain} {
  func.func @model(%x: tensor<4xf32>, %n: tensor<0x4xf32>, %u: tensor<4x0xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
    // CHECK: id "dead" as !quant.uniform<i8:f32, 1.000000e+00> {qopt.no_range, qopt.why = "dead: [-128, 127] of 4 values in [0, 0]"}
    // expected-warning@+1 {{'dead' is dead: all of the 4 values that calibration saw are zero; it is stored with scale 1.000000e+00; give samples that reach it, or keep it in float}}
    %d = qopt.observe %x id "dead" : tensor<4xf32>
    // 2.55 in 255 steps from zero, with the constant at the end.
    // CHECK: id "constant" as !quant.uniform<i8:f32, 0.0099999{{[0-9]*}}:-128> {qopt.why = "constant: [0, 2.55] of 4 values in [2.55, 2.55]; 2 NaN and 3 infinite values left out"}
    %c = qopt.observe %x id "constant" : tensor<4xf32>
    // 1e-40: a step of it would be 3.9e-43.
    // CHECK: id "tiny" as !quant.uniform<i8:f32, 1.000000e+00> {qopt.no_range, qopt.why = "tiny: [-128, 127] of 1 values in [9.9999e-41, 9.9999e-41]"}
    // expected-warning-re@+1 {{'tiny' is tiny: its values are in [{{.*}}e-41, {{.*}}e-41], closer to zero than a scale can tell apart; all are stored as zero; scale the model, or keep it in float}}
    %t = qopt.observe %x id "tiny" : tensor<4xf32>
    // Nobody is told of an ordinary value.
    // CHECK: id "ordinary" as !quant.uniform<i8:f32, {{.*}}> {qopt.why = "{{min-max|mse|entropy-ort|moving-average}}: [
    %o = qopt.observe %x id "ordinary" : tensor<4xf32>
    // Without elements, in the table and not.
    // CHECK: id "empty" as !quant.uniform<i8:f32, 1.000000e+00> {qopt.no_range, qopt.why = "empty: it has no elements"}
    %e = qopt.observe %n id "empty" : tensor<0x4xf32>
    // CHECK: id "unknown" as !quant.uniform<i8:f32, 1.000000e+00> {qopt.no_range, qopt.why = "empty: it has no elements"}
    %f = qopt.observe %u id "unknown" : tensor<4x0xf32>
    return %d, %c, %t, %o : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
}

//--- table.json
{"format": "quant-opt calibration table", "version": 2, "tensors": [
 {"id": "constant", "min": 2.55, "max": 2.55, "zeros": 0, "nan": 2, "posInf": 1, "negInf": 2, "samples": 1, "minSum": "0xa33333p-22", "maxSum": "0xa33333p-22", "bins": [[16419, 4]]},
 {"id": "dead", "min": 0, "max": 0, "zeros": 4, "nan": 0, "posInf": 0, "negInf": 0, "samples": 1, "minSum": "0x0p+0", "maxSum": "0x0p+0", "bins": []},
 {"id": "empty", "type": "tensor<0x4xf32>", "min": 0, "max": 0, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": []},
 {"id": "ordinary", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "samples": 1, "minSum": "0x1p+1", "maxSum": "0x3p+1", "bins": [[16384, 3], [16576, 1]]},
 {"id": "tiny", "min": 1e-40, "max": 1e-40, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "samples": 1, "minSum": "0x8b61p-148", "maxSum": "0x8b61p-148", "bins": [[1, 1]]}
]}

//--- min-max.yaml
version: 1
activations: {method: min-max}
non-finite: ignore

//--- mse.yaml
version: 1
activations: {method: mse}
non-finite: ignore

//--- entropy-ort.yaml
version: 1
activations: {method: entropy-ort}
non-finite: ignore

//--- moving-average.yaml
version: 1
activations: {method: moving-average}
non-finite: ignore
