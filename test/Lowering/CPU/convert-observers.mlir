// RUN: quant-opt %s --qopt-convert-observers | FileCheck %s

// One text for each id, in C's form.
// CHECK-DAG: llvm.mlir.global private constant @[[ID:.*]]("conv\00")
// CHECK-DAG: func.func private @qopt_observe_f32(!llvm.ptr, !llvm.ptr, i64)
// CHECK-LABEL: func @twice
// CHECK: %[[BUFFER:.*]] = bufferization.to_buffer %[[X:.*]] read_only
// CHECK: memref.extract_aligned_pointer_as_index %[[BUFFER]]
// CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[ID]]
// CHECK: %[[COUNT:.*]] = arith.constant 12 : i64
// CHECK: call @qopt_observe_f32(%[[TEXT]], %{{.*}}, %[[COUNT]])
// CHECK: call @qopt_observe_f32
// CHECK: return %[[X]]
func.func @twice(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %a = qopt.observe %x id "conv" : tensor<3x4xf32>
  %b = qopt.observe %a id "conv" : tensor<3x4xf32>
  return %b : tensor<3x4xf32>
}
