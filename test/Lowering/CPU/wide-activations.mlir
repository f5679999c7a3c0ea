// Activations of 16 bits take their own kernel: pairs of products where the
// target has them, and never a multiplication of 32-bit lanes.
// RUN: quant-opt %s --qopt-lower-to-cpu="cpu=znver4" | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --qopt-lower-to-cpu="cpu=haswell" | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --qopt-lower-to-cpu="cpu=znver4 kernels=scalar" | FileCheck %s --check-prefix=SCALAR
// RUN: quant-compile %s --cpu=znver4 --emit=asm -o - | FileCheck %s --check-prefix=ASM

// VNNI: llvm.call_intrinsic "llvm.x86.avx512.vpdpwssd.512"
// AVX2: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// SCALAR-NOT: llvm.call_intrinsic
// ASM: vpdpwssd
// ASM-NOT: vpmulld
func.func @dense(%x: tensor<1x10xf32>) -> tensor<1x16xi32> {
  %w = arith.constant dense<[[-93, 18, 89, 78, 68, -111, -62, -97, -1, 67, -12, -7, 39, -30, 74, -74], [-103, -3, -120, 101, 86, -28, -17, 28, 68, 69, -127, 51, -13, -59, 57, 78], [-69, 24, 114, -101, 103, -46, -120, -122, -121, 39, 11, -125, 113, 98, -30, 48], [-72, 121, -19, 58, -120, 8, -71, 68, -15, 113, -1, 14, -68, -39, -68, 46], [-71, 67, -10, 116, -53, 110, -122, -21, 87, 107, 15, 109, 37, -102, -80, 34], [127, 58, 93, -52, -97, 63, -42, 102, 57, 122, 55, 1, 112, 120, -19, 2], [85, 106, 44, -79, -50, -55, 23, 122, 98, 0, 89, 113, 2, -27, 23, 91], [-119, -5, -65, 63, 77, -24, -21, 43, -83, -34, 13, 98, 52, 71, 45, 61], [-32, -105, -15, 42, 3, -100, 72, -86, 6, 88, -27, -33, -2, 60, -120, -7], [-116, -49, 53, 90, 124, 30, 24, 21, -27, 38, -84, -84, 1, -69, 124, -124]]> : tensor<10x16xi8>
  %q = qopt.quantize %x as !quant.uniform<i16:f32, 1.0e-3> : tensor<1x10xf32> -> tensor<1x10xi16>
  %empty = tensor.empty() : tensor<1x16xi32>
  %c7 = arith.constant 7 : i32
  %init = linalg.fill ins(%c7 : i32) outs(%empty : tensor<1x16xi32>) -> tensor<1x16xi32>
  %acc = linalg.matmul ins(%q, %w : tensor<1x10xi16>, tensor<10x16xi8>) outs(%init : tensor<1x16xi32>) -> tensor<1x16xi32>
  return %acc : tensor<1x16xi32>
}
