// Calibration on samples whose statistics are known: x is -1, 0, 2 and 3, and
// y = 2 x exactly.

// RUN: split-file %s %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[3,4]:-1,0,0,2,2,2,3,0,0,0,0,0'
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/x.npz config=%t/min-max.yaml table=%t/table.json" | FileCheck %s

// The table that is written says what was seen, and gives the same parameters.
// RUN: FileCheck %s --check-prefix=TABLE < %t/table.json
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/x.npz config=%t/min-max.yaml" -o %t/a.mlir
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/table.json config=%t/min-max.yaml" -o %t/b.mlir
// RUN: cmp %t/a.mlir %t/b.mlir
// TABLE: {"format":"quant-opt calibration table","version":3,
// TABLE-NEXT: "tensors":[
// TABLE-NEXT: {"id":"x","type":"tensor<1x4xf32>","min":-1,"max":3,"zeros":7,"nan":0,"posInf":0,"negInf":0,
// TABLE-NEXT: "bins":{{\[\[}}16384,3],[16448,1],[49024,1]]},
// TABLE-NEXT: {"id":"y","type":"tensor<1x4xf32>","min":-2,"max":6,"zeros":7,"nan":0,"posInf":0,"negInf":0,
// TABLE-NEXT: "bins":{{\[\[}}16512,3],[16576,1],[49152,1]]}
// TABLE-NEXT: ]}

// The order of the samples changes no byte; nor does a cut in two with `resume`.
// RUN: %python %S/../Inputs/npz.py make %t/shuffled.npz 'x=f32[3,4]:0,0,0,0,-1,0,0,2,2,2,3,0'
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/shuffled.npz table=%t/shuffled.json" -o /dev/null
// RUN: cmp %t/table.json %t/shuffled.json
// RUN: %python %S/../Inputs/npz.py make %t/first.npz 'x=f32[1,4]:-1,0,0,2'
// RUN: %python %S/../Inputs/npz.py make %t/rest.npz 'x=f32[2,4]:2,2,3,0,0,0,0,0'
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/first.npz table=%t/first.json" -o /dev/null
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/rest.npz table=%t/resumed.json resume=%t/first.json" -o /dev/null
// RUN: cmp %t/table.json %t/resumed.json

// A single array in a .npy file; NaN where the configuration ignores it.
// RUN: %python -c "import zipfile; open(r'%t/x.npy', 'wb').write(zipfile.ZipFile(r'%t/x.npz').read('x.npy'))"
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/x.npy config=%t/min-max.yaml" | FileCheck %s
// RUN: %python %S/../Inputs/npz.py make %t/nan.npz 'x=f32[3,4]:-1,nan,inf,2,2,2,3,-inf,0,0,0,0'
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/nan.npz config=%t/ignore.yaml" | FileCheck %s

// The mean of the samples' extrema, in any order: of [-1, 1], [-3, 2] and [0, 4] it is
// [-4/3, 7/3]. A sample of NaN has none.
// RUN: %python %S/../Inputs/npz.py make %t/mean.npz 'x=f32[3,4]:-1,1,0,0,-3,2,0,0,0,4,0,0'
// RUN: %python %S/../Inputs/npz.py make %t/turned.npz 'x=f32[4,4]:0,4,0,0,nan,nan,nan,nan,-3,2,0,0,-1,1,0,0'
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/mean.npz config=%t/moving-average.yaml table=%t/mean.json" | FileCheck %s --check-prefix=MEAN
// RUN: quant-opt %t/model.mlir --qopt-calibrate="data=%t/turned.npz config=%t/moving-average.yaml" | FileCheck %s --check-prefix=MEAN
// RUN: quant-opt %t/model.mlir --qopt-apply-calibration="table=%t/mean.json config=%t/moving-average.yaml" | FileCheck %s --check-prefix=MEAN
// MEAN: id "x" as !quant.uniform<i8:f32, 0.0143790850{{[0-9]*}}:-35>
// MEAN: id "y" as !quant.uniform<i8:f32, 0.0287581700{{[0-9]*}}:-35>

// What a contraction multiplies by its weights: the mean of each row of them, in any
// order of the samples.
// RUN: quant-opt %t/dense.mlir --qopt-calibrate="data=%t/x.npz table=%t/dense.json" | FileCheck %s --check-prefix=DENSE --implicit-check-not=qopt.observe_means
// RUN: quant-opt %t/dense.mlir --qopt-calibrate="data=%t/shuffled.npz table=%t/dense2.json" | FileCheck %s --check-prefix=DENSE
// RUN: quant-opt %t/dense.mlir --qopt-calibrate="data=%t/first.npz table=%t/first.json" -o /dev/null
// RUN: quant-opt %t/dense.mlir --qopt-calibrate="data=%t/rest.npz table=%t/dense3.json resume=%t/first.json" -o /dev/null
// RUN: cmp %t/dense.json %t/dense2.json
// RUN: cmp %t/dense.json %t/dense3.json
// RUN: FileCheck %s --check-prefix=MEANS < %t/dense.json
// DENSE: linalg.matmul {qopt.input_means = dense<[0.333333343, 0.666666686, 1.000000e+00, 0.666666686]> : tensor<4xf32>, qopt.name = "dense"}
// MEANS: "inputSamples":3,"inputSums":["0x1p+0","0x1p+1","0x3p+0","0x1p+1"],

//--- dense.mlir
func.func @dense(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x2xf32> {
  %w = arith.constant dense<0.5> : tensor<4x2xf32>
  %z = arith.constant dense<0.0> : tensor<1x2xf32>
  qopt.observe_means %x over [1] id "dense" : tensor<1x4xf32>
  %m = linalg.matmul {qopt.name = "dense"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

//--- model.mlir
// The module itself stays as it is but for the types.
// CHECK-LABEL: func @double
func.func @double(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
  // CHECK: %[[X:.*]] = qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 0.0156862754{{[0-9]*}}:-64>
  %o = qopt.observe %x id "x" : tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  // CHECK: linalg.add ins(%[[X]], %[[X]] :
  %y = linalg.add ins(%o, %o : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: qopt.observe %{{.*}} id "y" as !quant.uniform<i8:f32, 0.0313725508{{[0-9]*}}:-64>
  %oy = qopt.observe %y id "y" : tensor<1x4xf32>
  return %oy : tensor<1x4xf32>
}

//--- min-max.yaml
version: 1
activations: {method: min-max}

//--- moving-average.yaml
version: 1
activations: {method: moving-average}
non-finite: ignore

//--- ignore.yaml
version: 1
activations: {method: min-max}
non-finite: ignore
