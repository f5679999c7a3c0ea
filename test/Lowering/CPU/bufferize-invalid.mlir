// RUN: quant-opt %s --allow-unregistered-dialect --qopt-bufferize -split-input-file -verify-diagnostics

func.func @unknown(%in: memref<4xf32>, %out: memref<4xf32>) {
  %x = bufferization.to_tensor %in restrict : memref<4xf32> to tensor<4xf32>
  // expected-error @+1 {{'foreign.op' op computes on tensors and has no form on buffers; write it as linalg or tensor operations, or lower it before}}
  %y = "foreign.op"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}
