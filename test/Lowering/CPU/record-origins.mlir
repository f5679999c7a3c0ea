// RUN: quant-opt %s --qopt-record-origins -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s
// What stands in the location is still there when the operation is another one.
// RUN: quant-opt %s --qopt-record-origins --qopt-convert-to-linalg -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s --check-prefix=LATER

// CHECK-LABEL: func @f
// CHECK: tensor.pad
// CHECK: loc(fused<{name = "pad_0", op = "tensor.pad"}>["{{.*}}record-origins.mlir":[[#@LINE+11]]:{{[0-9]+}}])
// CHECK: linalg.generic
// CHECK: loc(fused<{op = "linalg.generic(addf, maximumf, mulf, ...)"}>[
// CHECK: qopt.quantize
// CHECK-SAME: loc(fused<{name = "q", op = "qopt.quantize"}>[
// CHECK: return
// CHECK-NOT: fused
// LATER-NOT: qopt.quantize %
// LATER: math.roundeven {{.*}} loc(fused<{name = "q", op = "qopt.quantize"}>
func.func @f(%x: tensor<4xf32>) -> tensor<6xi8> {
  %c = arith.constant 1.0 : f32
  %pad = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %c : f32
  } {qopt.name = "pad_0"} : tensor<4xf32> to tensor<6xf32>
  %empty = tensor.empty() : tensor<6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%pad : tensor<6xf32>) outs(%empty : tensor<6xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %c : f32
    %2 = arith.addf %1, %a : f32
    %3 = arith.mulf %2, %a : f32
    %4 = arith.divf %3, %c : f32
    linalg.yield %4 : f32
  } -> tensor<6xf32>
  %q = qopt.quantize %y as !quant.uniform<i8:f32, 0.5> {qopt.name = "q"} : tensor<6xf32> -> tensor<6xi8>
  return %q : tensor<6xi8>
}
