// RUN: quant-opt %s --qopt-choose-entry=entry=outside -split-input-file -verify-diagnostics

// expected-error @below {{no public function 'outside' with a body in the module: it has 'encode', 'decode'}}
module {
  func.func @encode(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
  func.func @decode(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
  func.func private @outside(tensor<4xf32>)
}

// -----

// expected-error @below {{no public function 'outside' with a body in the module: it has none}}
module {
}
