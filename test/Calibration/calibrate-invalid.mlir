// RUN: split-file %s %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[3,4]:-1,0,0,2,2,2,3,0,0,0,0,0'

// RUN: quant-opt %t/no-data.mlir --qopt-calibrate -verify-diagnostics
// RUN: quant-opt %t/no-file.mlir --qopt-calibrate="data=%t/none.npz" -verify-diagnostics
// RUN: quant-opt %t/unread.mlir --qopt-calibrate="data=%t/none.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py truncate %t/x.npz %t/cut.npz 60
// RUN: quant-opt %t/cut.mlir --qopt-calibrate="data=%t/cut.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py make %t/name.npz 'image=f32[3,5]:0'
// RUN: quant-opt %t/name.mlir --qopt-calibrate="data=%t/name.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py make %t/shape.npz 'x=f32[3,5]:0'
// RUN: quant-opt %t/shape.mlir --qopt-calibrate="data=%t/shape.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py make %t/dtype.npz 'x=f64[3,4]:0'
// RUN: quant-opt %t/dtype.mlir --qopt-calibrate="data=%t/dtype.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py make %t/nan.npz 'x=f32[3,4]:1,1,1,1,1,1,nan,1,1,1,1,1'
// RUN: quant-opt %t/nan.mlir --qopt-calibrate="data=%t/nan.npz" -verify-diagnostics
// RUN: %python %S/../Inputs/npz.py make %t/zero.npz 'x=f32[0,4]:0'
// RUN: quant-opt %t/zero.mlir --qopt-calibrate="data=%t/zero.npz" -verify-diagnostics

// NaN that the model itself makes: 0 / 0.
// RUN: quant-opt %t/makes-nan.mlir --qopt-calibrate="data=%t/x.npz" -verify-diagnostics

// A scheme that nothing of the model takes.
// RUN: quant-opt %t/no-contraction.mlir --qopt-quantize="config=%t/dynamic.yaml" -verify-diagnostics
// RUN: quant-opt %t/no-contraction.mlir --qopt-quantize="config=%t/weight-only.yaml" -verify-diagnostics

// Settings, the table to go on from, and the table to write.
// RUN: quant-opt %t/config.mlir --qopt-calibrate="data=%t/x.npz config=%t/bad.yaml" -verify-diagnostics
// RUN: quant-opt %t/resume.mlir --qopt-calibrate="data=%t/x.npz resume=%t/none.json" -verify-diagnostics
// RUN: quant-opt %t/resume-other.mlir --qopt-calibrate="data=%t/x.npz resume=%t/other.json" -verify-diagnostics
// RUN: quant-opt %t/unwritable.mlir --qopt-calibrate="data=%t/x.npz table=%t/none/table.json" -verify-diagnostics

// A failure writes neither the table nor the module.
// RUN: not quant-opt %t/plain.mlir --qopt-calibrate="data=%t/nan.npz table=%t/nan.json" -o %t/nan.out.mlir
// RUN: not ls %t/nan.json
// RUN: not ls %t/nan.out.mlir

//--- plain.mlir
func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
  %o = qopt.observe %x id "x" : tensor<1x4xf32>
  return %o : tensor<1x4xf32>
}

//--- no-data.mlir
// expected-error@+1 {{calibration needs samples: give data=FILE.npz with one array for each input}}
module {
}

//--- no-file.mlir
// expected-error-re@+1 {{none.npz': {{.*}}No such file}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

// Nothing asks for samples, but these were meant to be there.
//--- unread.mlir
// expected-error-re@+1 {{none.npz': {{.*}}No such file}}
module {
  func.func @f(%x: tensor<1x2xf32> {qopt.name = "x"}) -> tensor<1x2xf32> {
    %w = arith.constant dense<1.0> : tensor<2x2xf32>
    %z = arith.constant dense<0.0> : tensor<1x2xf32>
    %m = linalg.matmul {qopt.dynamic = #qopt.dynamic<>, qopt.name = "m"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
    return %m : tensor<1x2xf32>
  }
}

//--- cut.mlir
// expected-error-re@+1 {{cut.npz': }}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- name.mlir
// expected-error-re@+1 {{no array for input 'x' of 'f' (1x4xf32): the file holds image (float32[3x5]); add an array named 'x'}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- shape.mlir
// expected-error-re@+1 {{array 'x' is float32[3x5], but input 'x' of 'f' is 1x4xf32: give an array of shape [samples, 1, 4] or [samples, 4]}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- dtype.mlir
// expected-error-re@+1 {{array 'x' is float64[3x4], but input 'x' of 'f' is 1x4xf32: store the array as float32 (numpy: .astype(numpy.float32))}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- nan.mlir
// expected-error-re@+1 {{array 'x'{{.*}}NaN}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    %o = qopt.observe %x id "x" : tensor<1x4xf32>
    return %o : tensor<1x4xf32>
  }
}

//--- zero.mlir
// expected-error-re@+1 {{array 'x' holds no samples}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- makes-nan.mlir
func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  %y = linalg.div ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // expected-error@+1 {{'qopt.observe' op 'quotient' saw 7 NaN and 0 infinite values; mend the samples or the model, or set 'non-finite: ignore' in the configuration}}
  %o = qopt.observe %y id "quotient" : tensor<1x4xf32>
  return %o : tensor<1x4xf32>
}

//--- no-contraction.mlir
// expected-error@+1 {{the model has no contraction that the configuration's scheme applies to, so nothing of it would change; use it as it is, or give samples and 'scheme: static'}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    %e = tensor.empty() : tensor<1x4xf32>
    %r = linalg.exp ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    return %r : tensor<1x4xf32>
  }
}

//--- dynamic.yaml
version: 1
scheme: dynamic

//--- weight-only.yaml
version: 1
scheme: weight-only

//--- config.mlir
// expected-error-re@+1 {{bad.yaml:1:10: '2' is not a value of 'version'; allowed: 1}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

//--- resume.mlir
// expected-error-re@+1 {{cannot read calibration table '{{.*}}none.json': No such file or directory}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    %o = qopt.observe %x id "x" : tensor<1x4xf32>
    return %o : tensor<1x4xf32>
  }
}

//--- resume-other.mlir
// expected-error-re@+1 {{other.json:2:22: 'x' is tensor<1x5xf32> in the table and tensor<1x4xf32> in the model: the table was made for another model; give the one that belongs to it, or calibrate this model}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    %o = qopt.observe %x id "x" : tensor<1x4xf32>
    return %o : tensor<1x4xf32>
  }
}

//--- other.json
{"format": "quant-opt calibration table", "version": 1, "tensors": [
 {"id": "x", "type": "tensor<1x5xf32>", "min": 2, "max": 6, "zeros": 0, "nan": 0, "posInf": 0, "negInf": 0, "bins": [[16384, 3], [16576, 1]]}
]}

//--- unwritable.mlir
// expected-error-re@+1 {{cannot write calibration table '{{.*}}table.json': {{.*}}}}
module {
  func.func @f(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x4xf32> {
    %o = qopt.observe %x id "x" : tensor<1x4xf32>
    return %o : tensor<1x4xf32>
  }
}

//--- bad.yaml
version: 2
