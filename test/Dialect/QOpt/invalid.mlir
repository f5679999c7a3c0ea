// RUN: quant-opt %s -verify-diagnostics -split-input-file

// Functions are named after the constraints of QOptOps.td that they break.

func.func @quantize_c1(%x: tensor<4xf32>) -> tensor<4xi16> {
  // expected-error@+1 {{'qopt.quantize' op stores 'i16' where '!quant.uniform<i8:f32, 1.000000e-01>' has storage 'i8'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xf32> -> tensor<4xi16>
  return %q : tensor<4xi16>
}

// -----

func.func @quantize_c2(%x: tensor<4xf16>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.quantize' op has real values of 'f16' where '!quant.uniform<i8:f32, 1.000000e-01>' expresses 'f32'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xf16> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c3(%x: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.quantize' op zero point -129 lies outside the storage range [-128, 127] of '!quant.uniform<i8:f32, 1.000000e-01:-129>'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:-129> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c3_unsigned(%x: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error@+1 {{zero point 256 lies outside the storage range [0, 255]}}
  %q = qopt.quantize %x as !quant.uniform<u8:f32, 1.0e-1:256> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c5_bit(%x: tensor<4xf32>) -> tensor<4xi1> {
  // expected-error@+1 {{'qopt.quantize' op stores in one bit, which is a truth value and no integer, by '!quant.uniform<i1:f32, 1.000000e-01>'; give 2 bits or more}}
  %q = qopt.quantize %x as !quant.uniform<i1:f32, 1.0e-1> : tensor<4xf32> -> tensor<4xi1>
  return %q : tensor<4xi1>
}

// -----

// The type takes these three zero points; our operations do not.
func.func @quantize_c3_i8_200(%x: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error@+1 {{zero point 200 lies outside the storage range [-128, 127]}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:200> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c3_u8_300(%x: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error@+1 {{zero point 300 lies outside the storage range [0, 255]}}
  %q = qopt.quantize %x as !quant.uniform<u8:f32, 1.0e-1:300> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c3_i4_9(%x: tensor<4xf32>) -> tensor<4xi4> {
  // expected-error@+1 {{zero point 9 lies outside the storage range [-8, 7]}}
  %q = qopt.quantize %x as !quant.uniform<i4:f32, 1.0e-1:9> : tensor<4xf32> -> tensor<4xi4>
  return %q : tensor<4xi4>
}

// -----

func.func @quantize_c3_narrow(%x: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error@+1 {{zero point -20 lies outside the storage range [-10, 127]}}
  %q = qopt.quantize %x as !quant.uniform<i8<-10:127>:f32, 1.0e-1:-20> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @quantize_c3_axis(%x: tensor<2xf32>) -> tensor<2xi8> {
  // expected-error@+1 {{zero point 128 lies outside the storage range [-128, 127]}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32:0, {1.0e-1, 1.0e-1:128}> : tensor<2xf32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @quantize_c4_vector(%x: vector<2xf32>) -> vector<2xi8> {
  // expected-error@+1 {{per-axis type '!quant.uniform<i8:f32:0, {1.000000e-01,2.000000e-01}>' needs a ranked tensor, not 'vector<2xf32>'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32:0, {1.0e-1, 2.0e-1}> : vector<2xf32> -> vector<2xi8>
  return %q : vector<2xi8>
}

// -----

func.func @quantize_c4_axis(%x: tensor<2xf32>) -> tensor<2xi8> {
  // expected-error@+1 {{quantized dimension 1 does not exist in 'tensor<2xf32>'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32:1, {1.0e-1, 2.0e-1}> : tensor<2xf32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @quantize_c4_size(%x: tensor<3xf32>) -> tensor<3xi8> {
  // expected-error@+1 {{has 2 scales for 3 indices of dimension 0 of 'tensor<3xf32>'}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32:0, {1.0e-1, 2.0e-1}> : tensor<3xf32> -> tensor<3xi8>
  return %q : tensor<3xi8>
}

// -----

func.func @quantize_c5_sub_channel(%x: tensor<2xf32>) -> tensor<2xi8> {
  // expected-error@+1 {{'qopt.quantize' op takes a per-tensor or per-axis uniform type}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32:{0:1}, {1.0e-1, 2.0e-1}> : tensor<2xf32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @quantize_c5_calibrated(%x: tensor<2xf32>) -> tensor<2xi8> {
  // expected-error@+1 {{'qopt.quantize' op}}
  %q = qopt.quantize %x as !quant.calibrated<f32<-1.0:1.0>> : tensor<2xf32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @quantize_c5_not_quantized(%x: tensor<2xf32>) -> tensor<2xi8> {
  // expected-error@+1 {{quantized type attribute}}
  %q = qopt.quantize %x as i8 : tensor<2xf32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @quantize_shape(%x: tensor<2xf32>) -> tensor<3xi8> {
  // expected-error@+1 {{'qopt.quantize' op requires the same shape for all operands and results}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1> : tensor<2xf32> -> tensor<3xi8>
  return %q : tensor<3xi8>
}

// -----

func.func @dequantize_c1(%q: tensor<4xi16>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.dequantize' op stores 'i16' where '!quant.uniform<i8:f32, 1.000000e-01>' has storage 'i8'}}
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xi16> -> tensor<4xf32>
  return %x : tensor<4xf32>
}

// -----

func.func @dequantize_c2(%q: tensor<4xi8>) -> tensor<4xf16> {
  // expected-error@+1 {{'qopt.dequantize' op has real values of 'f16' where '!quant.uniform<i8:f32, 1.000000e-01>' expresses 'f32'}}
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xi8> -> tensor<4xf16>
  return %x : tensor<4xf16>
}

// -----

func.func @dequantize_c3(%q: tensor<4xi8>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.dequantize' op zero point 300 lies outside}}
  %x = qopt.dequantize %q as !quant.uniform<u8:f32, 1.0e-1:300> : tensor<4xi8> -> tensor<4xf32>
  return %x : tensor<4xf32>
}

// -----

func.func @dequantize_c4(%q: tensor<3xi8>) -> tensor<3xf32> {
  // expected-error@+1 {{'qopt.dequantize' op has 2 scales for 3 indices of dimension 0}}
  %x = qopt.dequantize %q as !quant.uniform<i8:f32:0, {1.0e-1, 2.0e-1}> : tensor<3xi8> -> tensor<3xf32>
  return %x : tensor<3xf32>
}

// -----

func.func @dequantize_c5(%q: tensor<2xi8>) -> tensor<2xf32> {
  // expected-error@+1 {{'qopt.dequantize' op takes a per-tensor or per-axis uniform type}}
  %x = qopt.dequantize %q as !quant.uniform<i8:f32:{0:1}, {1.0e-1, 2.0e-1}> : tensor<2xi8> -> tensor<2xf32>
  return %x : tensor<2xf32>
}

// -----

func.func @requantize_c1_from(%a: tensor<4xi16>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.requantize' op stores 'i16' where '!quant.uniform<i32:f32, 1.000000e-03>' has storage 'i32'}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32, 1.0e-3> to !quant.uniform<i8:f32, 1.0e-1> : tensor<4xi16> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @requantize_c1_to(%a: tensor<4xi32>) -> tensor<4xi16> {
  // expected-error@+1 {{'qopt.requantize' op stores 'i16' where '!quant.uniform<i8:f32, 1.000000e-01>' has storage 'i8'}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32, 1.0e-3> to !quant.uniform<i8:f32, 1.0e-1> : tensor<4xi32> -> tensor<4xi16>
  return %q : tensor<4xi16>
}

// -----

func.func @requantize_c2(%a: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.requantize' op zero point 200 lies outside the storage range [-128, 127]}}
  %q = qopt.requantize %a from !quant.uniform<u8:f32, 1.0e-1:128> to !quant.uniform<i8:f32, 1.0e-1:200> : tensor<4xi8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @requantize_c3(%a: tensor<3x4xi32>) -> tensor<3x4xi8> {
  // expected-error@+1 {{'qopt.requantize' op has 2 scales for 4 indices of dimension 1 of 'tensor<3x4xi32>'}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32:1, {1.0e-3, 2.0e-3}> to !quant.uniform<i8:f32, 1.0e-1> : tensor<3x4xi32> -> tensor<3x4xi8>
  return %q : tensor<3x4xi8>
}

// -----

func.func @requantize_c4(%a: tensor<2xi32>) -> tensor<2xi8> {
  // expected-error@+1 {{'qopt.requantize' op takes a per-tensor or per-axis uniform type}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32:{0:1}, {1.0e-3, 2.0e-3}> to !quant.uniform<i8:f32, 1.0e-1> : tensor<2xi32> -> tensor<2xi8>
  return %q : tensor<2xi8>
}

// -----

func.func @requantize_c5(%a: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error@+1 {{'qopt.requantize' op writes storage of at most 16 bits}}
  %q = qopt.requantize %a from !quant.uniform<i32:f32, 1.0e-3> to !quant.uniform<i32:f32, 1.0e-1> : tensor<4xi32> -> tensor<4xi32>
  return %q : tensor<4xi32>
}

// -----

func.func @lookup_c1_count(%q: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.lookup' op needs a table of type 'tensor<256xi8>', not 'tensor<255xi8>'}}
  %r = qopt.lookup %q in dense<0> : tensor<255xi8> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @lookup_c1_type(%q: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.lookup' op needs a table of type}}
  %r = qopt.lookup %q in dense<0> : tensor<256xi16> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @lookup_c1_rank(%q: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.lookup' op needs a table of type}}
  %r = qopt.lookup %q in dense<0> : tensor<16x16xi8> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @lookup_index(%q: tensor<4xi16>) -> tensor<4xi8> {
  // expected-error@+1 {{'qopt.lookup' op operand #0 must be}}
  %r = qopt.lookup %q in dense<0> : tensor<256xi8> : tensor<4xi16> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @fake_quant_c2(%x: tensor<4xf16>) -> tensor<4xf16> {
  // expected-error@+1 {{'qopt.fake_quant' op has real values of 'f16'}}
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.0e-1> : tensor<4xf16>
  return %y : tensor<4xf16>
}

// -----

func.func @fake_quant_c3(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.fake_quant' op zero point 8 lies outside the storage range [-8, 7]}}
  %y = qopt.fake_quant %x as !quant.uniform<i4:f32, 1.0e-1:8> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @fake_quant_c4(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.fake_quant' op quantized dimension 3 does not exist}}
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32:3, {1.0e-1}> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @observe_c1(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op needs an id that is not empty}}
  %y = qopt.observe %x id "" : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @observe_c2(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op has 1 scales for 4 indices}}
  %y = qopt.observe %x id "x" as !quant.uniform<i8:f32:0, {1.0e-1}> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @observe_c3(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'qopt.observe' op is final without a type}}
  %y = qopt.observe %x id "x" final : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @observe_means_c1(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'qopt.observe_means' op needs an id that is not empty}}
  qopt.observe_means %x over [1] id "" : tensor<4x8xf32>
  return
}

// -----

func.func @observe_means_c2(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'qopt.observe_means' op needs channels that are ascending dimensions of 'tensor<4x8xf32>'}}
  qopt.observe_means %x over [1, 0] id "x" : tensor<4x8xf32>
  return
}

// -----

func.func @observe_means_c2_rank(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'qopt.observe_means' op needs channels that are ascending dimensions of 'tensor<4x8xf32>'}}
  qopt.observe_means %x over [2] id "x" : tensor<4x8xf32>
  return
}

// -----

// A contract on a module is a #qopt.numerics, nothing that looks like one.

// expected-error@+1 {{'qopt.numerics' takes a #qopt.numerics attribute}}
module attributes {qopt.numerics = "half_even"} {
}

// -----

// expected-error@+1 {{'qopt.numerics' stands on a module}}
func.func @numerics_on_function() attributes {qopt.numerics = #qopt.numerics<rounding = half_even>} {
  return
}

// -----

// expected-error@+1 {{'qopt.name' takes a string}}
func.func @name_not_string() attributes {qopt.name = 3 : i32} {
  return
}

// -----

// expected-error@+1 {{'qopt.gradient' names a function, or stands alone on one, but is "grad"}}
func.func @gradient_not_symbol() attributes {qopt.gradient = "grad"} {
  return
}
