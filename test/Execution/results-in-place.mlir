// Results that others are computed from, in place: each goes to its caller before the next one
// takes its buffer.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=i32[1,2,2]:1,2,3,4' 'w=i32[1,2,2]:1,0,1,-1'
// RUN: quant-run %s --inputs=%t.npz --outputs=%t.y.npz --compare-kernels
// RUN: %python %S/../Inputs/npz.py show %t.y.npz | FileCheck %s
// CHECK: output0
// CHECK-NEXT: {{^ *}}8 7 13 5
// CHECK: output1
// CHECK-NEXT: {{^ *}}5 4 13 8
// CHECK: output2
// CHECK-NEXT: {{^ *}}5 2 13 4
// CHECK: output3
// CHECK-NEXT: {{^ *}}2 4 6 8
// CHECK: output4
// CHECK-NEXT: {{^ *}}5 2 13 4

#id = affine_map<(a, b) -> (a, b)>
func.func @f(%x: tensor<2x2xi32>, %w: tensor<2x2xi32>) -> (tensor<2x2xi32>, tensor<2x2xi32>, tensor<2x2xi32>, tensor<2x2xi32>, tensor<4xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %e = tensor.empty() : tensor<2x2xi32>
  %twice = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x2xi32>) outs(%e : tensor<2x2xi32>) {
  ^bb0(%v: i32, %o: i32):
    %s = arith.addi %v, %v : i32
    linalg.yield %s : i32
  } -> tensor<2x2xi32>
  %sum = linalg.matmul ins(%x, %w : tensor<2x2xi32>, tensor<2x2xi32>) outs(%twice : tensor<2x2xi32>) -> tensor<2x2xi32>
  %column = tensor.extract_slice %twice[0, 1] [2, 1] [1, 1] : tensor<2x2xi32> to tensor<2x1xi32>
  %inserted = tensor.insert_slice %column into %sum[0, 1] [2, 1] [1, 1] : tensor<2x1xi32> into tensor<2x2xi32>
  %looped = scf.for %i = %c0 to %c3 step %c1 iter_args(%from = %inserted) -> tensor<2x2xi32> {
    %next = linalg.generic {indexing_maps = [affine_map<(a, b) -> (b, a)>, #id], iterator_types = ["parallel", "parallel"]} ins(%w : tensor<2x2xi32>) outs(%from : tensor<2x2xi32>) {
    ^bb0(%v: i32, %o: i32):
      %s = arith.addi %v, %o : i32
      linalg.yield %s : i32
    } -> tensor<2x2xi32>
    scf.yield %next : tensor<2x2xi32>
  }
  %flat = tensor.collapse_shape %sum [[0, 1]] : tensor<2x2xi32> into tensor<4xi32>
  return %looped, %inserted, %sum, %twice, %flat : tensor<2x2xi32>, tensor<2x2xi32>, tensor<2x2xi32>, tensor<2x2xi32>, tensor<4xi32>
}
