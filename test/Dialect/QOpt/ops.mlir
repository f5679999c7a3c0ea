// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s

// Every operation in each form that its syntax allows: scalar, vector, ranked
// and unranked tensor; per tensor and per axis; signed, unsigned, narrowed.

// CHECK-LABEL: @quantize_scalar
func.func @quantize_scalar(%x: f32) -> i8 {
  // CHECK: qopt.quantize %{{.*}} as !quant.uniform<i8:f32, 1.000000e-01:3> : f32 -> i8
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : f32 -> i8
  return %q : i8
}

// CHECK-LABEL: @quantize_vector
func.func @quantize_vector(%x: vector<4x[8]xf32>) -> vector<4x[8]xi8> {
  // CHECK: qopt.quantize %{{.*}} : vector<4x[8]xf32> -> vector<4x[8]xi8>
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : vector<4x[8]xf32> -> vector<4x[8]xi8>
  return %q : vector<4x[8]xi8>
}

// CHECK-LABEL: @quantize_dynamic
func.func @quantize_dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xi8> {
  // CHECK: qopt.quantize %{{.*}} : tensor<?x4xf32> -> tensor<?x4xi8>
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<?x4xf32> -> tensor<?x4xi8>
  return %q : tensor<?x4xi8>
}

// CHECK-LABEL: @quantize_unranked
func.func @quantize_unranked(%x: tensor<*xf32>) -> tensor<*xi8> {
  // CHECK: qopt.quantize %{{.*}} : tensor<*xf32> -> tensor<*xi8>
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<*xf32> -> tensor<*xi8>
  return %q : tensor<*xi8>
}

