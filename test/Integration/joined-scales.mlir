// A narrow value that is joined with a wide one and read by a product too, as in a network
// whose layers see all layers before: it keeps its own parameters and is rounded once more
// where it is joined, or that product would see a few steps of it.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'x=f32[64,1,6]:ramp'
// RUN: quant-run %s --inputs=%t/x.npz --outputs=%t/expected.npz
// RUN: %python %S/../Pipelines/Inputs/merge-npz.py %t/x.npz %t/expected.npz %t/both.npz

// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz" -o %t/kept.mlir
// RUN: FileCheck %s --input-file=%t/kept.mlir
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz explain=-" -o /dev/null | FileCheck %s --check-prefix=WHY
// WHY: of its own: the range of all of matmul_0, matmul_1 would cost {{[0-9.]+}} dB{{$}}
// RUN: quant-run %t/kept.mlir --inputs=%t/both.npz --compare-kernels
// RUN: quant-run %t/kept.mlir --inputs=%t/both.npz --expected=output0=0 --json=%t/kept0.json
// RUN: quant-run %t/kept.mlir --inputs=%t/both.npz --expected=output1=1 --json=%t/kept1.json

// The same with a limit that nothing passes: one range for all.
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz config=%S/Inputs/joined-scales.yaml" -o %t/shared.mlir
// RUN: FileCheck %s --check-prefix=SHARED --input-file=%t/shared.mlir
// RUN: quant-run %t/shared.mlir --inputs=%t/both.npz --expected=output0=0 --json=%t/shared0.json
// RUN: quant-run %t/shared.mlir --inputs=%t/both.npz --expected=output1=1 --json=%t/shared1.json

// SHARED-LABEL: func @joined
// SHARED-NOT: qopt.lookup
// SHARED: %[[N:.*]] = qopt.requantize %{{.*}} {{.*}}qopt.name = "matmul_0"
// SHARED: tensor.concat dim(1) %[[N]], %{{.*}} -> tensor<1x8xi8>

// The other reader gains 20 dB and more, what is joined loses next to nothing.
// RUN: %python %S/Inputs/compare-sqnr.py %t/kept0.json %t/shared0.json -0.5
// RUN: %python %S/Inputs/compare-sqnr.py %t/kept1.json %t/shared1.json 20

// A map of the decisions gives the same program.
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz save-quantization-map=%t/map.yaml" -o %t/again.mlir
// RUN: quant-opt %s --qopt-quantize="quantization-map=%t/map.yaml" -o %t/mapped.mlir
// RUN: cmp %t/kept.mlir %t/again.mlir
// RUN: cmp %t/kept.mlir %t/mapped.mlir

// A trainer gets one scale for all that is joined, and one for the narrow value.
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t/x.npz" --compile-to=calibrate -o %t/calibrated.mlir
// RUN: quant-opt %t/calibrated.mlir --qopt-insert-fake-quant="form=linalg parameters=arguments values=%t/start.npz" \
// RUN:   | FileCheck %s --check-prefix=TRAIN
// TRAIN: func @joined
// TRAIN-SAME: qopt.name = "x.scale"
// TRAIN-SAME: qopt.name = "matmul_0.scale"
// TRAIN-SAME: qopt.name = "matmul_1.scale"
// TRAIN-NOT: concat_0{{.*}}.scale"

// And with that limit one scale for all.
// RUN: quant-opt %t/calibrated.mlir -o %t/trained.mlir \
// RUN:   --qopt-insert-fake-quant="form=linalg parameters=arguments values=%t/start.npz config=%S/Inputs/joined-scales.yaml"
// RUN: FileCheck %s --check-prefix=ONE --input-file=%t/trained.mlir --implicit-check-not=matmul_1.scale
// ONE: qopt.name = "matmul_0.scale"

// CHECK-LABEL: func @joined
// CHECK: %[[N:.*]] = qopt.requantize %{{.*}} {{.*}}qopt.name = "matmul_0"
// CHECK: %[[J:.*]] = qopt.lookup %[[N]] in dense<
// CHECK: tensor.concat dim(1) %[[J]], %{{.*}} -> tensor<1x8xi8>
// CHECK: linalg.matmul {{.*}} ins(%[[N]],

func.func @joined(%x: tensor<1x6xf32> {qopt.name = "x"}) -> (tensor<1x3xf32>, tensor<1x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<[[-0.0105, 0.0018, -0.0052, 0.0042], [0.0050, -0.0174, -0.0195, 0.0135], [-0.0096, -0.0106, 0.0198, -0.0012], [0.0135, -0.0009, 0.0056, -0.0140], [0.0054, 0.0147, 0.0009, 0.0097], [0.0069, -0.0174, 0.0103, 0.0036]]> : tensor<6x4xf32>
  %w1 = arith.constant dense<[[-1.1924, -2.8139, 2.1932, -0.1635], [1.3129, 2.2729, 1.2848, 2.5266], [-0.6302, 1.8055, -0.3323, 2.6135], [2.2732, -2.4153, -2.1842, -1.6981], [2.7929, -0.3830, 0.7599, -1.1938], [0.0435, -0.6848, -0.8945, 0.5104]]> : tensor<6x4xf32>
  %w2 = arith.constant dense<[[0.1685, 0.8084, 0.3640], [0.8579, 0.7128, 0.9820], [0.3425, -0.6738, 0.7213], [0.9293, 0.8094, 0.1382], [0.4276, -0.5778, 0.6632], [0.1471, -0.4301, -0.8731], [0.7079, 0.9796, -0.8230], [0.6012, -0.1791, -0.6985]]> : tensor<8x3xf32>
  %w3 = arith.constant dense<[[-0.4122, 0.5376, 0.7455], [-0.9116, 0.2291, -0.9101], [0.4369, -0.3381, 0.7618], [0.9613, 0.0108, 0.9970]]> : tensor<4x3xf32>
  %e4 = tensor.empty() : tensor<1x4xf32>
  %e3 = tensor.empty() : tensor<1x3xf32>
  %i4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %i3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %narrow = linalg.matmul ins(%x, %w0 : tensor<1x6xf32>, tensor<6x4xf32>) outs(%i4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %wide = linalg.matmul ins(%x, %w1 : tensor<1x6xf32>, tensor<6x4xf32>) outs(%i4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %both = tensor.concat dim(1) %narrow, %wide : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  %y0 = linalg.matmul ins(%both, %w2 : tensor<1x8xf32>, tensor<8x3xf32>) outs(%i3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %y1 = linalg.matmul ins(%narrow, %w3 : tensor<1x4xf32>, tensor<4x3xf32>) outs(%i3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %y0, %y1 : tensor<1x3xf32>, tensor<1x3xf32>
}
