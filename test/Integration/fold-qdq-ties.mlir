// The tie case of ONNX Runtime: DQ + DQ -> Add -> Q with scales 0.1, 0.1 and 0.2, for
// which its optimized and its plain run differ in 6,444 of 65,536 pairs. Here the pairs
// in float and their integer form give the plain result for every pair, on every target.

// RUN: %python %S/Inputs/all-pairs.py %t.npz | FileCheck %s --check-prefix=PAIRS
// PAIRS: 6444 pairs

// RUN: quant-opt %s --qopt-fold-qdq --canonicalize -o %t.folded.mlir
// RUN: FileCheck %s --input-file=%t.folded.mlir
// RUN: quant-run %s --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s --check-prefix=RAN
// RUN: quant-run %t.folded.mlir --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s --check-prefix=RAN
// RAN: max abs error    0
// RUN: %python %S/../Inputs/targets.py %s %t.npz %t.float %targets | FileCheck %s --check-prefixes=SAME%if qemu-aarch64 %{,ARM%}
// RUN: %python %S/../Inputs/targets.py %t.folded.mlir %t.npz %t.folded %targets | FileCheck %s --check-prefixes=SAME%if qemu-aarch64 %{,ARM%}
// SAME: the same bytes on scalar, native
// ARM-SAME: cortex-a53, cortex-a76, neoverse-n2

// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<65536xi8>, tensor<65536xi8>)
#id = affine_map<(d0) -> (d0)>
func.func @add(%a: tensor<65536xi8>, %b: tensor<65536xi8>) -> tensor<65536xi8> {
  %e = tensor.empty() : tensor<65536xf32>
  %x = qopt.dequantize %a as !quant.uniform<i8:f32, 1.0e-1> : tensor<65536xi8> -> tensor<65536xf32>
  %y = qopt.dequantize %b as !quant.uniform<i8:f32, 1.0e-1> : tensor<65536xi8> -> tensor<65536xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %y : tensor<65536xf32>, tensor<65536xf32>) outs(%e : tensor<65536xf32>) attrs = {qopt.integer} {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %r = arith.addf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<65536xf32>
  %z = qopt.quantize %s as !quant.uniform<i8:f32, 2.0e-1> : tensor<65536xf32> -> tensor<65536xi8>
  return %z : tensor<65536xi8>
}
