// What is padded had the range of the values that it was padded to: -8 was stored as the
// least of these, and the model was wrong without a word.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[4,1,4]:0,1,0.5,-1,1,-0.25,0.75,0,-0.5,0.5,1,-1,0.25,1,0,-0.75' \
// RUN:   'y=f32[4,1,2]:-8,-9,-6.25,-8,-8,-9,-8.125,-8.75'
// RUN: quant-run %s --inputs=%t.npz --expected=y | FileCheck %s --check-prefix=FLOAT
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t.npz" -o %t.int8.mlir
// RUN: quant-run %t.int8.mlir --inputs=%t.npz --expected=y --compare-kernels | FileCheck %s
// FLOAT: max abs error    0
// CHECK: give the same bytes
// CHECK: SQNR             {{[45][0-9]\.}}

func.func @net(%x: tensor<1x4xf32> {qopt.name = "x"}) -> tensor<1x2xf32> {
  %low = arith.constant -8.0 : f32
  %w = arith.constant dense<[[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.5, 1.0]]> : tensor<5x2xf32>
  %init = arith.constant dense<0.0> : tensor<1x2xf32>
  %p = tensor.pad %x low[0, 1] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %low : f32
  } : tensor<1x4xf32> to tensor<1x5xf32>
  %r = linalg.matmul ins(%p, %w : tensor<1x5xf32>, tensor<5x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}
