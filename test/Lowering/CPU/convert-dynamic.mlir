// RUN: quant-opt %s --qopt-convert-to-linalg -split-input-file | FileCheck %s

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
