// Rewrites of ONNX Runtime that changed results, by the numbers of their issues. Each
// is rejected with a counterexample. The twin beside it, with the condition or the
// arithmetic that was missing, passes.

// RUN: split-file %s %t

// RUN: not quantopt-test-opt %t/ort-32132.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-32132 2>&1 | FileCheck %s --check-prefix=ORT-32132
// RUN: quantopt-test-opt %t/ort-32132.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-32132 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-32132-TWIN
// ORT-32132: ort-32132.mlir:7:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern AddByRatios: 6444 of 65536 results differ
// ORT-32132: note: first counterexample: %arg0[13] = 13, %arg1[13] = 0: element [13] is 7 before and 6 after
// ORT-32132-TWIN-NOT: error
// ORT-32132-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-25259.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-25259 2>&1 | FileCheck %s --check-prefix=ORT-25259
// RUN: quantopt-test-opt %t/ort-25259.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-25259 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-25259-TWIN
// ORT-25259: ort-25259.mlir:5:{{[0-9]+}}: error: 'test-rewrite' changes numbers: 2074 of 2336 results on boundary and random inputs differ
// ORT-25259: note: first counterexample: %arg0[6] = 0.00100000005: element [6] is 0 before and 0.00100000005 after
// ORT-25259-TWIN-NOT: error
// ORT-25259-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-28130.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-28130 2>&1 | FileCheck %s --check-prefix=ORT-28130
// RUN: quantopt-test-opt %t/ort-28130.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-28130 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-28130-TWIN
// ORT-28130: ort-28130.mlir:11:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern BiasUnderAlpha: 6144 of 8192 results on boundary and random inputs differ
// ORT-28130: note: first counterexample: %arg0 = 0, %arg1 = 0: element [0, 0] is 1 before and 2 after
// ORT-28130-TWIN-NOT: error
// ORT-28130-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-28448.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-28448 2>&1 | FileCheck %s --check-prefix=ORT-28448
// RUN: quantopt-test-opt %t/ort-28448.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-28448 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-28448-TWIN
// ORT-28448: ort-28448.mlir:10:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern InterpolateStored: 24490 of 65536 results differ
// ORT-28448: note: first counterexample: %arg0[3] = 3, %arg1[3] = 0: element [3] is 1 before and 0 after
// ORT-28448-TWIN-NOT: error
// ORT-28448-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-27845.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-27845 2>&1 | FileCheck %s --check-prefix=ORT-27845
// RUN: quantopt-test-opt %t/ort-27845.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-27845 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-27845-TWIN
// ORT-27845: ort-27845.mlir:4:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern PairBehindReshape: 768 of 1536 results differ
// ORT-27845: note: first counterexample: %arg0 = 0 but for [1, 2] = -71: element [5] is -0.709999979 before and 0 after
// ORT-27845-TWIN-NOT: error
// ORT-27845-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-28491.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-28491 2>&1 | FileCheck %s --check-prefix=ORT-28491
// RUN: quantopt-test-opt %t/ort-28491.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-28491 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-28491-TWIN
// ORT-28491: ort-28491.mlir:6:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern WeightsToUnsigned: 1 of 4 results differs
// ORT-28491: note: first counterexample: no inputs: element [0] is -15 before and 0 after
// ORT-28491-TWIN-NOT: error
// ORT-28491-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/ort-24711.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=ort-24711 2>&1 | FileCheck %s --check-prefix=ORT-24711
// RUN: quantopt-test-opt %t/ort-24711.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=ort-24711 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ORT-24711-TWIN
// ORT-24711: ort-24711.mlir:9:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern BiasIntoAccumulator: 6144 of 8192 results on boundary and random inputs differ
// ORT-24711: note: first counterexample: %arg0 = 0, %arg1 = 0: element [0, 0] is 0.5 before and 0.0078125 after
// ORT-24711-TWIN-NOT: error
// ORT-24711-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

//--- ort-32132.mlir
!a = !quant.uniform<i8:f32, 0.1>
!s = !quant.uniform<i8:f32, 0.2>
func.func @add(%a: tensor<1024xi8>, %b: tensor<1024xi8>) -> tensor<1024xi8> {
  %x = qopt.dequantize %a as !a : tensor<1024xi8> -> tensor<1024xf32>
  %y = qopt.dequantize %b as !a : tensor<1024xi8> -> tensor<1024xf32>
  %z = arith.addf %x, %y : tensor<1024xf32>
  %q = qopt.quantize %z as !s : tensor<1024xf32> -> tensor<1024xi8>
  return %q : tensor<1024xi8>
}

//--- ort-25259.mlir
!fine = !quant.uniform<i8:f32, 0.1>
!coarse = !quant.uniform<i8:f32, 0.25>
func.func @double_pair(%x: tensor<64xf32>) -> tensor<64xf32> {
  %a = qopt.quantize %x as !fine : tensor<64xf32> -> tensor<64xi8>
  %b = qopt.dequantize %a as !fine : tensor<64xi8> -> tensor<64xf32>
  %c = qopt.quantize %b as !coarse : tensor<64xf32> -> tensor<64xi8>
  %d = qopt.dequantize %c as !coarse : tensor<64xi8> -> tensor<64xf32>
  return %d : tensor<64xf32>
}
func.func @same_pair(%x: tensor<64xf32>) -> tensor<64xf32> {
  %a = qopt.quantize %x as !fine : tensor<64xf32> -> tensor<64xi8>
  %b = qopt.dequantize %a as !fine : tensor<64xi8> -> tensor<64xf32>
  %c = qopt.quantize %b as !fine : tensor<64xf32> -> tensor<64xi8>
  %d = qopt.dequantize %c as !fine : tensor<64xi8> -> tensor<64xf32>
  return %d : tensor<64xf32>
}

