// RUN: split-file %s %t
// RUN: quant-opt %t/remarks.mlir --qopt-verify-quantized -split-input-file -verify-diagnostics | FileCheck %t/remarks.mlir
// RUN: quant-opt %t/strict.mlir --qopt-verify-quantized="require-int8=true" -split-input-file -verify-diagnostics

//--- remarks.mlir
#id = affine_map<(d0, d1) -> (d0, d1)>

// One remark at each operation that stays, with its name and the reason that was
// given; the attributes of selection are gone afterwards.
// CHECK-LABEL: func @remarks
// CHECK-NOT: qopt.float
// CHECK-NOT: qopt.integer
func.func @remarks(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  // expected-remark@+1 {{'linalg.matmul' 'dense' stays in float: an operand of it was not calibrated}}
  %m = linalg.matmul {qopt.float = "an operand of it was not calibrated", qopt.name = "dense"} ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark@+1 {{'linalg.softmax' stays in float: softmax divides exponentials}}
  %s = linalg.softmax {qopt.float = "softmax divides exponentials"} dimension(1) ins(%m : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // Selected, but never folded.
  // expected-remark@+1 {{'linalg.generic' 'add' stays in float: it has no integer form}}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) attrs = {qopt.integer, qopt.name = "add"} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.addf %in, %in : f32
    linalg.yield %v : f32
  } -> tensor<2x2xf32>
  // An operation whose dialect says nothing to quantization.
  // expected-remark@+1 {{'math.atan' 'atan' stays in float: it does not implement QuantizableOpInterface}}
  %a = math.atan %r {qopt.name = "atan"} : tensor<2x2xf32>
  return %a : tensor<2x2xf32>
}

// -----

func.func @observer(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op is left after quantization; run qopt-insert-qdq and qopt-fold-qdq}}
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

func.func @fake_quant(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.fake_quant' op is left after quantization; run qopt-insert-qdq and qopt-fold-qdq}}
  %o = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}

//--- strict.mlir
// With require-int8 a contraction in float is an error wherever it stands, and other
// operations are where something quantized is made of what they compute.
func.func @inside(%x: tensor<2x2xf32>) -> tensor<2x2xi8> {
  %e = tensor.empty() : tensor<2x2xf32>
  // expected-error@+1 {{'linalg.softmax' 'attention' stays in float: softmax divides exponentials; the configuration requires int8}}
  %s = linalg.softmax {qopt.float = "softmax divides exponentials", qopt.name = "attention"} dimension(1) ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q = qopt.quantize %s as !quant.uniform<i8:f32, 3.90625e-3:-128> : tensor<2x2xf32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

func.func @contraction(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  // expected-error@+1 {{'linalg.matmul' 'dense' stays in float: the configuration keeps it in float; the configuration requires int8}}
  %m = linalg.matmul {qopt.float = "the configuration keeps it in float", qopt.name = "dense"} ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %m : tensor<2x2xf32>
}

// -----

// At the boundary it is a remark as before.
func.func @boundary(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %e = tensor.empty() : tensor<2x2xf32>
  // expected-remark@+1 {{'linalg.softmax' stays in float: softmax divides exponentials}}
  %s = linalg.softmax {qopt.float = "softmax divides exponentials"} dimension(1) ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %s : tensor<2x2xf32>
}
