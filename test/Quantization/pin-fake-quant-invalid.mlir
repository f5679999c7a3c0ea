// RUN: quant-opt %s --qopt-pin-fake-quant -verify-diagnostics

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has no name; run qopt-assign-names first}}
  %p = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5:3> : tensor<4xf32>
  return %p : tensor<4xf32>
}
