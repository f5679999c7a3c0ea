// RUN: quant-opt %s --qopt-convert-to-linalg -split-input-file | FileCheck %s

// CHECK-LABEL: func @quantize
// CHECK: linalg.generic
// CHECK: %[[D:.*]] = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: %[[R:.*]] = math.roundeven %[[D]] : f32
// CHECK: %[[Z:.*]] = arith.addf %[[R]], %{{.*}} : f32
// CHECK: %[[C:.*]] = arith.cmpf ogt, %[[Z]], %[[LOW:.*]] : f32
// CHECK: %[[S:.*]] = arith.select %[[C]], %[[Z]], %[[LOW]] : f32
// CHECK: arith.cmpf olt, %[[S]]
// CHECK: arith.fptosi %{{.*}} : f32 to i32
// CHECK: arith.trunci %{{.*}} : i32 to i8
func.func @quantize(%x: tensor<4xf32>) -> tensor<4xi8> {
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// A zero point of zero costs nothing, unsigned storage is extended by zeros.
// CHECK-LABEL: func @dequantize
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK-NOT: arith.subi
// CHECK: arith.sitofp %{{.*}} : i32 to f32
// CHECK: arith.mulf
func.func @dequantize(%q: tensor<4xi8>) -> tensor<4xf32> {
  %x = qopt.dequantize %q as !quant.uniform<u8:f32, 1.0e-1> : tensor<4xi8> -> tensor<4xf32>
  return %x : tensor<4xf32>
}

// -----

// Multipliers per channel become an operand that is broadcast along the axis.
// CHECK: #[[$CHANNEL:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func @requantize
// CHECK: %[[M:.*]] = arith.constant dense<[4.000000e-02, 1.000000e-01]> : tensor<2xf32>
// CHECK: linalg.generic {{.*}}#[[$CHANNEL]]{{.*}} ins(%{{.*}}, %[[M]]
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: math.roundeven
func.func @requantize(%a: tensor<1x2x3xi32>) -> tensor<1x2x3xi8> {
  %q = qopt.requantize %a from !quant.uniform<i32:f32:1, {2.0e-3,5.0e-3}> to !quant.uniform<i8:f32, 5.0e-02:-5> : tensor<1x2x3xi32> -> tensor<1x2x3xi8>
  return %q : tensor<1x2x3xi8>
}

// -----

// CHECK-LABEL: func @requantize_q31
// CHECK: arith.muli %{{.*}} : i64
// CHECK: arith.shrsi %{{.*}} : i64
func.func @requantize_q31(%a: tensor<4xi32>) -> tensor<4xi8> {
  %q = qopt.requantize %a from !quant.uniform<i32:f32, 2.0e-3> to !quant.uniform<i8:f32, 5.0e-02:-5> {numerics = #qopt.numerics<multiplier = q31_single>} : tensor<4xi32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// CHECK-LABEL: func @lookup
// CHECK: %[[T:.*]] = arith.constant dense<7> : tensor<256xi8>
// CHECK: %[[I:.*]] = arith.index_castui %{{.*}} : i8 to index
// CHECK: tensor.extract %[[T]][%[[I]]]
func.func @lookup(%q: tensor<4xi8>) -> tensor<4xi8> {
  %r = qopt.lookup %q in dense<7> : tensor<256xi8> : tensor<4xi8> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

// A scalar conversion in a body becomes arithmetic there.
// CHECK-LABEL: func @scalar
// CHECK: linalg.generic
// CHECK-NOT: qopt
// CHECK: arith.sitofp
// CHECK: arith.divf
#map = affine_map<(d0) -> (d0)>
func.func @scalar(%q: tensor<4xi8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%q : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %x = qopt.dequantize %in as !quant.uniform<i8:f32, 0.5:3> : i8 -> f32
    %y = arith.addf %x, %x : f32
    %z = qopt.quantize %y as !quant.uniform<i8:f32, 0.25:-3> : f32 -> i8
    linalg.yield %z : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

// CHECK-LABEL: func @fake_quant
// CHECK: arith.fptosi
// CHECK: arith.sitofp
func.func @fake_quant(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @softmax
// CHECK-NOT: linalg.softmax
// CHECK: math.exp
func.func @softmax(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// The gathered dimensions are left out of the result, and the others follow the indices'.
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-DAG: #[[SECOND:.*]] = affine_map<(d0, d1) -> (d0, 1)>
// CHECK-LABEL: func @gather
// CHECK-SAME: %[[X:.*]]: tensor<3x4x5xi8>, %[[I:.*]]: tensor<2x2xi32>
// CHECK: linalg.generic {indexing_maps = [#[[FIRST]], #[[SECOND]], #{{.*}}], iterator_types = ["parallel", "parallel"]} ins(%[[I]], %[[I]] : tensor<2x2xi32>, tensor<2x2xi32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i32, %{{.*}}: i8):
// CHECK-NEXT: %[[P:.*]] = arith.index_cast %[[A]] : i32 to index
// CHECK-NEXT: %[[Q:.*]] = linalg.index 1 : index
// CHECK-NEXT: %[[R:.*]] = arith.index_cast %[[B]] : i32 to index
// CHECK-NEXT: %[[V:.*]] = tensor.extract %[[X]][%[[P]], %[[Q]], %[[R]]] : tensor<3x4x5xi8>
// CHECK-NEXT: linalg.yield %[[V]] : i8
func.func @gather(%x: tensor<3x4x5xi8>, %i: tensor<2x2xi32>) -> tensor<2x4xi8> {
  %y = tensor.gather %x[%i] gather_dims([0, 2]) : (tensor<3x4x5xi8>, tensor<2x2xi32>) -> tensor<2x4xi8>
  return %y : tensor<2x4xi8>
}

// -----

// Here they stay, with size 1, and the indices are of the right type.
// CHECK-LABEL: func @gather_keeping
// CHECK: ^bb0(%[[A:.*]]: index, %{{.*}}: f32):
// CHECK-NEXT: %[[P:.*]] = linalg.index 1 : index
// CHECK-NEXT: tensor.extract %{{.*}}[%[[P]], %[[A]]] : tensor<3x4xf32>
func.func @gather_keeping(%x: tensor<3x4xf32>, %i: tensor<2x1xindex>) -> tensor<2x3x1xf32> {
  %y = tensor.gather %x[%i] gather_dims([1]) : (tensor<3x4xf32>, tensor<2x1xindex>) -> tensor<2x3x1xf32>
  return %y : tensor<2x3x1xf32>
}

// -----

// Positions are operands; dimensions without a list keep their index.
// CHECK-DAG: #[[AT:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: func @take
// CHECK-SAME: %[[X:.*]]: tensor<3x4x5xi8>, %[[P:.*]]: tensor<2xi32>
// CHECK: linalg.generic {indexing_maps = [#[[AT]], #[[ID]]], {{.*}}} ins(%[[P]] : tensor<2xi32>)
// CHECK-NEXT: ^bb0(%[[I:.*]]: i32, %{{.*}}: i8):
// CHECK-DAG: %[[A:.*]] = linalg.index 0
// CHECK-DAG: %[[B:.*]] = linalg.index 1
// CHECK-DAG: %[[C:.*]] = arith.index_cast %[[I]] : i32 to index
// CHECK: tensor.extract %[[X]][%[[A]], %[[B]], %[[C]]] : tensor<3x4x5xi8>
func.func @take(%x: tensor<3x4x5xi8>, %p: tensor<2xi32>) -> tensor<3x4x2xi8> {
  %y = qopt.take %x along [2] at %p : (tensor<3x4x5xi8>, tensor<2xi32>) -> tensor<3x4x2xi8>
  return %y : tensor<3x4x2xi8>
}
