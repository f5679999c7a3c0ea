// Moves by listed positions, against the loops that they become: coordinates of several
// dimensions in any order, with and without the gathered dimensions in the result.

// RUN: quant-opt %s --qopt-verify-rewrites --qopt-convert-to-linalg -o /dev/null 2>&1 | FileCheck %s
// CHECK: remark: verified 4 rewrites: 1 on all inputs, 3 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

func.func @take(%x: tensor<3x4x5xf32>) -> tensor<2x4x3xf32> {
  %rows = arith.constant dense<[2, 0]> : tensor<2xi32>
  %columns = arith.constant dense<[4, 4, 1]> : tensor<3xi32>
  %y = qopt.take %x along [0, 2] at %rows, %columns : (tensor<3x4x5xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x4x3xf32>
  return %y : tensor<2x4x3xf32>
}

func.func @rows(%x: tensor<3x4xf32>) -> tensor<2x2x4xf32> {
  %at = arith.constant dense<[[[2], [0]], [[1], [1]]]> : tensor<2x2x1xindex>
  %y = tensor.gather %x[%at] gather_dims([0]) : (tensor<3x4xf32>, tensor<2x2x1xindex>) -> tensor<2x2x4xf32>
  return %y : tensor<2x2x4xf32>
}

func.func @kept(%x: tensor<3x4x5xf32>) -> tensor<2x1x4x1xf32> {
  %at = arith.constant dense<[[2, 4], [0, 3]]> : tensor<2x2xi32>
  %y = tensor.gather %x[%at] gather_dims([0, 2]) : (tensor<3x4x5xf32>, tensor<2x2xi32>) -> tensor<2x1x4x1xf32>
  return %y : tensor<2x1x4x1xf32>
}

func.func @element(%x: tensor<3x4xi8>) -> tensor<2xi8> {
  %at = arith.constant dense<[[2, 3], [0, 1]]> : tensor<2x2xi32>
  %y = tensor.gather %x[%at] gather_dims([0, 1]) : (tensor<3x4xi8>, tensor<2x2xi32>) -> tensor<2xi8>
  return %y : tensor<2xi8>
}
