// Example M1 of the numeric reference, run: the pairs in float, their integer form, and
// the integer form by vector kernels give what ONNX Runtime gives.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'a=i8[1,2,3]:10,-3,7,0,5,-128' 'y=i8[1,2,2]:0,-10,-128,127'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s --check-prefix=RAN
// RUN: quant-opt %s --qopt-fold-qdq --canonicalize -o %t.folded.mlir
// RUN: FileCheck %s --input-file=%t.folded.mlir
// RUN: quant-run %t.folded.mlir --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s --check-prefix=RAN
// RUN: quant-run %t.folded.mlir --inputs=%t.npz --expected=y --kernels=auto | FileCheck %s --check-prefix=RAN
// RAN: max abs error    0

// CHECK: linalg.matmul {{.*}} -> tensor<2x2xi32>
func.func @m1(%a: tensor<2x3xi8>) -> tensor<2x2xi8> {
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3], [127, -127]]> : tensor<3x2xi8>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<2x3xi8> -> tensor<2x3xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<3x2xi8> -> tensor<3x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q = qopt.quantize %m as !quant.uniform<i8:f32, 5.0e-1:-5> : tensor<2x2xf32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}
