// qopt.dequantize as machine code, on all 256 values of signed and unsigned
// storage, against the numeric contract in Python.

// RUN: %python %S/Inputs/reference.py dequantize %t.npz
// RUN: quant-run %s --inputs=%t.npz --expected=s8=0 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --expected=u8=1 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --compare-kernels
// CHECK: max abs error    0

func.func @dequantize(%q: tensor<64x4xi8> {qopt.name = "q"})
    -> (tensor<64x4xf32>, tensor<64x4xf32>) {
  %s8 = qopt.dequantize %q as !quant.uniform<i8:f32, 1.23e-2:-7>
      : tensor<64x4xi8> -> tensor<64x4xf32>
  %u8 = qopt.dequantize %q as !quant.uniform<u8:f32, 1.23e-2:200>
      : tensor<64x4xi8> -> tensor<64x4xf32>
  return %s8, %u8 : tensor<64x4xf32>, tensor<64x4xf32>
}