//--- ort-28130.mlir
!acc = !quant.uniform<i32:f32, 0.01>
!out = !quant.uniform<i8:f32, 0.5>
func.func @gemm(%a: tensor<1x8xi8>, %w: tensor<8x4xi8>) -> tensor<1x4xi8> {
  %zero = arith.constant dense<0> : tensor<1x4xi32>
  %bias = arith.constant dense<[[100, -200, 300, 0]]> : tensor<1x4xi32>
  %alpha = arith.constant dense<2.0> : tensor<1x4xf32>
  %m = linalg.matmul ins(%a, %w : tensor<1x8xi8>, tensor<8x4xi8>) outs(%zero : tensor<1x4xi32>) -> tensor<1x4xi32>
  %x = qopt.dequantize %m as !acc : tensor<1x4xi32> -> tensor<1x4xf32>
  %s = arith.mulf %x, %alpha : tensor<1x4xf32>
  %b = qopt.dequantize %bias as !acc : tensor<1x4xi32> -> tensor<1x4xf32>
  %y = arith.addf %s, %b : tensor<1x4xf32>
  %q = qopt.quantize %y as !out : tensor<1x4xf32> -> tensor<1x4xi8>
  return %q : tensor<1x4xi8>
}

//--- ort-28448.mlir
!one = !quant.uniform<i8:f32, 1.0>
func.func @resize(%x: tensor<32xi8>, %y: tensor<32xi8>) -> tensor<32xi8> {
  %near = arith.constant dense<0.75> : tensor<32xf32>
  %far = arith.constant dense<0.25> : tensor<32xf32>
  %a = qopt.dequantize %x as !one : tensor<32xi8> -> tensor<32xf32>
  %b = qopt.dequantize %y as !one : tensor<32xi8> -> tensor<32xf32>
  %l = arith.mulf %a, %near : tensor<32xf32>
  %r = arith.mulf %b, %far : tensor<32xf32>
  %s = arith.addf %l, %r : tensor<32xf32>
  %q = qopt.quantize %s as !one : tensor<32xf32> -> tensor<32xi8>
  return %q : tensor<32xi8>
}

//--- ort-27845.mlir
!w = !quant.uniform<i8:f32, 0.01>
func.func @reshape(%q: tensor<2x3xi8>) -> tensor<6xf32> {
  %x = qopt.dequantize %q as !w : tensor<2x3xi8> -> tensor<2x3xf32>
  %y = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  return %y : tensor<6xf32>
}

//--- ort-28491.mlir
!w = !quant.uniform<i8:f32, 0.5>
func.func @weights() -> tensor<4xf32> {
  %q = arith.constant dense<[-30, 0, 5, 127]> : tensor<4xi8>
  %x = qopt.dequantize %q as !w : tensor<4xi8> -> tensor<4xf32>
  %p = qopt.quantize %x as !w : tensor<4xf32> -> tensor<4xi8>
  %y = qopt.dequantize %p as !w : tensor<4xi8> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

//--- ort-24711.mlir
!acc = !quant.uniform<i32:f32, 0.0078125>
!other = !quant.uniform<i32:f32, 0.5>
func.func @bias(%a: tensor<1x8xi8>, %w: tensor<8x4xi8>) -> tensor<1x4xf32> {
  %zero = arith.constant dense<0> : tensor<1x4xi32>
  %bias = arith.constant dense<[[1, -2, 3, 0]]> : tensor<1x4xi32>
  %m = linalg.matmul ins(%a, %w : tensor<1x8xi8>, tensor<8x4xi8>) outs(%zero : tensor<1x4xi32>) -> tensor<1x4xi32>
  %x = qopt.dequantize %m as !acc : tensor<1x4xi32> -> tensor<1x4xf32>
  %b = qopt.dequantize %bias as !other : tensor<1x4xi32> -> tensor<1x4xf32>
  %y = arith.addf %x, %b : tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
func.func @bias_of_the_accumulator(%a: tensor<1x8xi8>, %w: tensor<8x4xi8>) -> tensor<1x4xf32> {
  %zero = arith.constant dense<0> : tensor<1x4xi32>
  %bias = arith.constant dense<[[1, -2, 3, 0]]> : tensor<1x4xi32>
  %m = linalg.matmul ins(%a, %w : tensor<1x8xi8>, tensor<8x4xi8>) outs(%zero : tensor<1x4xi32>) -> tensor<1x4xi32>
  %x = qopt.dequantize %m as !acc : tensor<1x4xi32> -> tensor<1x4xf32>
  %b = qopt.dequantize %bias as !acc : tensor<1x4xi32> -> tensor<1x4xf32>
  %y = arith.addf %x, %b : tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
