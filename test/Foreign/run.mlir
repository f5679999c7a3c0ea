// A model of a foreign dialect from float to int8 and run: the stack brings the interface
// and the lowering that it has anyway, quant-opt brings the rest. Calibration runs the
// lowered copy; its table belongs to both.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[16,1,4]:ramp'
// RUN: quantopt-test-opt %s --qopt-import --qopt-insert-observers -o %t/observed.mlir
// RUN: quantopt-test-opt %t/observed.mlir --foreign-to-linalg --qopt-calibrate="data=%t/x.npz table=%t/table.json" -o %t/unused.mlir
// RUN: quantopt-test-opt %t/observed.mlir -o %t/quantized.mlir \
// RUN:   --pass-pipeline="builtin.module(qopt-apply-calibration{table=%t/table.json},qopt-verify-calibrated,func.func(qopt-select-ops,qopt-propagate-params,qopt-quantize-weights,qopt-insert-qdq,qopt-fuse-elementwise,qopt-fold-qdq,canonicalize,cse,qopt-verify-quantized))"
// RUN: FileCheck %s --input-file=%t/quantized.mlir
// RUN: quantopt-test-opt %t/quantized.mlir --foreign-to-linalg -o %t/int8.mlir
// RUN: quantopt-test-opt %s --foreign-to-linalg -o %t/float.mlir
// RUN: quant-run %t/float.mlir --inputs=%t/x.npz --outputs=%t/expected.npz
// RUN: %python %S/../Pipelines/Inputs/merge-npz.py %t/x.npz %t/expected.npz %t/both.npz
// RUN: quant-run %t/int8.mlir --inputs=%t/both.npz --expected=output0 --json=%t/r.json
// RUN: %python -c "import json; r = json.load(open(r'%t/r.json')); assert r['sqnr_db'] > 30, r"
// RUN: quant-run %t/int8.mlir --inputs=%t/both.npz --compare-kernels

// CHECK: qopt.quantize
// CHECK: foreign.mirror {{.*}} -> tensor<1x4xi{{8|16}}>
// CHECK: foreign.dense {{.*}}, tensor<3x4xi8>, tensor<3xi32>) -> tensor<1x3xi32>
// CHECK: qopt.requantize
// CHECK: foreign.dense {{.*}}, tensor<2x3xi8>, tensor<2xi32>) -> tensor<1x2xi32>
// CHECK: qopt.dequantize
// CHECK: foreign.squash
func.func @network(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 0.5, -0.25, 0.3], [-1.0, 0.2, 0.4, 0.6], [0.1, -0.9, 0.8, -0.7]]> : tensor<3x4xf32>
  %b = arith.constant dense<[0.5, -0.5, 0.25]> : tensor<3xf32>
  %w2 = arith.constant dense<[[1.0, -0.6, 0.3], [-0.3, 0.4, 0.9]]> : tensor<2x3xf32>
  %b2 = arith.constant dense<[0.1, -0.2]> : tensor<2xf32>
  %m = foreign.mirror %x : tensor<1x4xf32> -> tensor<1x4xf32>
  %d = foreign.dense %m, %w, %b : (tensor<1x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %init = tensor.empty() : tensor<1x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%d : tensor<1x3xf32>) outs(%init : tensor<1x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %max = arith.maximumf %in, %zero : f32
    linalg.yield %max : f32
  } -> tensor<1x3xf32>
  %d2 = foreign.dense %r, %w2, %b2 : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %s = foreign.squash %d2 : tensor<1x2xf32> -> tensor<1x2xf32>
  return %s : tensor<1x2xf32>
}
