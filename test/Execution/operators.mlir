// The worked examples of operators in the numeric reference, as machine code: sums and
// products by D0, f32 and Q0, an average pool by its requantized sum, a softmax in f32, and
// the pair of products that instructions with 16-bit sums saturate. On every target.

// RUN: split-file %s %t
// RUN: %python %S/../Inputs/npz.py make %t/add.npz 'a=i8[1,4]:10,-10,127,15' 'b=i8[1,4]:20,-20,127,0' 'y=i8[1,4]:17,-17,127,5'
// RUN: quant-run %t/add.mlir --inputs=%t/add.npz --expected=y | FileCheck %s
// RUN: %python %S/../Inputs/targets.py %t/add.mlir %t/add.npz %t/add %targets
// RUN: %python %S/../Inputs/npz.py make %t/mul.npz 'a=i8[1,4]:7,7,-7,0' 'b=i8[1,4]:-9,9,-9,5' 'y=i8[1,4]:-25,25,25,0'
// RUN: quant-run %t/mul.mlir --inputs=%t/mul.npz --expected=y | FileCheck %s
// RUN: %python %S/../Inputs/targets.py %t/mul.mlir %t/mul.npz %t/mul %targets
// RUN: %python %S/../Inputs/npz.py make %t/pool.npz 'x=i8[1,3,4]:1,2,1,2,-1,-2,-1,-2,1,2,2,2' 'y=i8[1,3]:2,-2,2'
// RUN: quant-run %t/pool.mlir --inputs=%t/pool.npz --expected=y | FileCheck %s
// RUN: %python %S/../Inputs/targets.py %t/pool.mlir %t/pool.npz %t/pool %targets
// RUN: %python %S/../Inputs/npz.py make %t/pair.npz 'x=i8[1,1,64]:127' 'y=i32[1,1,16]:2072640'
// RUN: quant-run %t/pair.mlir --inputs=%t/pair.npz --expected=y | FileCheck %s
// RUN: %python %S/../Inputs/targets.py %t/pair.mlir %t/pair.npz %t/pair %targets
// RUN: %python %S/../Inputs/npz.py make %t/softmax.npz 'a=i8[1,2,4]:0,16,32,-128,7,7,7,7' 'b=i8[1,3]:100,0,0' 'c=i8[1,4]:1,2,3,4' \
// RUN:   'ya=i8[1,2,4]:-105,-65,42,-128,-64,-64,-64,-64' 'yb=i8[1,3]:127,-128,-128' 'yc=i8[1,4]:-102,-85,-57,-12'
// RUN: quant-run %t/softmax.mlir --inputs=%t/softmax.npz --expected=ya=0 | FileCheck %s
// RUN: quant-run %t/softmax.mlir --inputs=%t/softmax.npz --expected=yb=1 | FileCheck %s
// RUN: quant-run %t/softmax.mlir --inputs=%t/softmax.npz --expected=yc=2 | FileCheck %s
// RUN: %python %S/../Inputs/targets.py %t/softmax.mlir %t/softmax.npz %t/softmax %targets
// RUN: sed 's/^module/module attributes {qopt.numerics = #qopt.numerics<rounding = half_away>}/' %t/softmax.mlir > %t/away.mlir
// RUN: quant-run %t/away.mlir --inputs=%t/softmax.npz --expected=ya=0 | FileCheck %s
// RUN: quant-run %t/away.mlir --inputs=%t/softmax.npz --expected=yb=1 | FileCheck %s
// RUN: quant-run %t/away.mlir --inputs=%t/softmax.npz --expected=yc=2 | FileCheck %s
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

// TFLite's int8 softmax, whose result has the scale 1/256 and the zero point -128. Rows of
// s = 1/16: [0, 16, 32, -128] and four equal values; s = .1: [100, 0, 0]; s = .5:
// [1, 2, 3, 4]. f32 and either rounding give what fixed point gives there.
//--- softmax.mlir
module {
func.func @softmax(%a: tensor<2x4xi8> {qopt.name = "a"}, %b: tensor<3xi8> {qopt.name = "b"}, %c: tensor<4xi8> {qopt.name = "c"})
    -> (tensor<2x4xi8>, tensor<3xi8>, tensor<4xi8>) {
  %ax = qopt.dequantize %a as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x4xi8> -> tensor<2x4xf32>
  %ae = tensor.empty() : tensor<2x4xf32>
  %as = linalg.softmax dimension(1) ins(%ax : tensor<2x4xf32>) outs(%ae : tensor<2x4xf32>) -> tensor<2x4xf32>
  %ay = qopt.quantize %as as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<2x4xf32> -> tensor<2x4xi8>
  %bx = qopt.dequantize %b as !quant.uniform<i8:f32, 0.1> : tensor<3xi8> -> tensor<3xf32>
  %be = tensor.empty() : tensor<3xf32>
  %bs = linalg.softmax dimension(0) ins(%bx : tensor<3xf32>) outs(%be : tensor<3xf32>) -> tensor<3xf32>
  %by = qopt.quantize %bs as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<3xf32> -> tensor<3xi8>
  %cx = qopt.dequantize %c as !quant.uniform<i8:f32, 0.5> : tensor<4xi8> -> tensor<4xf32>
  %ce = tensor.empty() : tensor<4xf32>
  %cs = linalg.softmax dimension(0) ins(%cx : tensor<4xf32>) outs(%ce : tensor<4xf32>) -> tensor<4xf32>
  %cy = qopt.quantize %cs as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<4xf32> -> tensor<4xi8>
  return %ay, %by, %cy : tensor<2x4xi8>, tensor<3xi8>, tensor<4xi8>
}
}
