// RUN: quantopt-test-opt %s --qopt-import --qopt-insert-observers | FileCheck %s
// RUN: not quant-opt %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: Dialect `foreign' not found

// Names and observers reach operations that quant-opt learned of through the
// interface only: results of dense and squash are observed, mirror moves values.

// CHECK-LABEL: @network
func.func @network(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  // CHECK: %[[X:.*]] = qopt.observe %{{.*}} id "input_0"
  // CHECK: %[[M:.*]] = foreign.mirror %[[X]] {qopt.name = "mirror_0"}
  // CHECK-NEXT: %[[D:.*]] = foreign.dense %[[M]], {{.*}} {qopt.name = "dense_0"}
  // CHECK-NEXT: %[[O:.*]] = qopt.observe %[[D]] id "dense_0"
  // CHECK-NEXT: %[[S:.*]] = foreign.squash %[[O]]
  // CHECK-NEXT: qopt.observe %[[S]] id "squash_0"
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = arith.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %m = foreign.mirror %x : tensor<1x3xf32> -> tensor<1x3xf32>
  %d = foreign.dense %m, %w, %b : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %s = foreign.squash %d : tensor<1x2xf32> -> tensor<1x2xf32>
  return %s : tensor<1x2xf32>
}
