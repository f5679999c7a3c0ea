// Rewrites that everybody writes once. Each is rejected with a counterexample; the
// twin beside it passes.

// RUN: split-file %s %t

// RUN: not quantopt-test-opt %t/fold-pair.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=fold-pair 2>&1 | FileCheck %s --check-prefix=FOLD-PAIR
// RUN: quantopt-test-opt %t/fold-pair.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=fold-pair sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=FOLD-PAIR-TWIN
// FOLD-PAIR: fold-pair.mlir:4:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern FoldPair: 2074 of 2336 results on boundary and random inputs differ
// FOLD-PAIR: note: first counterexample: %arg0[6] = 0.00100000005: element [6] is 0 before and 0.00100000005 after
// FOLD-PAIR-TWIN-NOT: error
// FOLD-PAIR-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/fold-other-scale.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=fold-other-scale 2>&1 | FileCheck %s --check-prefix=FOLD-OTHER-SCALE
// RUN: quantopt-test-opt %t/fold-other-scale.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=fold-other-scale sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=FOLD-OTHER-SCALE-TWIN
// FOLD-OTHER-SCALE: fold-other-scale.mlir:5:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern FoldOtherScale: 252 of 256 results differ
// FOLD-OTHER-SCALE: note: first counterexample: %arg0[0] = 0: element [0] is -9 before and 0 after
// FOLD-OTHER-SCALE-TWIN-NOT: error
// FOLD-OTHER-SCALE-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/truncate.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=truncate 2>&1 | FileCheck %s --check-prefix=TRUNCATE
// RUN: quantopt-test-opt %t/truncate.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=truncate sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=TRUNCATE-TWIN
// TRUNCATE: truncate.mlir:3:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern Truncate: 879 of 2336 results on boundary and random inputs differ
// TRUNCATE: note: first counterexample: %arg0[7] = -0.00100000005: element [7] is 3 before and 2 after
// TRUNCATE-TWIN-NOT: error
// TRUNCATE-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/clamp-late.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=clamp-late 2>&1 | FileCheck %s --check-prefix=CLAMP-LATE
// RUN: quantopt-test-opt %t/clamp-late.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=clamp-late sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=CLAMP-LATE-TWIN
// CLAMP-LATE: clamp-late.mlir:3:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern ClampLate: 2 of 2336 results on boundary and random inputs differ
// CLAMP-LATE: note: first counterexample: %arg0[26] = 1e+10: element [26] is 127 before and -128 after
// CLAMP-LATE-TWIN-NOT: error
// CLAMP-LATE-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/drop-relu.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=drop-relu 2>&1 | FileCheck %s --check-prefix=DROP-RELU
// RUN: quantopt-test-opt %t/drop-relu.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=drop-relu sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=DROP-RELU-TWIN
// DROP-RELU: drop-relu.mlir:5:{{[0-9]+}}: error: 'test-rewrite' changes numbers: 640 of 1296 results on boundary and random inputs differ
// DROP-RELU: note: first counterexample: %arg0[2] = -1: element [2] is 0 before and -1 after
// DROP-RELU-TWIN-NOT: error
// DROP-RELU-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/pad-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=pad-stored 2>&1 | FileCheck %s --check-prefix=PAD-STORED
// RUN: quantopt-test-opt %t/pad-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=pad-stored sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=PAD-STORED-TWIN
// PAD-STORED: pad-stored.mlir:9:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern PadStored: 512 of 1536 results differ
// PAD-STORED: note: first counterexample: %arg0 = 0: element [0] is 3 before and 0 after
// PAD-STORED-TWIN-NOT: error
// PAD-STORED-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/average-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=average-stored 2>&1 | FileCheck %s --check-prefix=AVERAGE-STORED
// RUN: quantopt-test-opt %t/average-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=average-stored sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=AVERAGE-STORED-TWIN
// AVERAGE-STORED: average-stored.mlir:9:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern AverageStored: 1802 of 8192 results on boundary and random inputs differ
// AVERAGE-STORED: note: first counterexample: %arg0 = 0 but for [0, 3, 2, 0] = 127: element [0, 1, 1, 0] is 32 before and 31 after
// AVERAGE-STORED-TWIN-NOT: error
// AVERAGE-STORED-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/rescale-in-32.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=rescale-in-32 2>&1 | FileCheck %s --check-prefix=RESCALE-IN-32
// RUN: quantopt-test-opt %t/rescale-in-32.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=rescale-in-32 sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=RESCALE-IN-32-TWIN
// RESCALE-IN-32: rescale-in-32.mlir:7:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern RescaleIn32: 1403 of 4290 results on boundary and random inputs differ
// RESCALE-IN-32: note: first counterexample: %arg0[39] = 131071: element [39] is 92679 before and -38393 after
// RESCALE-IN-32-TWIN-NOT: error
// RESCALE-IN-32-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/concat-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=concat-stored 2>&1 | FileCheck %s --check-prefix=CONCAT-STORED
// RUN: quantopt-test-opt %t/concat-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=concat-stored sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=CONCAT-STORED-TWIN
// CONCAT-STORED: concat-stored.mlir:7:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern ConcatStored: 1518 of 3072 results differ
// CONCAT-STORED: note: first counterexample: %arg0 = 0, %arg1 = 0: element [0, 3] is -8 before and 0 after
// CONCAT-STORED-TWIN-NOT: error
// CONCAT-STORED-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/transpose-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=transpose-stored 2>&1 | FileCheck %s --check-prefix=TRANSPOSE-STORED
// RUN: quantopt-test-opt %t/transpose-stored.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=transpose-stored sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=TRANSPOSE-STORED-TWIN
// TRANSPOSE-STORED: transpose-stored.mlir:5:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern TransposeStored: 510 of 1024 results differ
// TRANSPOSE-STORED: note: first counterexample: %arg0 = 0 but for [1, 0] = 74: element [0, 1] is 14.8000002 before and 7.4000001 after
// TRANSPOSE-STORED-TWIN-NOT: error
// TRANSPOSE-STORED-TWIN: remark: verified 1 rewrites: 1 on all inputs, 0 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

