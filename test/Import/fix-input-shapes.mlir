// RUN: quant-opt %s --qopt-fix-input-shapes -split-input-file 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: quant-opt %s --qopt-fix-input-shapes --qopt-infer-shapes -split-input-file 2>/dev/null | FileCheck %s --check-prefix=INFERRED
// RUN: split-file %s %t.parts
// RUN: quant-opt %t.parts/two.mlir --qopt-fix-input-shapes="input-shapes=2x4,,3x4" | FileCheck %s --check-prefix=GIVEN

// A first dimension that is dynamic is one sample, and all that follows from it is
// known: sizes that are computed, reshapes, and results.
// REMARK: remark: 'batch' takes one sample at a time: the first dimension of its inputs, which is dynamic, becomes 1; input-shapes= gives other sizes
// CHECK-LABEL: func @batch
// CHECK-SAME: (%[[X:.*]]: tensor<1x6xf32>, %{{.*}}: tensor<4xf32>) -> tensor<?xf32>
// CHECK: %[[CAST:.*]] = tensor.cast %[[X]] : tensor<1x6xf32> to tensor<?x6xf32>
// CHECK: tensor.dim %[[CAST]]
// INFERRED-LABEL: func @batch
// INFERRED-SAME: -> tensor<6xf32>
// INFERRED-NOT: ?
// INFERRED: return
func.func @batch(%x: tensor<?x6xf32>, %y: tensor<4xf32>) -> tensor<?xf32> {
  %zero = arith.constant 0 : index
  %six = arith.constant 6 : index
  %n = tensor.dim %x, %zero : tensor<?x6xf32>
  %e = tensor.empty(%n) : tensor<?x6xf32>
  %a = linalg.exp ins(%x : tensor<?x6xf32>) outs(%e : tensor<?x6xf32>) -> tensor<?x6xf32>
  %wide = tensor.expand_shape %a [[0], [1, 2]] output_shape [%n, 2, 3] : tensor<?x6xf32> into tensor<?x2x3xf32>
  %flat = tensor.collapse_shape %wide [[0, 1, 2]] : tensor<?x2x3xf32> into tensor<?xf32>
  return %flat : tensor<?xf32>
}

// -----

//--- two.mlir
// Of inputs that are given, those that are empty stay; nobody needs to be told.
// A function that is called is no model.
// GIVEN-LABEL: func @given
// GIVEN-SAME: (%{{.*}}: tensor<2x4xf32>, %{{.*}}: tensor<?x4xf32>, %{{.*}}: tensor<3x4xf32>)
// GIVEN: func private @callee(%{{.*}}: tensor<?x4xf32>)
// CHECK-LABEL: func @given
// CHECK-SAME: (%{{.*}}: tensor<1x4xf32>, %{{.*}}: tensor<1x4xf32>, %{{.*}}: tensor<1x?xf32>)
// CHECK: func private @callee(%{{.*}}: tensor<?x4xf32>)
func.func @given(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?x?xf32>) -> tensor<?x4xf32> {
  %r = func.call @callee(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
func.func private @callee(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
