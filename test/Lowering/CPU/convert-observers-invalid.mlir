// RUN: quant-opt %s --qopt-convert-observers -split-input-file -verify-diagnostics

func.func @half(%x: tensor<4xf16>) -> tensor<4xf16> {
  // expected-error @+1 {{observes 'tensor<4xf16>'; the run-time library counts f32 only}}
  %a = qopt.observe %x id "x" : tensor<4xf16>
  return %a : tensor<4xf16>
}

// -----

func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{observes a value of dynamic shape 'tensor<?xf32>'}}
  %a = qopt.observe %x id "x" : tensor<?xf32>
  return %a : tensor<?xf32>
}

// -----

func.func @dynamic_means(%x: tensor<?x2xf32>) {
  // expected-error @+1 {{observes a value of dynamic shape 'tensor<?x2xf32>'}}
  qopt.observe_means %x over [1] id "x" : tensor<?x2xf32>
  return
}
