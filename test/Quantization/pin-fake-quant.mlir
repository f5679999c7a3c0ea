// RUN: quant-opt %s --qopt-pin-fake-quant | FileCheck %s --implicit-check-not=qopt.why
// RUN: sed 's/^module {/module attributes {qopt.explain} {/' %s | quant-opt --qopt-pin-fake-quant | FileCheck %s --check-prefix=WHY

// Statistics of the value before it was rounded decide nothing; they stay for who
// else reads the value.
// CHECK-LABEL: func @f
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK: %[[O:.*]] = qopt.observe %[[X]] id "x" as !quant.uniform<i8:f32, 2.500000e-01>
// CHECK: %[[P:.*]] = qopt.observe %[[X]] id "pinned" as !quant.uniform<i8:f32, 5.000000e-01:3> final : tensor<4xf32>
// CHECK: %[[R:.*]] = qopt.observe %[[P]] id "twice" as !quant.uniform<i8:f32, 1.000000e+00> final : tensor<4xf32>
// CHECK: return %[[O]], %[[R]]
// WHY-COUNT-2: final {qopt.why = "came with the model"} : tensor<4xf32>
module {
  func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.25> : tensor<4xf32>
    %p = qopt.fake_quant %o as !quant.uniform<i8:f32, 0.5:3> {qopt.name = "pinned"} : tensor<4xf32>
    %r = qopt.fake_quant %p as !quant.uniform<i8:f32, 1.0> {qopt.name = "twice"} : tensor<4xf32>
    return %o, %r : tensor<4xf32>, tensor<4xf32>
  }
}
