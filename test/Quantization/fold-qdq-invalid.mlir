// RUN: quant-opt %s --qopt-fold-qdq -split-input-file -verify-diagnostics | FileCheck %s

// Nothing is refused: an operation without an integer form after all stays in float,
// between its pairs, and `qopt.float` says why.

// CHECK-LABEL: func @unquantized_operand
// CHECK: linalg.matmul {qopt.float = "operand 0 of it is not quantized"}
func.func @unquantized_operand(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @weight_zero_point
// CHECK: linalg.matmul {qopt.float = "its weights have a zero point"}
func.func @weight_zero_point(%q: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2:1> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @unsigned
// CHECK: linalg.matmul {qopt.float = "its storage is unsigned, and the integer form reads signed values"}
func.func @unsigned(%q: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<u8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @wide
// CHECK: linalg.matmul {qopt.float = "its operands are not stored in 8 or 16 bits"}
func.func @wide(%q: tensor<1x2xi32>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i32:f32, 1.0e-1> : tensor<1x2xi32> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// 600 products of 16 and 8 bits may pass 2^31 where all weights are large; small
// weights never do.
// CHECK-LABEL: func @wide_and_deep
// CHECK: linalg.matmul {qopt.float = "its i32 accumulator could overflow with this bias and these weights"}
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<1x600xi16>, tensor<600x1xi8>)
func.func @wide_and_deep(%q: tensor<1x600xi16>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %zeros = arith.constant dense<0.0> : tensor<1x1xf32>
  %large = arith.constant dense<127> : tensor<600x1xi8>
  %small = arith.constant dense<12> : tensor<600x1xi8>
  %w = qopt.dequantize %large as !quant.uniform<i8:f32, 5.0e-2> : tensor<600x1xi8> -> tensor<600x1xf32>
  %v = qopt.dequantize %small as !quant.uniform<i8:f32, 5.0e-2> : tensor<600x1xi8> -> tensor<600x1xf32>
  %x = qopt.dequantize %q as !quant.uniform<i16:f32, 1.0e-1> : tensor<1x600xi16> -> tensor<1x600xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x600xf32>, tensor<600x1xf32>) outs(%zeros : tensor<1x1xf32>) -> tensor<1x1xf32>
  %n = linalg.matmul {qopt.integer} ins(%x, %v : tensor<1x600xf32>, tensor<600x1xf32>) outs(%zeros : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m, %n : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// Scales along the dimension that is summed cannot leave the sum.
// CHECK-LABEL: func @wrong_axis
// CHECK: linalg.matmul {qopt.float = "its weights are scaled along a dimension that is not the output channel"}
func.func @wrong_axis(%q: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32:0, {5.0e-2, 1.0e-1}> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @activation_per_axis
// CHECK: linalg.matmul {qopt.float = "its activation has a scale per axis"}
func.func @activation_per_axis(%q: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32:1, {1.0e-1, 2.0e-1}> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// An initial value that is computed.
// CHECK-LABEL: func @bias
// CHECK: linalg.matmul {qopt.float = "its initial value (bias) is not a constant"}
func.func @bias(%q: tensor<1x2xi8>, %init: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 5.0e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// A bias of 2^31 units, and a NaN, fit no accumulator.
// CHECK-LABEL: func @overflow
// CHECK: linalg.matmul {qopt.float = "its i32 accumulator could overflow with this bias and these weights"}
// CHECK: linalg.matmul {qopt.float = "its i32 accumulator could overflow with this bias and these weights"}
func.func @overflow(%q: tensor<1x2xi8>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %large = arith.constant dense<[[0.0, 2.2e+07]]> : tensor<1x2xf32>
  %nan = arith.constant dense<[[0.0, 0x7FC00000]]> : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 1.0e-1> : tensor<2x2xi8> -> tensor<2x2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%large : tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = linalg.matmul {qopt.integer} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%nan : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %m, %n : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// 33,026 products of two numbers of up to 255 may pass 2^31.
// CHECK-LABEL: func @long_product
// CHECK: linalg.matmul {qopt.float = "its i32 accumulator could overflow"}
// CHECK: linalg.matmul {qopt.float = "its initial value is not zero"}
func.func @long_product(%p: tensor<1x33026xi8>, %q: tensor<33026x1xi8>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %zeros = arith.constant dense<0.0> : tensor<1x1xf32>
  %ones = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = qopt.dequantize %p as !quant.uniform<i8:f32, 1.0e-1:127> : tensor<1x33026xi8> -> tensor<1x33026xf32>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:127> : tensor<33026x1xi8> -> tensor<33026x1xf32>
  %m = linalg.matmul {qopt.integer} ins(%x, %y : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%zeros : tensor<1x1xf32>) -> tensor<1x1xf32>
  %n = linalg.matmul {qopt.integer} ins(%x, %y : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%ones : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %m, %n : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func @different_parameters
// CHECK: tensor.concat {{.*}} {qopt.float = "its operands have different parameters"}
func.func @different_parameters(%p: tensor<1x2xi8>, %q: tensor<1x2xi8>) -> tensor<2x2xf32> {
  %x = qopt.dequantize %p as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 2.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %c = tensor.concat dim(0) %x, %y {qopt.integer} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
  return %c : tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func @padding
// CHECK: tensor.pad
// CHECK: } {qopt.float = "its padding value is not a constant"}
func.func @padding(%q: tensor<1x2xi8>, %value: f32) -> tensor<1x4xf32> {
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %p = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %value : f32
  } {qopt.integer} : tensor<1x2xf32> to tensor<1x4xf32>
  return %p : tensor<1x4xf32>
}

// -----

// CHECK-LABEL: func @maximum_start
// CHECK: linalg.pooling_nwc_max {{.*}}qopt.float = "its initial value is not a constant"
// CHECK: linalg.pooling_nwc_max {{.*}}qopt.float = "its storage is unsigned, and the integer form compares signed values"
func.func @maximum_start(%q: tensor<1x2x1xi8>, %init: tensor<1x1x1xf32>) -> (tensor<1x1x1xf32>, tensor<1x1x1xf32>) {
  %low = arith.constant dense<0xFF800000> : tensor<1x1x1xf32>
  %window = tensor.empty() : tensor<2xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x2x1xi8> -> tensor<1x2x1xf32>
  %u = qopt.dequantize %q as !quant.uniform<u8:f32, 1.0e-1:3> : tensor<1x2x1xi8> -> tensor<1x2x1xf32>
  %m = linalg.pooling_nwc_max {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%x, %window : tensor<1x2x1xf32>, tensor<2xf32>) outs(%init : tensor<1x1x1xf32>) -> tensor<1x1x1xf32>
  %n = linalg.pooling_nwc_max {qopt.integer, dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>} ins(%u, %window : tensor<1x2x1xf32>, tensor<2xf32>) outs(%low : tensor<1x1x1xf32>) -> tensor<1x1x1xf32>
  return %m, %n : tensor<1x1x1xf32>, tensor<1x1x1xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// A clamp that excludes zero keeps its body: a zero point lies in the storage range. A
// pair is no identity: it rounds.
// CHECK-LABEL: func @kept
// CHECK: qopt.lookup
// CHECK: qopt.quantize
// CHECK: qopt.dequantize
func.func @kept(%q: tensor<4xi8>, %y: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xf32>) {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {qopt.integer} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %one : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %qy = qopt.quantize %y as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %dy = qopt.dequantize %qy as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  return %s, %dy : tensor<4xi8>, tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Operations that are not selected compute in float, untouched.
// CHECK-LABEL: func @unselected
// CHECK: qopt.dequantize
// CHECK: linalg.generic
// CHECK: arith.maximumf
// CHECK: qopt.quantize
func.func @unselected(%q: tensor<4xi8>) -> tensor<4xi8> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {qopt.float = "no"} {
  ^bb0(%in: f32, %out: f32):
    %v = arith.maximumf %in, %zero : f32
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %s : tensor<4xi8>
}
