// A bilinear resize between two convolutions, as TOSA has it: four moved values of stored
// bytes and one elementwise operation that mixes them and rounds once.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[8,1,4,4,2]:ramp'
// RUN: quant-run %s --kernels=scalar --inputs=%t/x.npz --outputs=%t/expected.npz
// RUN: quant-opt %s --qopt-import -o %t/imported.mlir
// RUN: FileCheck %s --check-prefix=IMPORT --input-file=%t/imported.mlir
// RUN: %python %S/Inputs/merge-npz.py %t/x.npz %t/expected.npz %t/both.npz
// RUN: quant-run %t/imported.mlir --kernels=scalar --inputs=%t/both.npz --expected=output0 | FileCheck %s --check-prefix=SAME
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz" -o %t/quantized.mlir
// RUN: FileCheck %s --input-file=%t/quantized.mlir
// RUN: quant-run %t/quantized.mlir --inputs=%t/both.npz --expected=output0 --json=%t/r.json
// RUN: %python -c "import json; r = json.load(open(r'%t/r.json')); assert r['sqnr_db'] > 30, r"
// RUN: %python %S/../Inputs/targets.py %t/quantized.mlir %t/x.npz %t/targets %targets

// IMPORT-NOT: tensor.extract %
// IMPORT-NOT: linalg.index
// SAME: max abs error    0

// CHECK-LABEL: func @resize
// CHECK: %[[A:.*]] = qopt.requantize
// CHECK-COUNT-4: qopt.take %[[A]] along [1, 2] {{.*}} -> tensor<1x8x8x3xi8>
// CHECK: linalg.generic
// CHECK-COUNT-4: qopt.dequantize %{{.*}} : i8 -> f32
// CHECK: qopt.quantize %{{.*}} : f32 -> i8
// CHECK: linalg.conv_2d_nhwc_{{hwcf|fhwc}} {{.*}} -> tensor<1x8x8x2xi32>

func.func @resize(%x: tensor<1x4x4x2xf32>) -> tensor<1x8x8x2xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.5, -0.25]]], [[[0.125, 1.0]]], [[[-0.75, 0.3]]]]> : tensor<3x1x1x2xf32>} : () -> tensor<3x1x1x2xf32>
  %b = "tosa.const"() {values = dense<[0.5, -1.0, 0.25]> : tensor<3xf32>} : () -> tensor<3xf32>
  %v = "tosa.const"() {values = dense<[[[[0.4, -0.2, 0.7]]], [[[0.1, 0.9, -0.6]]]]> : tensor<2x1x1x3xf32>} : () -> tensor<2x1x1x3xf32>
  %d = "tosa.const"() {values = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %zp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %c = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x3xf32>
  %s = tosa.const_shape {values = dense<[4, 2, 4, 2]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %o = tosa.const_shape {values = dense<[-1, -1]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %e = tosa.const_shape {values = dense<[1, 1]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %r = tosa.resize %c, %s, %o, %e {mode = BILINEAR} : (tensor<1x4x4x3xf32>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x8x8x3xf32>
  %y = tosa.conv2d %r, %v, %d, %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x8x8x3xf32>, tensor<2x1x1x3xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x2xf32>
  return %y : tensor<1x8x8x2xf32>
}
