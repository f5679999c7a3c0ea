// RUN: quant-opt %s -canonicalize -cse -split-input-file | FileCheck %s

// The definition of fake quantization survives.
// CHECK-LABEL: @dequantize_of_quantize
func.func @dequantize_of_quantize(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[Q:.*]] = qopt.quantize %{{.*}}
  // CHECK: %[[X:.*]] = qopt.dequantize %[[Q]]
  // CHECK: return %[[X]]
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %y = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @quantize_of_dequantize
// CHECK-SAME: %[[Q:.*]]: tensor<4xi8>
func.func @quantize_of_dequantize(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK-NEXT: return %[[Q]]
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// CHECK-LABEL: @quantize_of_dequantize_per_axis
// CHECK-SAME: %[[Q:.*]]: tensor<2xi16>
func.func @quantize_of_dequantize_per_axis(%q: tensor<2xi16>) -> tensor<2xi16> {
  // CHECK-NEXT: return %[[Q]]
  %x = qopt.dequantize %q as !quant.uniform<u16:f32:0, {1.0e-1:3, 0.2:65535}> : tensor<2xi16> -> tensor<2xf32>
  %r = qopt.quantize %x as !quant.uniform<u16:f32:0, {1.0e-1:3, 0.2:65535}> : tensor<2xf32> -> tensor<2xi16>
  return %r : tensor<2xi16>
}

// Another type: the values change.
// CHECK-LABEL: @quantize_of_dequantize_other_type
func.func @quantize_of_dequantize_other_type(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.dequantize
  // CHECK: qopt.quantize
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<u8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// A value outside the narrowed range comes back clamped.
// CHECK-LABEL: @quantize_of_dequantize_narrow
func.func @quantize_of_dequantize_narrow(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.dequantize
  // CHECK: qopt.quantize
  %x = qopt.dequantize %q as !quant.uniform<i8<-10:127>:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8<-10:127>:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// 11 bits of mantissa do not hold 16 bits of storage.
// CHECK-LABEL: @quantize_of_dequantize_f16
func.func @quantize_of_dequantize_f16(%q: tensor<4xi16>) -> tensor<4xi16> {
  // CHECK: qopt.dequantize
  // CHECK: qopt.quantize
  %x = qopt.dequantize %q as !quant.uniform<i16:f16, 1.0e-1> : tensor<4xi16> -> tensor<4xf16>
  %r = qopt.quantize %x as !quant.uniform<i16:f16, 1.0e-1> : tensor<4xf16> -> tensor<4xi16>
  return %r : tensor<4xi16>
}

// Nor do 8 bits of mantissa hold differences of 253 to 255: with this scale, bf16(0.3), they
// come back rounded to another step.
// CHECK-LABEL: @quantize_of_dequantize_bf16
func.func @quantize_of_dequantize_bf16(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.dequantize
  // CHECK: qopt.quantize
  %x = qopt.dequantize %q as !quant.uniform<i8:bf16, 0.30078125:-128> : tensor<4xi8> -> tensor<4xbf16>
  %r = qopt.quantize %x as !quant.uniform<i8:bf16, 0.30078125:-128> : tensor<4xbf16> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// 100 * 1.0e+37 overflows to infinity, which comes back as 127.
// CHECK-LABEL: @quantize_of_dequantize_overflow
func.func @quantize_of_dequantize_overflow(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.dequantize
  // CHECK: qopt.quantize
  %x = qopt.dequantize %q as !quant.uniform<i8:f32, 1.0e+37> : tensor<4xi8> -> tensor<4xf32>
  %r = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e+37> : tensor<4xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// CHECK-LABEL: @requantize_same_type
// CHECK-SAME: %[[Q:.*]]: tensor<4xi8>
func.func @requantize_same_type(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK-NEXT: return %[[Q]]
  %r = qopt.requantize %q from !quant.uniform<i8:f32, 1.0e-1:3> to !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// The narrowed range clamps what lies outside of it.
// CHECK-LABEL: @requantize_same_narrow_type
func.func @requantize_same_narrow_type(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.requantize
  %r = qopt.requantize %q from !quant.uniform<i8<-10:127>:f32, 1.0e-1:3> to !quant.uniform<i8<-10:127>:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// CHECK-LABEL: @requantize_clamp
func.func @requantize_clamp(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.requantize
  %r = qopt.requantize %q from !quant.uniform<i8:f32, 1.0e-1:3> to !quant.uniform<i8<3:127>:f32, 1.0e-1:3> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// A table whose entry i is i, in the order of the bit patterns.
// CHECK-LABEL: @lookup_identity
// CHECK-SAME: %[[Q:.*]]: tensor<4xi8>
func.func @lookup_identity(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK-NEXT: return %[[Q]]
  %r = qopt.lookup %q in dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// CHECK-LABEL: @lookup_other
func.func @lookup_other(%q: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: qopt.lookup
  %r = qopt.lookup %q in dense<0> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// Equal conversions are one, dead ones none.
// CHECK-LABEL: @pure
func.func @pure(%x: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi8>) {
  // CHECK-COUNT-1: qopt.quantize
  // CHECK-NOT: qopt.quantize
  // CHECK-NOT: qopt.fake_quant
  %a = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %b = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  %c = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %a, %b : tensor<4xi8>, tensor<4xi8>
}

// Counting is an effect: an observer without a user stays, and so do two of one id.
// CHECK-LABEL: @observe
func.func @observe(%x: tensor<4xf32>) {
  // CHECK-COUNT-2: qopt.observe
  %a = qopt.observe %x id "a" : tensor<4xf32>
  %b = qopt.observe %x id "a" : tensor<4xf32>
  return
}
