// RUN: quant-opt %s --qopt-fit-accumulators --qopt-insert-qdq --qopt-fold-qdq --qopt-verify-quantized -verify-diagnostics

// What the model gives is not cut, and where that leaves no room in 32 bits the
// contraction stays in float.
func.func @given(%x: tensor<1x1024xf32>) -> tensor<1x2xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> final : tensor<1x1024xf32>
  %q = arith.constant dense<127> : tensor<1024x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<1024x2xi8> -> tensor<1024x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  // expected-remark@+1 {{'linalg.matmul' 'm' stays in float: its i32 accumulator could overflow with this bias and these weights}}
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// So many products that fewer steps than 255 would be left.
func.func @deep(%x: tensor<1x100000xf32>) -> tensor<1x1xf32> {
  %ox = qopt.observe %x id "y" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x100000xf32>
  %q = arith.constant dense<127> : tensor<100000x1xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2}> : tensor<100000x1xi8> -> tensor<100000x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  // expected-remark@+1 {{'linalg.matmul' 'n' stays in float: its i32 accumulator could overflow with this bias and these weights}}
  %m = linalg.matmul {qopt.integer, qopt.name = "n"} ins(%ox, %w : tensor<1x100000xf32>, tensor<100000x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m : tensor<1x1xf32>
}
