// The worked examples of operators in the numeric reference, as machine code: sums and
// products by D0, f32 and Q0, an average pool by its requantized sum, and the pair of
// products that instructions with 16-bit sums saturate.

// RUN: split-file %s %t
// RUN: %python %S/../Inputs/npz.py make %t/add.npz 'a=i8[1,4]:10,-10,127,15' 'b=i8[1,4]:20,-20,127,0' 'y=i8[1,4]:17,-17,127,5'
// RUN: quant-run %t/add.mlir --inputs=%t/add.npz --expected=y | FileCheck %s
// RUN: quant-run %t/add.mlir --inputs=%t/add.npz --compare-kernels
// RUN: %python %S/../Inputs/npz.py make %t/mul.npz 'a=i8[1,4]:7,7,-7,0' 'b=i8[1,4]:-9,9,-9,5' 'y=i8[1,4]:-25,25,25,0'
// RUN: quant-run %t/mul.mlir --inputs=%t/mul.npz --expected=y | FileCheck %s
// RUN: quant-run %t/mul.mlir --inputs=%t/mul.npz --compare-kernels
// RUN: %python %S/../Inputs/npz.py make %t/pool.npz 'x=i8[1,3,4]:1,2,1,2,-1,-2,-1,-2,1,2,2,2' 'y=i8[1,3]:2,-2,2'
// RUN: quant-run %t/pool.mlir --inputs=%t/pool.npz --expected=y | FileCheck %s
// RUN: quant-run %t/pool.mlir --inputs=%t/pool.npz --compare-kernels
// RUN: %python %S/../Inputs/npz.py make %t/pair.npz 'x=i8[1,1,64]:127' 'y=i32[1,1,16]:2072640'
// RUN: quant-run %t/pair.mlir --inputs=%t/pair.npz --expected=y | FileCheck %s
// RUN: quant-run %t/pair.mlir --inputs=%t/pair.npz --compare-kernels
// CHECK: max abs error    0

// Scales .1 and .2 to .3: (10, 20) gives 17, (-10, -20) -17, (127, 127) 127, (15, 0) 5.
//--- add.mlir
#id = affine_map<(d0) -> (d0)>
func.func @add(%a: tensor<4xi8> {qopt.name = "a"}, %b: tensor<4xi8> {qopt.name = "b"}) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%a, %b : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%l: i8, %r: i8, %out: i8):
    %0 = qopt.dequantize %l as !quant.uniform<i8:f32, 0.1> : i8 -> f32
    %1 = qopt.dequantize %r as !quant.uniform<i8:f32, 0.2> : i8 -> f32
    %2 = arith.addf %0, %1 : f32
    %3 = qopt.quantize %2 as !quant.uniform<i8:f32, 0.3> : f32 -> i8
    linalg.yield %3 : i8
  } -> tensor<4xi8>
  return %y : tensor<4xi8>
}

// .1 * .2 to .05: 7 * -9 gives -25.
//--- mul.mlir
#id = affine_map<(d0) -> (d0)>
func.func @mul(%a: tensor<4xi8> {qopt.name = "a"}, %b: tensor<4xi8> {qopt.name = "b"}) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%a, %b : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%l: i8, %r: i8, %out: i8):
    %0 = qopt.dequantize %l as !quant.uniform<i8:f32, 0.1> : i8 -> f32
    %1 = qopt.dequantize %r as !quant.uniform<i8:f32, 0.2> : i8 -> f32
    %2 = arith.mulf %0, %1 : f32
    %3 = qopt.quantize %2 as !quant.uniform<i8:f32, 0.05> : f32 -> i8
    linalg.yield %3 : i8
  } -> tensor<4xi8>
  return %y : tensor<4xi8>
}

// Averages of four: sums of 6, -6 and 7 are 2, -2 and 2.
//--- pool.mlir
#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>
func.func @pool(%x: tensor<3x4xi8> {qopt.name = "x"}) -> tensor<3xi8> {
  %zeros = arith.constant dense<0> : tensor<3xi32>
  %sum = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<3x4xi8>) outs(%zeros : tensor<3xi32>) {
  ^bb0(%v: i8, %acc: i32):
    %0 = arith.extsi %v : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<3xi32>
  %y = qopt.requantize %sum from !quant.uniform<i32:f32, 1.0> to !quant.uniform<i8:f32, 4.0>
      : tensor<3xi32> -> tensor<3xi8>
  return %y : tensor<3xi8>
}

// [255, 255] times [127, 127] is 64770, not the 32767 of a 16-bit sum: an activation of
// 127 with zero point -128 is 255 on unsigned storage. 64 products are 32 such pairs.
//--- pair.mlir
func.func @pair(%x: tensor<1x64xi8> {qopt.name = "x"}) -> tensor<1x16xi32> {
  %w = arith.constant dense<127> : tensor<64x16xi8>
  // - z * sum(w) = 128 * 64 * 127.
  %init = arith.constant dense<1040384> : tensor<1x16xi32>
  %y = linalg.matmul ins(%x, %w : tensor<1x64xi8>, tensor<64x16xi8>) outs(%init : tensor<1x16xi32>) -> tensor<1x16xi32>
  return %y : tensor<1x16xi32>
}
