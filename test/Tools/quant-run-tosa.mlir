// A TOSA model runs as it is.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[2,4]:1,-2,3,-4,5,6,7,8' 'y=f32[2,4]:1.5,0,3.5,0,5.5,6.5,7.5,8.5'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s
// RUN: quant-compile %s --emit=llvm -o - | FileCheck %s --check-prefix=LLVM
// CHECK: SQNR             inf dB
// LLVM: define void @tosa(

func.func @tosa(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %half = "tosa.const"() {values = dense<0.5> : tensor<1x4xf32>} : () -> tensor<1x4xf32>
  %0 = tosa.add %x, %half : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = tosa.clamp %0 {min_val = 0.0 : f32, max_val = 1.0e+2 : f32}
      : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}
