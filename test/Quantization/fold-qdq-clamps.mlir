// RUN: quant-opt %s --qopt-fold-qdq --canonicalize -split-input-file | FileCheck %s

// A clamp behind an accumulator, in each spelling, is a narrower storage range of its
// requantization: with scale 1/16 and zero point -5, 0 is -5, 6 is 91 and -1
// is -21. test/Integration/fold-qdq-exact.test runs the functions; their scales are powers
// of two, so that ties are ties in float too.

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Relu by maximumf.
// CHECK-LABEL: func @relu_maximumf
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_maximumf(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maximumf %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Relu by maxnumf.
// CHECK-LABEL: func @relu_maxnumf
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_maxnumf(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maxnumf %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// The bound first.
// CHECK-LABEL: func @relu_reversed
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_reversed(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maximumf %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x ogt 0 ? x : 0, as torch-mlir writes relu.
// CHECK-LABEL: func @relu_ogt
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_ogt(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ogt, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x oge 0 ? x : 0, as torch-mlir writes relu.
// CHECK-LABEL: func @relu_oge
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_oge(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf oge, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x ugt 0 ? x : 0, as torch-mlir writes relu.
// CHECK-LABEL: func @relu_ugt
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_ugt(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ugt, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x uge 0 ? x : 0, as torch-mlir writes relu.
// CHECK-LABEL: func @relu_uge
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_uge(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf uge, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x olt 0 ? 0 : x.
// CHECK-LABEL: func @relu_olt
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_olt(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf olt, %x, %zero : f32
    %r = arith.select %c, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x ole 0 ? 0 : x.
// CHECK-LABEL: func @relu_ole
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_ole(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ole, %x, %zero : f32
    %r = arith.select %c, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x ult 0 ? 0 : x.
// CHECK-LABEL: func @relu_ult
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_ult(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ult, %x, %zero : f32
    %r = arith.select %c, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// x ule 0 ? 0 : x.
// CHECK-LABEL: func @relu_ule
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_ule(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ule, %x, %zero : f32
    %r = arith.select %c, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// 0 olt x ? x : 0.
// CHECK-LABEL: func @relu_constant_first
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu_constant_first(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf olt, %zero, %x : f32
    %r = arith.select %c, %x, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Relu6 by two comparisons, as torch-mlir writes hardtanh.
// CHECK-LABEL: func @relu6_selects
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu6_selects(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ult, %x, %zero : f32
    %r = arith.select %c, %zero, %x : f32
    %c2 = arith.cmpf ugt, %r, %six : f32
    %r2 = arith.select %c2, %six, %r : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Relu6 by a maximum and a minimum.
// CHECK-LABEL: func @relu6_minmax
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu6_minmax(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maximumf %x, %zero : f32
    %r2 = arith.minimumf %r, %six : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// The minimum first, by minnum.
// CHECK-LABEL: func @relu6_reversed
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu6_reversed(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.minnumf %six, %x : f32
    %r2 = arith.maxnumf %r, %zero : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// A select inside of a minimum.
// CHECK-LABEL: func @relu6_mixed
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @relu6_mixed(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %c = arith.cmpf ogt, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    %r2 = arith.minimumf %r, %six : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// Clip to [-1, 6].
// CHECK-LABEL: func @clip
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-21:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @clip(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maximumf %x, %minus : f32
    %r2 = arith.minimumf %r, %six : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// A bound from above alone.
// CHECK-LABEL: func @upper
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-128:91>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @upper(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.minimumf %x, %six : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// The tighter of two lower bounds.
// CHECK-LABEL: func @repeated
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @repeated(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.maximumf %x, %minus : f32
    %r2 = arith.maximumf %r, %zero : f32
    linalg.yield %r2 : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// A bound that no stored value reaches changes nothing.
// CHECK-LABEL: func @beyond
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @beyond(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %big = arith.constant 100.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %r = arith.minimumf %x, %big : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// The bound is a splat tensor that the body reads.
// CHECK-LABEL: func @tensor_bound
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @tensor_bound(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %bound = arith.constant dense<0.0> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%m, %bound : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %r = arith.maximumf %x, %y : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// The bound stands in the body.
// CHECK-LABEL: func @inner_constant
// CHECK: linalg.matmul
// CHECK-NEXT: %[[Q:.*]] = qopt.requantize %{{.*}} to !quant.uniform<i8<-5:127>:f32, 6.250000e-02:-5> : tensor<1x2xi32> -> tensor<1x2xi8>
// CHECK-NEXT: return %[[Q]]
func.func @inner_constant(%a: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %minus = arith.constant -1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %b = arith.constant dense<[[1, 2], [-4, 3]]> : tensor<2x2xi8>
  %q = qopt.dequantize %a as !quant.uniform<i8:f32, 1.25e-1:3> : tensor<1x2xi8> -> tensor<1x2xf32>
  %w = qopt.dequantize %b as !quant.uniform<i8:f32, 6.25e-2> : tensor<2x2xi8> -> tensor<2x2xf32>
  %m = linalg.matmul {qopt.integer} ins(%q, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {qopt.integer} {
  ^bb0(%x: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %x, %z : f32
    linalg.yield %r : f32
  } -> tensor<1x2xf32>
  %s = qopt.quantize %r as !quant.uniform<i8:f32, 6.25e-2:-5> : tensor<1x2xf32> -> tensor<1x2xi8>
  return %s : tensor<1x2xi8>
}
