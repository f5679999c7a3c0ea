// RUN: %python %S/../Inputs/npz.py make %t.npz shape=f32[2]:1 type=f64[]:1 negative=f32[]:-0.5 nan=f32[1]:nan half=f32[]:0.5 far=f32[]:200
// RUN: quant-opt %s --qopt-freeze-parameters=values=%t.npz -verify-diagnostics -split-input-file
// RUN: not quant-opt %s --qopt-import -split-input-file 2>&1 | FileCheck %s
// CHECK: error: 'func.func' op parameter 'missing' has no value; run qopt-freeze-parameters with values=FILE.npz first
// RUN: not quant-opt %s --qopt-freeze-parameters=values=%t.none.npz -split-input-file 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: {{.*}}none.npz

// expected-error @+1 {{parameter 'missing' has no array in}}
func.func @missing(%s: tensor<f32> {qopt.name = "missing", qopt.parameter = {kind = "scale"}}) {
  return
}

// -----

// expected-error-re @+1 {{parameter 'shape' is 'tensor<f32>', but '{{.*}}' holds float32[2] for it}}
func.func @shape(%s: tensor<f32> {qopt.name = "shape", qopt.parameter = {kind = "scale"}}) {
  return
}

// -----

// expected-error-re @+1 {{parameter 'type' is 'tensor<f32>', but '{{.*}}' holds float64[] for it}}
func.func @type(%s: tensor<f32> {qopt.name = "type", qopt.parameter = {kind = "scale"}}) {
  return
}

// -----

// expected-error @+1 {{parameter 'negative' holds -0.5; a scale is positive: keep it above 2^-23 while it is trained}}
func.func @negative(%s: tensor<f32> {qopt.name = "negative", qopt.parameter = {kind = "scale"}}) {
  return
}

// -----

// expected-error @+1 {{parameter 'nan' holds nan; train without NaN and infinities}}
func.func @nan(%s: tensor<1xf32> {qopt.name = "nan", qopt.parameter = {kind = "weights"}}) {
  return
}

// -----

// expected-error @+1 {{parameter 'half' holds 0.5; round zero points to whole numbers of their range}}
func.func @half(%z: tensor<f32> {qopt.name = "half", qopt.parameter = {kind = "zero_point", min = -128 : i64, max = 127 : i64}}) {
  return
}

// -----

// expected-error @+1 {{parameter 'far' holds 200; round zero points to whole numbers of their range}}
func.func @far(%z: tensor<f32> {qopt.name = "far", qopt.parameter = {kind = "zero_point", min = -128 : i64, max = 127 : i64}}) {
  return
}

// -----

// expected-error @+1 {{argument 0 is a parameter, so it takes a qopt.name and a type of f32 elements and static shape, not 'tensor<?xf32>'}}
func.func @dynamic(%s: tensor<?xf32> {qopt.name = "half", qopt.parameter = {kind = "weights"}}) {
  return
}
