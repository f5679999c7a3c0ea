// RUN: quant-opt %s --qopt-infer-shapes -verify-diagnostics | FileCheck %s

// What is really dynamic stays so, as do the results of functions that are called.

// CHECK-LABEL: func @dynamic
// CHECK: tensor.concat dim(0) %{{.*}}, %{{.*}} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
func.func @dynamic(%x: tensor<?x4xf32>, %y: tensor<2x4xf32>) -> tensor<?x4xf32> {
  %c = tensor.concat dim(0) %x, %y : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %c : tensor<?x4xf32>
}

// CHECK-LABEL: func private @callee(%{{.*}}: tensor<2xf32>) -> tensor<?xf32>
func.func private @callee(%x: tensor<2xf32>) -> tensor<?xf32> {
  %r = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  return %r : tensor<?xf32>
}

// CHECK-LABEL: func @caller(%{{.*}}: tensor<2xf32>) -> tensor<?xf32>
func.func @caller(%x: tensor<2xf32>) -> tensor<?xf32> {
  %r = call @callee(%x) : (tensor<2xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
