// RUN: quant-opt %s --qopt-verify-calibrated | FileCheck %s
// RUN: quant-opt %s --qopt-verify-calibrated -o %t.checked && quant-opt %s -o %t.plain && cmp %t.checked %t.plain

// Ids of two functions differ, and each observer carries its type.
// CHECK-LABEL: func @first
func.func @first(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: qopt.observe %{{.*}} id "x" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// CHECK-LABEL: func @second
func.func @second(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: qopt.observe %{{.*}} id "y" as !quant.uniform<i8:f32, 1.000000e-01:3>
  %o = qopt.observe %x id "y" as !quant.uniform<i8:f32, 1.0e-1:3> : tensor<4xf32>
  return %o : tensor<4xf32>
}
