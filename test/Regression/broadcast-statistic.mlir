// RUN: quant-opt %s --qopt-normalize-linalg --qopt-select-ops | FileCheck %s

// A mean that an operation of its own spreads out is still a statistic: what
// subtracts it reads it directly and stays in float.

#map = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @centre
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[ROW]], #{{.+}}]
// CHECK-SAME: normalises by a statistic
func.func @centre(%x: tensor<3x8xf32>, %w: tensor<8x2xf32>) -> tensor<3x2xf32> {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<3xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<3xf32>) -> tensor<3xf32>
  %mean = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x8xf32>) outs(%f1 : tensor<3xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  %e2 = tensor.empty() : tensor<3x8xf32>
  %spread = linalg.generic {indexing_maps = [#row, #map], iterator_types = ["parallel", "parallel"]} ins(%mean : tensor<3xf32>) outs(%e2 : tensor<3x8xf32>) {
  ^bb0(%a: f32, %out: f32):
    linalg.yield %a : f32
  } -> tensor<3x8xf32>
  %centred = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%x, %spread : tensor<3x8xf32>, tensor<3x8xf32>) outs(%e2 : tensor<3x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %d = arith.subf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<3x8xf32>
  %e3 = tensor.empty() : tensor<3x2xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<3x2xf32>) -> tensor<3x2xf32>
  %r = linalg.matmul ins(%centred, %w : tensor<3x8xf32>, tensor<8x2xf32>) outs(%f3 : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}
