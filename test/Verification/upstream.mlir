// Upstream's folder takes a pair for the identity. Nothing is written after an error,
// and the notes are programs.

// RUN: rm -rf %t && mkdir -p %t
// RUN: not quant-opt %s --qopt-verify-rewrites --canonicalize -o %t/out.mlir 2>&1 | FileCheck %s
// RUN: not ls %t/out.mlir
// RUN: quant-opt %s --canonicalize -o %t/out.mlir

// CHECK: upstream.mlir:[[#@LINE + 14]]:{{[0-9]+}}: error: 'canonicalize' changes numbers: {{[0-9]+}} of {{[0-9]+}} results on boundary and random inputs differ
// CHECK: note: first counterexample: %arg0[
// CHECK: note: before:
// CHECK-NEXT: func.func @before(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// CHECK: quant.qcast
// CHECK: quant.dcast
// CHECK: note: after:
// CHECK-NEXT: func.func @after(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: return %arg0
// CHECK: note: a pass that may change numbers says by how much: declareRewriteTolerance("canonicalize", ...)
// CHECK: remark: verified 1 rewrites: {{.*}} 1 changed numbers

func.func @pair(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.1>>
  %y = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 0.1>> to tensor<4xf32>
  %z = arith.addf %y, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}
