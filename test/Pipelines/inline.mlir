// A model whose layers a frontend outlined is one function behind the import, and is
// quantized as such.

// RUN: quant-opt %s --qopt-import | FileCheck %s
// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[8,1,4]:ramp'
// RUN: quant-opt %s --qopt-quantize="calibration-data=%t.npz" | FileCheck %s --check-prefix=INT8

// CHECK-NOT: func.func private
// CHECK: func.func @model
// CHECK-NOT: call
// CHECK: linalg.matmul {qopt.name = "matmul_0"}
// CHECK: linalg.matmul {qopt.name = "matmul_1"}
// CHECK-NOT: func.func

// INT8-COUNT-2: linalg.matmul {{.*}} -> tensor<1x4xi32>
func.func private @layer(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = arith.constant dense<[[0.5, -0.25, 1.0, 0.3], [0.5, 0.25, -1.0, 0.3], [-0.5, 0.25, 0.1, 0.3], [0.5, 0.2, 0.1, -0.3]]> : tensor<4x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %m : tensor<1x4xf32>
}

func.func @model(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %a = call @layer(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %b = call @layer(%a) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %b : tensor<1x4xf32>
}