// RUN: not quantopt-test-opt %t/swap.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite=pattern=swap 2>&1 | FileCheck %s --check-prefix=SWAP
// RUN: quantopt-test-opt %t/swap.mlir --mlir-disable-threading --qopt-verify-rewrites \
// RUN:   --test-rewrite="pattern=swap sound" -o /dev/null 2>&1 | FileCheck %s --check-prefix=SWAP-TWIN
// SWAP: swap.mlir:4:{{[0-9]+}}: error: 'test-rewrite' changes numbers by the pattern SwapInPlace: 8820 of 12288 results on boundary and random inputs differ
// SWAP: note: first counterexample: %arg0 = 0: element [0] is 0 before and 0.5 after
// SWAP-TWIN-NOT: error
// SWAP-TWIN: remark: verified 1 rewrites: 0 on all inputs, 1 on boundary and random inputs, 0 of passes without a bound, 0 could not be checked, 0 changed numbers

//--- fold-pair.mlir
!t = !quant.uniform<i8:f32, 0.1:3>
func.func @pair(%x: tensor<64xf32>) -> tensor<64xf32> {
  %q = qopt.quantize %x as !t : tensor<64xf32> -> tensor<64xi8>
  %y = qopt.dequantize %q as !t : tensor<64xi8> -> tensor<64xf32>
  return %y : tensor<64xf32>
}
func.func @of_stored(%q: tensor<64xi8>) -> tensor<64xf32> {
  %x = qopt.dequantize %q as !t : tensor<64xi8> -> tensor<64xf32>
  %p = qopt.quantize %x as !t : tensor<64xf32> -> tensor<64xi8>
  %y = qopt.dequantize %p as !t : tensor<64xi8> -> tensor<64xf32>
  return %y : tensor<64xf32>
}

//--- fold-other-scale.mlir
!from = !quant.uniform<i8:f32, 0.1:3>
!to = !quant.uniform<i8:f32, 0.07:-5>
func.func @other_scale(%q: tensor<100xi8>) -> tensor<100xi8> {
  %x = qopt.dequantize %q as !from : tensor<100xi8> -> tensor<100xf32>
  %p = qopt.quantize %x as !to : tensor<100xf32> -> tensor<100xi8>
  return %p : tensor<100xi8>
}

//--- truncate.mlir
!t = !quant.uniform<i8:f32, 0.1:3>
func.func @truncate(%x: tensor<64xf32>) -> tensor<64xi8> {
  %q = qopt.quantize %x as !t : tensor<64xf32> -> tensor<64xi8>
  return %q : tensor<64xi8>
}

//--- clamp-late.mlir
!t = !quant.uniform<i8:f32, 0.1:3>
func.func @clamp_late(%x: tensor<64xf32>) -> tensor<64xi8> {
  %q = qopt.quantize %x as !t : tensor<64xf32> -> tensor<64xi8>
  return %q : tensor<64xi8>
}

