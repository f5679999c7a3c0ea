// RUN: quant-opt %s --qopt-factor-takes | FileCheck %s

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#single = affine_map<(n, c, h, w) -> (0, c, h, w)>
#row = affine_map<(n, c, h, w) -> (h)>
#column = affine_map<(n, c, h, w) -> (w)>

// A bilinear resize of bytes: they become floats once, rows are interpolated along
// x once for each row of the source, and what is left reads two of these.
// CHECK-LABEL: func.func @bilinear
// CHECK-SAME: %[[X:.+]]: tensor<1x3x8x8xi8>, %[[LOW:.+]]: tensor<16xi32>, %[[HIGH:.+]]: tensor<16xi32>, %[[U:.+]]: tensor<16xf32>, %[[V:.+]]: tensor<16xf32>
// CHECK: %[[REAL:.+]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x3x8x8xi8>) outs(%{{.+}} : tensor<1x3x8x8xf32>)
// CHECK: qopt.dequantize
// CHECK-NOT: qopt.dequantize
// CHECK-DAG: %[[LEFT:.+]] = qopt.take %[[REAL]] along [3] at %[[LOW]] : (tensor<1x3x8x8xf32>, tensor<16xi32>) -> tensor<1x3x8x16xf32>
// CHECK-DAG: %[[RIGHT:.+]] = qopt.take %[[REAL]] along [3] at %[[HIGH]] : (tensor<1x3x8x8xf32>, tensor<16xi32>) -> tensor<1x3x8x16xf32>
// CHECK: %[[ROWS:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x3x8x16xf32>)
// CHECK: arith.mulf
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: linalg.yield
// CHECK: %[[UP:.+]] = qopt.take %[[ROWS]] along [2] at %[[LOW]] : (tensor<1x3x8x16xf32>, tensor<16xi32>) -> tensor<1x3x16x16xf32>
// CHECK: %[[DOWN:.+]] = qopt.take %[[ROWS]] along [2] at %[[HIGH]] : (tensor<1x3x8x16xf32>, tensor<16xi32>) -> tensor<1x3x16x16xf32>
// CHECK: linalg.generic {{.*}} ins(%[[UP]], %[[DOWN]], %[[U]], %[[V]] : {{.*}}) outs(%{{.+}} : tensor<1x3x16x16xi8>) attrs =  {qopt.name = "resize"} {
// CHECK-NEXT: ^bb0(%[[A:.+]]: f32, %[[B:.+]]: f32, %[[UA:.+]]: f32, %[[VA:.+]]: f32, %{{.+}}: i8):
// CHECK-NEXT: %[[UPPER:.+]] = arith.mulf %[[UA]], %[[A]] : f32
// CHECK-NEXT: %[[LOWER:.+]] = arith.mulf %[[VA]], %[[B]] : f32
// CHECK-NEXT: %[[SUM:.+]] = arith.addf %[[UPPER]], %[[LOWER]] : f32
// CHECK-NEXT: %[[Q:.+]] = qopt.quantize %[[SUM]]
// CHECK-NEXT: linalg.yield %[[Q]]
func.func @bilinear(%x: tensor<1x3x8x8xi8>, %low: tensor<16xi32>, %high: tensor<16xi32>,
                    %u: tensor<16xf32>, %v: tensor<16xf32>) -> tensor<1x3x16x16xi8> {
  %0 = qopt.take %x along [2, 3] at %low, %low : (tensor<1x3x8x8xi8>, tensor<16xi32>, tensor<16xi32>) -> tensor<1x3x16x16xi8>
  %1 = qopt.take %x along [2, 3] at %low, %high : (tensor<1x3x8x8xi8>, tensor<16xi32>, tensor<16xi32>) -> tensor<1x3x16x16xi8>
  %2 = qopt.take %x along [2, 3] at %high, %low : (tensor<1x3x8x8xi8>, tensor<16xi32>, tensor<16xi32>) -> tensor<1x3x16x16xi8>
  %3 = qopt.take %x along [2, 3] at %high, %high : (tensor<1x3x8x8xi8>, tensor<16xi32>, tensor<16xi32>) -> tensor<1x3x16x16xi8>
  %e = tensor.empty() : tensor<1x3x16x16xi8>
  %r = linalg.generic {indexing_maps = [#single, #single, #single, #single, #row, #row, #column, #column, #id],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%0, %1, %2, %3, %u, %v, %u, %v : tensor<1x3x16x16xi8>, tensor<1x3x16x16xi8>, tensor<1x3x16x16xi8>, tensor<1x3x16x16xi8>,
        tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<1x3x16x16xi8>) attrs = {qopt.name = "resize"} {
  ^bb0(%a: i8, %b: i8, %c: i8, %d: i8, %uy: f32, %vy: f32, %ux: f32, %vx: f32, %o: i8):
    %fa = qopt.dequantize %a as !quant.uniform<i8:f32, 0.1:3> : i8 -> f32
    %fb = qopt.dequantize %b as !quant.uniform<i8:f32, 0.1:3> : i8 -> f32
    %fc = qopt.dequantize %c as !quant.uniform<i8:f32, 0.1:3> : i8 -> f32
    %fd = qopt.dequantize %d as !quant.uniform<i8:f32, 0.1:3> : i8 -> f32
    %4 = arith.mulf %ux, %fa : f32
    %5 = arith.mulf %vx, %fb : f32
    %6 = arith.addf %4, %5 : f32
    %7 = arith.mulf %uy, %6 : f32
    %8 = arith.mulf %ux, %fc : f32
    %9 = arith.mulf %vx, %fd : f32
    %10 = arith.addf %8, %9 : f32
    %11 = arith.mulf %vy, %10 : f32
    %12 = arith.addf %7, %11 : f32
    %q = qopt.quantize %12 as !quant.uniform<i8:f32, 0.1:-4> : f32 -> i8
    linalg.yield %q : i8
  } -> tensor<1x3x16x16xi8>
  return %r : tensor<1x3x16x16xi8>
}

// Fewer rows than the source has: what is computed once for each of these would be
// computed more often than now.
// CHECK-LABEL: func.func @downwards
// CHECK: qopt.take %{{.+}} along [2] {{.*}} -> tensor<1x3x4x8xf32>
// CHECK: qopt.take %{{.+}} along [2] {{.*}} -> tensor<1x3x4x8xf32>
// CHECK: linalg.generic
// CHECK-NOT: linalg.generic
func.func @downwards(%x: tensor<1x3x8x8xf32>, %low: tensor<4xi32>, %high: tensor<4xi32>, %u: tensor<8xf32>) -> tensor<1x3x4x8xf32> {
  %0 = qopt.take %x along [2] at %low : (tensor<1x3x8x8xf32>, tensor<4xi32>) -> tensor<1x3x4x8xf32>
  %1 = qopt.take %x along [2] at %high : (tensor<1x3x8x8xf32>, tensor<4xi32>) -> tensor<1x3x4x8xf32>
  %e = tensor.empty() : tensor<1x3x4x8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #column, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%0, %1, %u : tensor<1x3x4x8xf32>, tensor<1x3x4x8xf32>, tensor<8xf32>) outs(%e : tensor<1x3x4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %ux: f32, %o: f32):
    %2 = arith.mulf %ux, %a : f32
    %3 = arith.mulf %ux, %b : f32
    %4 = arith.addf %2, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<1x3x4x8xf32>
  return %r : tensor<1x3x4x8xf32>
}

// The weights differ along the positions' dimension: nothing is the same at equal
// positions.
// CHECK-LABEL: func.func @weighted
// CHECK-COUNT-2: qopt.take
// CHECK: linalg.generic
// CHECK-NOT: linalg.generic
func.func @weighted(%x: tensor<1x3x2x8xf32>, %low: tensor<64xi32>, %high: tensor<64xi32>, %u: tensor<64xf32>) -> tensor<1x3x64x8xf32> {
  %0 = qopt.take %x along [2] at %low : (tensor<1x3x2x8xf32>, tensor<64xi32>) -> tensor<1x3x64x8xf32>
  %1 = qopt.take %x along [2] at %high : (tensor<1x3x2x8xf32>, tensor<64xi32>) -> tensor<1x3x64x8xf32>
  %e = tensor.empty() : tensor<1x3x64x8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%0, %1, %u : tensor<1x3x64x8xf32>, tensor<1x3x64x8xf32>, tensor<64xf32>) outs(%e : tensor<1x3x64x8xf32>) {
  ^bb0(%a: f32, %b: f32, %uy: f32, %o: f32):
    %2 = arith.mulf %uy, %a : f32
    %3 = arith.subf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<1x3x64x8xf32>
  return %r : tensor<1x3x64x8xf32>
}