// CHECK-LABEL: @quantize_unsigned
func.func @quantize_unsigned(%x: tensor<4xf32>) -> tensor<4xi8> {
  // CHECK: as !quant.uniform<u8:f32, 1.000000e-01:255> : tensor<4xf32> -> tensor<4xi8>
  %q = qopt.quantize %x as !quant.uniform<u8:f32, 1.0e-1:255> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// CHECK-LABEL: @quantize_narrow
func.func @quantize_narrow(%x: tensor<4xf32>) -> tensor<4xi8> {
  // CHECK: as !quant.uniform<i8<-127:127>:f32, 1.000000e-01>
  %q = qopt.quantize %x as !quant.uniform<i8<-127:127>:f32, 1.0e-1> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// CHECK-LABEL: @quantize_per_axis
func.func @quantize_per_axis(%x: tensor<3x2xf32>) -> tensor<3x2xi4> {
  // CHECK: as !quant.uniform<i4:f32:1, {1.000000e-01,2.000000e-01:-8}>
  %q = qopt.quantize %x as !quant.uniform<i4:f32:1, {1.0e-1, 2.0e-1:-8}> : tensor<3x2xf32> -> tensor<3x2xi4>
  return %q : tensor<3x2xi4>
}

// CHECK-LABEL: @quantize_numerics
func.func @quantize_numerics(%x: f16) -> i16 {
  // CHECK: {numerics = #qopt.numerics<rounding = half_away>} : f16 -> i16
  %q = qopt.quantize %x as !quant.uniform<i16:f16, 1.0e-1> {numerics = #qopt.numerics<rounding = half_away>} : f16 -> i16
  return %q : i16
}

// CHECK-LABEL: @dequantize
func.func @dequantize(%q: tensor<4xi8>, %acc: vector<4xi32>) -> (tensor<4xf32>, vector<4xf32>) {
  // CHECK: qopt.dequantize %{{.*}} as !quant.uniform<u8:f32, 1.000000e-01:128> : tensor<4xi8> -> tensor<4xf32>
  %x = qopt.dequantize %q as !quant.uniform<u8:f32, 1.0e-1:128> : tensor<4xi8> -> tensor<4xf32>
  // CHECK: qopt.dequantize %{{.*}} as !quant.uniform<i32:f32, 1.000000e-03> : vector<4xi32> -> vector<4xf32>
  %y = qopt.dequantize %acc as !quant.uniform<i32:f32, 1.0e-3> : vector<4xi32> -> vector<4xf32>
  return %x, %y : tensor<4xf32>, vector<4xf32>
}

// CHECK-LABEL: @requantize
func.func @requantize(%acc: tensor<3x2xi32>, %q: i8) -> (tensor<3x2xi8>, i8) {
  // CHECK: qopt.requantize %{{.*}} from !quant.uniform<i32:f32:1, {2.000000e-03,5.000000e-03}> to !quant.uniform<i8<-5:127>:f32, 5.000000e-02:-5> : tensor<3x2xi32> -> tensor<3x2xi8>
  %r = qopt.requantize %acc from !quant.uniform<i32:f32:1, {2.0e-3, 5.0e-3}> to !quant.uniform<i8<-5:127>:f32, 5.0e-2:-5> : tensor<3x2xi32> -> tensor<3x2xi8>
  // CHECK: qopt.requantize %{{.*}} {numerics = #qopt.numerics<multiplier = q31_double>} : i8 -> i8
  %s = qopt.requantize %q from !quant.uniform<u8:f32, 0.1:128> to !quant.uniform<i8:f32, 0.1> {numerics = #qopt.numerics<multiplier = q31_double>} : i8 -> i8
  return %r, %s : tensor<3x2xi8>, i8
}

// CHECK-LABEL: @lookup
func.func @lookup(%q: tensor<4xi8>, %v: vector<8xi8>) -> (tensor<4xi8>, vector<8xf32>) {
  // CHECK: qopt.lookup %{{.*}} in dense<7> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  %r = qopt.lookup %q in dense<7> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  // CHECK: qopt.lookup %{{.*}} in dense<5.000000e-01> : tensor<256xf32> : vector<8xi8> -> vector<8xf32>
  %s = qopt.lookup %v in dense<0.5> : tensor<256xf32> : vector<8xi8> -> vector<8xf32>
  return %r, %s : tensor<4xi8>, vector<8xf32>
}

// CHECK-LABEL: @fake_quant
func.func @fake_quant(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: qopt.fake_quant %{{.*}} as !quant.uniform<i8:f32:0, {1.000000e-01:3,2.000000e-01}> : tensor<2x4xf32>
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32:0, {1.0e-1:3, 2.0e-1}> : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: @observe_means
func.func @observe_means(%x: tensor<1x8x4x4xf32>) {
  // CHECK: qopt.observe_means %{{.*}} over [1] id "conv_1" : tensor<1x8x4x4xf32>
  qopt.observe_means %x over [1] id "conv_1" : tensor<1x8x4x4xf32>
  return
}

// CHECK-LABEL: @observe
func.func @observe(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // CHECK: qopt.observe %{{.*}} id "conv_1" : tensor<1x8xf32>
  %y = qopt.observe %x id "conv_1" : tensor<1x8xf32>
  // CHECK: qopt.observe %{{.*}} id "conv_1" as !quant.uniform<i8:f32, 1.000000e-01:3> : tensor<1x8xf32>
  %z = qopt.observe %y id "conv_1" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<1x8xf32>
  // CHECK: qopt.observe %{{.*}} id "conv_2" as !quant.uniform<i8:f32, 1.000000e-01:3> final : tensor<1x8xf32>
  %f = qopt.observe %y id "conv_2" as !quant.uniform<i8:f32, 1.0e-1:3> final : tensor<1x8xf32>
  return %z : tensor<1x8xf32>
}

// CHECK-LABEL: @inside_generic
func.func @inside_generic(%a: tensor<4xi8>, %b: tensor<4xi8>) -> tensor<4xi8> {
  %init = tensor.empty() : tensor<4xi8>
  // CHECK: linalg.generic
  // CHECK: qopt.dequantize %{{.*}} : i8 -> f32
  // CHECK: qopt.quantize %{{.*}} : f32 -> i8
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%a, %b : tensor<4xi8>, tensor<4xi8>) outs(%init : tensor<4xi8>) {
  ^bb0(%qa: i8, %qb: i8, %out: i8):
    %xa = qopt.dequantize %qa as !quant.uniform<i8:f32, 0.1:3> : i8 -> f32
    %xb = qopt.dequantize %qb as !quant.uniform<i8:f32, 0.2> : i8 -> f32
    %sum = arith.addf %xa, %xb : f32
    %q = qopt.quantize %sum as !quant.uniform<i8:f32, 0.3:-4> : f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// The contract of a module.
// CHECK-LABEL: module @numerics
// CHECK-SAME: qopt.numerics = #qopt.numerics<rounding = half_up, multiplier = q31_single>
module @numerics attributes {qopt.numerics = #qopt.numerics<rounding = half_up, multiplier = q31_single>} {
}