//--- drop-relu.mlir
!middle = !quant.uniform<i8:f32, 0.1:3>
!bottom = !quant.uniform<i8:f32, 0.1:-128>
func.func @middle(%x: tensor<64xf32>) -> tensor<64xi8> {
  %zero = arith.constant dense<0.0> : tensor<64xf32>
  %r = arith.maximumf %x, %zero : tensor<64xf32>
  %q = qopt.quantize %r as !middle : tensor<64xf32> -> tensor<64xi8>
  return %q : tensor<64xi8>
}
func.func @bottom(%x: tensor<64xf32>) -> tensor<64xi8> {
  %zero = arith.constant dense<0.0> : tensor<64xf32>
  %r = arith.maximumf %x, %zero : tensor<64xf32>
  %q = qopt.quantize %r as !bottom : tensor<64xf32> -> tensor<64xi8>
  return %q : tensor<64xi8>
}

//--- pad-stored.mlir
!t = !quant.uniform<i8:f32, 0.1:3>
func.func @pad(%q: tensor<4xi8>) -> tensor<6xi8> {
  %zero = arith.constant 0.0 : f32
  %x = qopt.dequantize %q as !t : tensor<4xi8> -> tensor<4xf32>
  %y = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  %p = qopt.quantize %y as !t : tensor<6xf32> -> tensor<6xi8>
  return %p : tensor<6xi8>
}

//--- average-stored.mlir
!t = !quant.uniform<i8:f32, 0.5>
func.func @average(%q: tensor<1x4x4x1xi8>) -> tensor<1x2x2x1xi8> {
  %quarter = arith.constant dense<0.25> : tensor<1x2x2x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2x2x1xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %x = qopt.dequantize %q as !t : tensor<1x4x4x1xi8> -> tensor<1x4x4x1xf32>
  %s = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%x, %window : tensor<1x4x4x1xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %m = arith.mulf %s, %quarter : tensor<1x2x2x1xf32>
  %p = qopt.quantize %m as !t : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xi8>
  return %p : tensor<1x2x2x1xi8>
}

//--- rescale-in-32.mlir
func.func @accumulator(%x: tensor<64xi32>) -> tensor<64xi32> {
  %m = arith.constant dense<23170> : tensor<64xi64>
  %s = arith.constant dense<15> : tensor<64xi64>
  %w = arith.extsi %x : tensor<64xi32> to tensor<64xi64>
  %p = arith.muli %w, %m : tensor<64xi64>
  %h = arith.shrsi %p, %s : tensor<64xi64>
  %y = arith.trunci %h : tensor<64xi64> to tensor<64xi32>
  return %y : tensor<64xi32>
}
func.func @stored(%x: tensor<64xi8>) -> tensor<64xi32> {
  %m = arith.constant dense<23170> : tensor<64xi64>
  %s = arith.constant dense<15> : tensor<64xi64>
  %w = arith.extsi %x : tensor<64xi8> to tensor<64xi64>
  %p = arith.muli %w, %m : tensor<64xi64>
  %h = arith.shrsi %p, %s : tensor<64xi64>
  %y = arith.trunci %h : tensor<64xi64> to tensor<64xi32>
  return %y : tensor<64xi32>
}

//--- concat-stored.mlir
!fine = !quant.uniform<i8:f32, 0.1>
!coarse = !quant.uniform<i8:f32, 0.25:3>
func.func @concat(%a: tensor<2x3xi8>, %b: tensor<2x3xi8>) -> tensor<2x6xi8> {
  %x = qopt.dequantize %a as !fine : tensor<2x3xi8> -> tensor<2x3xf32>
  %y = qopt.dequantize %b as !coarse : tensor<2x3xi8> -> tensor<2x3xf32>
  %c = tensor.concat dim(1) %x, %y : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %q = qopt.quantize %c as !fine : tensor<2x6xf32> -> tensor<2x6xi8>
  return %q : tensor<2x6xi8>
}

//--- transpose-stored.mlir
!t = !quant.uniform<i8:f32:0, {0.1, 0.2}>
func.func @transpose(%q: tensor<2x2xi8>) -> tensor<2x2xf32> {
  %x = qopt.dequantize %q as !t : tensor<2x2xi8> -> tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %y = linalg.transpose ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  return %y : tensor<2x2xf32>
}

//--- swap.mlir
func.func @swap(%x: tensor<2x3xf32>) -> tensor<6xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  %r = arith.maximumf %x, %zero : tensor<2x3xf32>
  %y = tensor.collapse_shape %r [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  return %y : tensor<6xf32>
}
