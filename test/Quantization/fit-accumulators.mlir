// RUN: quant-opt %s --qopt-fit-accumulators -split-input-file | FileCheck %s

// sum |w| is 127 * 1024 in each channel. 32767 times that leaves
// 32 bits, and (2^31 - 2) / 130048 is 16513.
// CHECK-LABEL: func @cut
// CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i16<-16513:16513>:f32, 0.00198{{[0-9]*}}>
func.func @cut(%x: tensor<1x1024xf32>) -> tensor<1x2xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x1024xf32>
  %q = arith.constant dense<-127> : tensor<1024x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<1024x2xi8> -> tensor<1024x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// The bias takes its part: 1e4 / (1e-3 * 1e-2) is 1e9, which falls as the steps grow:
// (2^31 - 2) / (130048 + 1e9 / 32767) is 13374.
// CHECK-LABEL: func @bias
// CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i16<-13374:13374>:f32,
func.func @bias(%x: tensor<1x1024xf32>) -> tensor<1x2xf32> {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x1024xf32>
  %q = arith.constant dense<127> : tensor<1024x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<1024x2xi8> -> tensor<1024x2xf32>
  %b = arith.constant dense<[[1.0, -1.0e+4]]> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%b : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// Values of one sign meet weights of both: sum w is 127 * 512 for either sign, and
// (2^31 - 2) / 65024 is 33026, so nothing is cut. Values that reach half as far below
// zero come to (65024 * 32767 + 65024 * 16384) / 32767 = 97537 a step: 22017 steps, and
// half as many.
// CHECK-LABEL: func @sides
// CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i16<0:32767>:f32, 1.000000e-03>
// CHECK: qopt.observe %{{.*}} id "y" as !quant.uniform<i16<-11008:22017>:f32, 0.00148{{[0-9]*}}>
func.func @sides(%x: tensor<1x1024xf32>, %y: tensor<1x1024xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<0:32767>:f32, 1.0e-3> : tensor<1x1024xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i16<-16384:32767>:f32, 1.0e-3> : tensor<1x1024xf32>
  %q = arith.constant dense<"0x7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F8181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181818181"> : tensor<1024x1xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2}> : tensor<1024x1xi8> -> tensor<1024x1xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x1024xf32>, tensor<1024x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  %n = linalg.matmul {qopt.integer, qopt.name = "n"} ins(%oy, %w : tensor<1x1024xf32>, tensor<1024x1xf32>) outs(%zero : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m, %n : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// What moves into the contraction is cut along with it, and what has room stays.
// CHECK-LABEL: func @moved
// CHECK: qopt.observe %arg0 id "x" as !quant.uniform<i16<-16513:16513>:f32, [[SCALE:0.00198[0-9]*]]>
// CHECK: %[[T:.*]] = linalg.transpose
// CHECK: qopt.observe %[[T]] id "t" as !quant.uniform<i16<-16513:16513>:f32, [[SCALE]]>
// CHECK: qopt.observe %arg1 id "y" as !quant.uniform<i16<-32767:32767>:f32, 1.000000e-03>
func.func @moved(%x: tensor<1024x1xf32>, %y: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1024x1xf32>
  %e = tensor.empty() : tensor<1x1024xf32>
  %t = linalg.transpose ins(%ox : tensor<1024x1xf32>) outs(%e : tensor<1x1024xf32>) permutation = [1, 0] {qopt.integer, qopt.name = "t"}
  %ot = qopt.observe %t id "t" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x1024xf32>
  %q = arith.constant dense<127> : tensor<1024x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<1024x2xi8> -> tensor<1024x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ot, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x2xf32>
  %q2 = arith.constant dense<127> : tensor<2x2xi8>
  %w2 = qopt.dequantize %q2 as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %n = linalg.matmul {qopt.integer, qopt.name = "n"} ins(%oy, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// Two activations: sqrt((2^31 - 2) / 64) is 5792. Beside one of 8 bits with zero point
// 28, which reaches 156: (2^31 - 2) / (64 * 156) is 215092, so there is room.
// CHECK-LABEL: func @product
// CHECK-DAG: id "x" as !quant.uniform<i16<-5792:5792>:f32,
// CHECK-DAG: id "y" as !quant.uniform<i16<-5792:5792>:f32,
// CHECK-DAG: id "z" as !quant.uniform<i16<-32767:32767>:f32,
// CHECK-DAG: id "b" as !quant.uniform<i8:f32, 1.000000e-01:28>
func.func @product(%x: tensor<1x64xf32>, %y: tensor<64x2xf32>, %z: tensor<1x64xf32>, %b: tensor<64x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x64xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<64x2xf32>
  %oz = qopt.observe %z id "z" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> : tensor<1x64xf32>
  %ob = qopt.observe %b id "b" as !quant.uniform<i8:f32, 1.0e-1:28> : tensor<64x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %oy : tensor<1x64xf32>, tensor<64x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.integer, qopt.name = "n"} ins(%oz, %ob : tensor<1x64xf32>, tensor<64x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// What the model gives stays; so does 8 bits.
// CHECK-LABEL: func @left
// CHECK: id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.000000e-03> final
// CHECK: id "y" as !quant.uniform<i8:f32, 1.000000e-03>
func.func @left(%x: tensor<1x1024xf32>, %y: tensor<1x1024xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %ox = qopt.observe %x id "x" as !quant.uniform<i16<-32767:32767>:f32, 1.0e-3> final : tensor<1x1024xf32>
  %oy = qopt.observe %y id "y" as !quant.uniform<i8:f32, 1.0e-3> : tensor<1x1024xf32>
  %q = arith.constant dense<-127> : tensor<1024x2xi8>
  %w = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-2, 1.0e-2}> : tensor<1024x2xi8> -> tensor<1024x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer, qopt.name = "m"} ins(%ox, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.integer, qopt.name = "n"} ins(%oy, %w : tensor<1x1024xf32>, tensor<1024x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}
