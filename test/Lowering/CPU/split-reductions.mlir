// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-split-reductions))" -split-input-file | FileCheck %s

// 40 terms are two blocks of 16 and 8 that come first. The combination reads 16
// entries; what the sum started from was zero and is not added again.
// CHECK-DAG: #[[$BLOCKS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 * 16 + d2)>
// CHECK-DAG: #[[$COUNT:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[$PARTIALS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0) -> (d0, 0)>
// CHECK-DAG: #[[$LAST:.*]] = affine_map<(d0) -> (d0, 15)>
// CHECK-LABEL: func @sum
// CHECK-SAME: %[[X:.*]]: tensor<4x40xf32>
// CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<4x16xf32>
// CHECK: %[[REST:.*]] = tensor.extract_slice %[[X]][0, 32] [4, 8] [1, 1]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[REST]] : tensor<4x8xf32>)
// CHECK: %[[START:.*]] = tensor.insert_slice
// CHECK: %[[COUNTED:.*]] = tensor.empty() : tensor<2xi8>
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[$BLOCKS]], #[[$COUNT]], #[[$PARTIALS]]], iterator_types = ["parallel", "reduction", "parallel"]}
// CHECK-SAME: ins(%[[X]], %[[COUNTED]] : tensor<4x40xf32>, tensor<2xi8>) outs(%[[START]]
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[$FIRST]], {{.*}}, #[[$LAST]], {{.*}}], iterator_types = ["parallel"]} ins(%[[SUMS]],
// CHECK-NEXT: ^bb0(%[[I0:[a-z0-9_]*]]: f32, %[[I1:[a-z0-9_]*]]: f32, %{{[a-z0-9_]*}}: f32, %{{[a-z0-9_]*}}: f32, %{{[a-z0-9_]*}}: f32, %{{[a-z0-9_]*}}: f32, %{{[a-z0-9_]*}}: f32, %{{[a-z0-9_]*}}: f32, %[[I8:[a-z0-9_]*]]: f32, %[[I9:[a-z0-9_]*]]: f32,
// CHECK-NEXT: arith.addf %[[I0]], %[[I8]]
// CHECK-NEXT: arith.addf %[[I1]], %[[I9]]
// CHECK: return %[[SUM]]
func.func @sum(%x: tensor<4x40xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.reduce { arith.addf } ins(%x : tensor<4x40xf32>) outs(%i : tensor<4xf32>) dimensions = [1]
  return %s : tensor<4xf32>
}

// -----

// One row: 64 partial results. What the maximum starts from is not neutral.
// CHECK-LABEL: func @one_row
// CHECK: %[[PARTIALS:.*]] = linalg.generic {{.*}} outs({{.*}} : tensor<64xf32>)
// CHECK: %[[MAX:.*]] = linalg.generic
// CHECK: linalg.generic {{.*}} ins(%[[MAX]] : tensor<f32>) outs(%{{.*}} : tensor<f32>)
// CHECK: arith.maximumf
func.func @one_row(%x: tensor<512xf32>, %start: tensor<f32>) -> tensor<f32> {
  %s = linalg.reduce { arith.maximumf } ins(%x : tensor<512xf32>) outs(%start : tensor<f32>) dimensions = [0]
  return %s : tensor<f32>
}

// -----

// The term is computed from the element; integers are split as well.
// CHECK-LABEL: func @widened
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<4x16xi32>)
// CHECK: arith.extsi
// CHECK: arith.addi
func.func @widened(%x: tensor<4x64xi8>, %i: tensor<4xi32>) -> tensor<4xi32> {
  %s = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x64xi8>) outs(%i : tensor<4xi32>) {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %0, %o : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %s : tensor<4xi32>
}

// -----

// Too short, over another dimension, and a product of two operands: as they were.
// CHECK-LABEL: func @kept
// CHECK-COUNT-3: iterator_types = [{{.*}}"reduction"{{.*}}]
// CHECK-NOT: x16xf32
// CHECK: return
func.func @kept(%x: tensor<4x31xf32>, %y: tensor<40x4xf32>, %z: tensor<4x40xf32>, %i: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %s = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x31xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(r, c) -> (c, r)>, affine_map<(r, c) -> (r)>], iterator_types = ["parallel", "reduction"]}
    ins(%y : tensor<40x4xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>], iterator_types = ["parallel", "reduction"]}
    ins(%z, %z : tensor<4x40xf32>, tensor<4x40xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %0, %o : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %s, %t, %u : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// A sum of nothing has no rows to cut.
// CHECK-LABEL: func @empty
// CHECK-NOT: extract_slice
// CHECK: return
func.func @empty(%x: tensor<4x0x70xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  %s = linalg.generic {indexing_maps = [affine_map<(r, b, c) -> (r, b, c)>, affine_map<(r, b, c) -> (r)>], iterator_types = ["parallel", "reduction", "reduction"]}
    ins(%x : tensor<4x0x70xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %s : tensor<4xf32>
}
