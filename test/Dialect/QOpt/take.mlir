// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK-LABEL: func @rows
// CHECK: qopt.take %{{.*}} along [2] at %{{.*}} : (tensor<1x8x4x4xf32>, tensor<6xi32>) -> tensor<1x8x6x4xf32>
func.func @rows(%x: tensor<1x8x4x4xf32>, %rows: tensor<6xi32>) -> tensor<1x8x6x4xf32> {
  %y = qopt.take %x along [2] at %rows : (tensor<1x8x4x4xf32>, tensor<6xi32>) -> tensor<1x8x6x4xf32>
  return %y : tensor<1x8x6x4xf32>
}

// CHECK-LABEL: func @both
// CHECK: qopt.take %{{.*}} along [0, 1] at %{{.*}}, %{{.*}} : (tensor<4x4xi8>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xi8>
func.func @both(%x: tensor<4x4xi8>, %p: tensor<2xi32>, %q: tensor<3xi32>) -> tensor<2x3xi8> {
  %y = qopt.take %x along [0, 1] at %p, %q : (tensor<4x4xi8>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}
