// qopt.quantize as machine code against the numeric contract in Python: ties,
// saturation, NaN, infinities; signed, unsigned and narrow storage.

// RUN: %python %S/Inputs/reference.py quantize %t.npz
// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --expected=s8=0 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --expected=u8=1 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --expected=narrow=2 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --kernels=scalar --expected=s8=0 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --compare-kernels
// CHECK: max abs error    0

func.func @quantize(%x: tensor<256x4xf32> {qopt.name = "x"})
    -> (tensor<256x4xi8>, tensor<256x4xi8>, tensor<256x4xi8>) {
  %s8 = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3>
      : tensor<256x4xf32> -> tensor<256x4xi8>
  %u8 = qopt.quantize %x as !quant.uniform<u8:f32, 1.0e-1:128>
      : tensor<256x4xf32> -> tensor<256x4xi8>
  %narrow = qopt.quantize %x as !quant.uniform<i8<-7:7>:f32, 1.0e-1>
      : tensor<256x4xf32> -> tensor<256x4xi8>
  return %s8, %u8, %narrow : tensor<256x4xi8>, tensor<256x4xi8>, tensor<256x4xi8>
}
