// A TOSA model: a convolution in NHWC with zero-point operands, a clamp, a pooling, a
// dense layer. It comes down to linalg and is quantized as such a model is.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[6,1,4,4,2]:ramp'
// RUN: quant-run %s --inputs=%t/x.npz --outputs=%t/expected.npz
// RUN: quant-opt %s --qopt-import | FileCheck %s --check-prefix=IMPORT
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz" -o %t/quantized.mlir
// RUN: FileCheck %s --input-file=%t/quantized.mlir
// RUN: %python %S/Inputs/merge-npz.py %t/x.npz %t/expected.npz %t/both.npz
// RUN: quant-run %t/quantized.mlir --inputs=%t/both.npz --expected=output0 --json=%t/r.json
// RUN: %python -c "import json; r = json.load(open(r'%t/r.json')); assert r['sqnr_db'] > 30, r"
// RUN: quant-run %t/quantized.mlir --inputs=%t/both.npz --compare-kernels

// IMPORT-LABEL: func @tosa
// IMPORT-SAME: {qopt.name = "input_0"}
// IMPORT-NOT: tosa.
// IMPORT: linalg.conv_2d_nhwc_{{hwcf|fhwc}} {{.*}}qopt.name =
// IMPORT: linalg.pooling_nhwc_max
// IMPORT: linalg.{{batch_matmul|matmul|conv_2d}}
// IMPORT-NOT: tosa.

// CHECK-LABEL: func @tosa
// CHECK: qopt.quantize
// CHECK: linalg.conv_2d_nhwc_{{hwcf|fhwc}} {{.*}} -> tensor<{{.*}}xi32>
// CHECK: qopt.requantize
// CHECK: linalg.pooling_nhwc_max {{.*}} -> tensor<1x2x2x3xi{{8|16}}>
// CHECK: linalg.{{batch_matmul|matmul|generic}} {{.*}} -> tensor<{{.*}}xi32>

func.func @tosa(%x: tensor<1x4x4x2xf32>) -> tensor<1x1x5xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.5, -0.25]]], [[[0.125, 1.0]]], [[[-0.75, 0.3]]]]> : tensor<3x1x1x2xf32>} : () -> tensor<3x1x1x2xf32>
  %b = "tosa.const"() {values = dense<[0.5, -1.0, 0.25]> : tensor<3xf32>} : () -> tensor<3xf32>
  %zp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %c = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x3xf32>
  %r = tosa.clamp %c {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %p = tosa.max_pool2d %r {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x2x2x3xf32>
  %s = tosa.const_shape {values = dense<[1, 1, 12]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %f = tosa.reshape %p, %s : (tensor<1x2x2x3xf32>, !tosa.shape<3>) -> tensor<1x1x12xf32>
  %d = "tosa.const"() {values = dense<[[[0.5, -0.25, 0.125, 0.3, 1.0], [0.1, 0.2, -0.3, 0.4, -0.5], [0.6, -0.7, 0.8, -0.9, 0.15],
                                        [0.25, 0.35, 0.45, -0.55, 0.65], [0.75, -0.85, 0.95, 0.05, -0.15], [0.3, -0.2, 0.1, 0.7, 0.9],
                                        [0.5, 0.25, -0.125, 0.3, -1.0], [0.1, -0.2, 0.3, -0.4, 0.5], [-0.6, 0.7, -0.8, 0.9, -0.15],
                                        [-0.25, 0.35, -0.45, 0.55, 0.65], [0.75, 0.85, -0.95, 0.05, 0.15], [0.3, 0.2, 0.1, -0.7, 0.9]]]> : tensor<1x12x5xf32>} : () -> tensor<1x12x5xf32>
  %m = tosa.matmul %f, %d, %zp, %zp : (tensor<1x1x12xf32>, tensor<1x12x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x5xf32>
  return %m : tensor<1x1x5xf32>
}
