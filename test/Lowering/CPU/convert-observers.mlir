// RUN: quant-opt %s --qopt-convert-observers | FileCheck %s

// What is averaged, at the end of the file.
// CHECK-DAG: llvm.mlir.global private constant @[[NCHW:.*]](dense<[2, 3, 16, 1]> : tensor<4xi64>)
// CHECK-DAG: llvm.mlir.global private constant @[[NHWC:.*]](dense<[32, 3]> : tensor<2xi64>)
// CHECK-DAG: llvm.mlir.global private constant @[[ALL:.*]](dense<[1, 96]> : tensor<2xi64>)
// CHECK-DAG: func.func private @qopt_observe_means_f32(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)

// One text for each id, in C's form.
// CHECK-DAG: llvm.mlir.global private constant @[[ID:.*]]("conv\00")
// CHECK-DAG: llvm.mlir.global private constant @[[TYPE:.*]]("tensor<3x4xf32>\00")
// CHECK-DAG: func.func private @qopt_observe_tensor_f32(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)
// CHECK-LABEL: func @twice
// CHECK: %[[BUFFER:.*]] = bufferization.to_buffer %[[X:.*]] read_only
// CHECK: memref.extract_aligned_pointer_as_index %[[BUFFER]]
// CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[ID]]
// CHECK: %[[KIND:.*]] = llvm.mlir.addressof @[[TYPE]]
// CHECK: %[[COUNT:.*]] = arith.constant 12 : i64
// CHECK: call @qopt_observe_tensor_f32(%[[TEXT]], %[[KIND]], %{{.*}}, %[[COUNT]])
// CHECK: call @qopt_observe_tensor_f32
// CHECK: return %[[X]]
func.func @twice(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %a = qopt.observe %x id "conv" : tensor<3x4xf32>
  %b = qopt.observe %a id "conv" : tensor<3x4xf32>
  return %b : tensor<3x4xf32>
}

// What is summed and what is kept, by turns: channels of NCHW, of NHWC, and all.
// CHECK-LABEL: func @means
func.func @means(%x: tensor<2x3x4x4xf32>, %y: tensor<2x4x4x3xf32>) {
  // CHECK: bufferization.to_buffer %{{.*}} read_only
  // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[ID]]
  // CHECK: %[[SIZES:.*]] = llvm.mlir.addressof @[[NCHW]]
  // CHECK: %[[PARTS:.*]] = arith.constant 2 : i64
  // CHECK: call @qopt_observe_means_f32(%[[TEXT]], %{{.*}}, %[[SIZES]], %[[PARTS]])
  qopt.observe_means %x over [1] id "conv" : tensor<2x3x4x4xf32>
  // CHECK: llvm.mlir.addressof @[[NHWC]]
  // CHECK: call @qopt_observe_means_f32
  qopt.observe_means %y over [3] id "conv" : tensor<2x4x4x3xf32>
  // CHECK: llvm.mlir.addressof @[[ALL]]
  // CHECK: call @qopt_observe_means_f32
  qopt.observe_means %y over [0, 1, 2, 3] id "conv" : tensor<2x4x4x3xf32>
  return
}
