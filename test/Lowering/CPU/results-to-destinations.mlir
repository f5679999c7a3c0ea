// RUN: quant-opt %s --qopt-results-to-destinations | FileCheck %s

// CHECK-LABEL: func @two
// CHECK-SAME: (%[[X:.*]]: memref<4xf32> {llvm.noalias}, %[[Y:.*]]: memref<4xf32> {llvm.noalias}, %[[Z:.*]]: memref<2x2xf32> {llvm.noalias}) {
// CHECK: %[[T:.*]] = bufferization.to_tensor %[[X]] restrict : memref<4xf32>
// CHECK: %[[E:.*]] = tensor.expand_shape %[[T]]
// CHECK: bufferization.materialize_in_destination %[[T]] in restrict writable %[[Y]]
// CHECK: bufferization.materialize_in_destination %[[E]] in restrict writable %[[Z]]
// CHECK: return{{$}}
func.func @two(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xf32>) {
  %y = tensor.expand_shape %x [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  return %x, %y : tensor<4xf32>, tensor<2x2xf32>
}
