// RUN: split-file %s %t
// RUN: quant-opt %t/number.mlir --qopt-fix-input-shapes="input-shapes=1x4" -verify-diagnostics
// RUN: quant-opt %t/text.mlir --qopt-fix-input-shapes="input-shapes=1by4" -verify-diagnostics
// RUN: quant-opt %t/zero.mlir --qopt-fix-input-shapes="input-shapes=0x4" -verify-diagnostics
// RUN: quant-opt %t/size.mlir --qopt-fix-input-shapes="input-shapes=1x5" -verify-diagnostics
// RUN: quant-opt %t/scalar.mlir --qopt-fix-input-shapes="input-shapes=1" -verify-diagnostics
// RUN: quant-opt %t/several.mlir --qopt-fix-input-shapes="input-shapes=1x4" -verify-diagnostics

//--- number.mlir
// expected-error@+1 {{input-shapes has 1 shapes, and 'f' has 2 inputs}}
func.func @f(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) {
  return
}

//--- text.mlir
// expected-error@+1 {{input-shapes: '1by4' is no shape such as 1x3x224x224}}
func.func @f(%x: tensor<?x4xf32>) {
  return
}

//--- zero.mlir
// expected-error@+1 {{input-shapes: '0x4' is no shape such as 1x3x224x224}}
func.func @f(%x: tensor<?x4xf32>) {
  return
}

//--- size.mlir
// expected-error@+1 {{input-shapes: 1x5 does not fit input 0, a 'tensor<?x4xf32>'}}
func.func @f(%x: tensor<?x4xf32>) {
  return
}

//--- scalar.mlir
// expected-error@+1 {{input-shapes: 1 does not fit input 0, a 'f32'}}
func.func @f(%x: f32) {
  return
}

//--- several.mlir
// expected-error@+1 {{input-shapes is for the inputs of one model, and the module has 2 public functions; choose one by entry=NAME}}
module {
  func.func @f(%x: tensor<?x4xf32>) {
    return
  }
  func.func @g(%x: tensor<?x4xf32>) {
    return
  }
}
