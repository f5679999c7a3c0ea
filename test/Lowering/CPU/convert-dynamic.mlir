// RUN: quant-opt %s --qopt-convert-to-linalg -split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-convert-to-linalg=cpu=haswell -split-input-file | FileCheck %s --check-prefix=FMA
// RUN: quant-opt %s --qopt-convert-to-linalg="cpu=haswell features=-fma" -split-input-file | FileCheck %s

// The largest magnitude of each row, its scale, and a quantize that divides by it.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @symmetric
// CHECK: %[[NAN:.*]] = arith.constant 0x7FC00000 : f32
// CHECK: %[[NOTHING:.*]] = linalg.fill ins(%[[NAN]]
// CHECK: %[[MAX:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]}
// CHECK-SAME: ins(%arg0 : tensor<4x8xf32>) outs(%[[NOTHING]] : tensor<4xf32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %[[OUT:.*]]: f32):
// CHECK-NEXT:   %[[ABS:.*]] = math.absf %[[IN]]
// CHECK-NEXT:   arith.maxnumf %[[ABS]], %[[OUT]]
// CHECK: %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[MAX]] : tensor<4xf32>)
// CHECK:   arith.divf %{{.*}}, %cst
// CHECK:   arith.cmpf oge
// CHECK:   arith.select
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK-SAME: ins(%arg0, %[[SCALE]] : tensor<4x8xf32>, tensor<4xf32>)
// CHECK:   arith.divf
// CHECK-NEXT: math.roundeven

// With fused multiply-add, a reciprocal of each row and a corrected product.
// FMA-LABEL: func @symmetric
// FMA: %[[SCALE:.*]] = linalg.generic {{.*}} ins(%{{[0-9]+}} : tensor<4xf32>)
// FMA:   arith.select
// FMA: %[[RECIPROCAL:.*]] = linalg.generic {{.*}} ins(%[[SCALE]] : tensor<4xf32>)
// FMA:   arith.divf %cst
// FMA: linalg.generic {{.*}} ins(%arg0, %[[SCALE]], %[[RECIPROCAL]] : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>)
// FMA-NEXT: ^bb0(%[[X:.*]]: f32, %[[S:.*]]: f32, %[[R:.*]]: f32, %{{.*}}: i8):
// FMA:   %[[DIVISOR:.*]] = arith.minimumf %[[S]], %
// FMA-NEXT: %[[QUOTIENT:.*]] = arith.mulf %[[X]], %[[R]]
// FMA-NEXT: %[[NEGATED:.*]] = arith.negf %[[QUOTIENT]]
// FMA-NEXT: %[[REST:.*]] = math.fma %[[NEGATED]], %[[DIVISOR]], %[[X]]
// FMA-NEXT: %[[CORRECTED:.*]] = math.fma %[[REST]], %[[R]], %[[QUOTIENT]]
// FMA-NEXT: math.roundeven %[[CORRECTED]]
func.func @symmetric(%x: tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>) {
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<4xf32>)
  return %q, %s : tensor<4x8xi8>, tensor<4xf32>
}

// -----

// Both ends of the range, which holds zero.
// CHECK-LABEL: func @asymmetric
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]
// CHECK: arith.minnumf
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]
// CHECK: arith.maxnumf
// CHECK: arith.subf
// CHECK: arith.negf
// CHECK: math.roundeven
// CHECK: arith.subi %{{.*}}, %c128_i32
// CHECK: math.roundeven
// CHECK: arith.addf
func.func @asymmetric(%x: tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>) {
  %q, %s, %z = qopt.quantize_dynamic %x per [] : (tensor<4x8xf32>) -> (tensor<4x8xi8>, tensor<f32>, tensor<i32>)
  return %q, %s, %z : tensor<4x8xi8>, tensor<f32>, tensor<i32>
}
