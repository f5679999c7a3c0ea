// RUN: quant-opt %s --qopt-bufferize | FileCheck %s
// RUN: quant-opt %s --qopt-bufferize --canonicalize --cse --canonicalize | FileCheck %s --check-prefix=FOLDED

// The producer of a padded value writes into the padded buffer: one
// allocation, no copy.
// CHECK-LABEL: func @pad
// CHECK: %[[P:.*]] = memref.alloc() {alignment = 64 : i64} : memref<6xf32>
// CHECK-NOT: memref.alloc
// CHECK-NOT: copy
// CHECK: linalg.fill {{.*}} outs(%[[P]]
// CHECK: %[[S:.*]] = memref.subview %[[P]][1] [4] [1]
// CHECK: linalg.negf {{.*}} outs(%[[S]]
// CHECK: linalg.exp ins(%[[P]]
func.func @pad(%in: memref<4xf32>, %out: memref<6xf32>) {
  %zero = arith.constant 0.0 : f32
  %x = bufferization.to_tensor %in restrict : memref<4xf32> to tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %n = linalg.negf ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %p = tensor.pad %n low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  %f = tensor.empty() : tensor<6xf32>
  %y = linalg.exp ins(%p : tensor<6xf32>) outs(%f : tensor<6xf32>) -> tensor<6xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<6xf32>, memref<6xf32>) -> ()
  return
}

// A copy is linalg's.
// CHECK-LABEL: func @copy
// CHECK: linalg.copy
// CHECK-NOT: memref.copy
func.func @copy(%in: memref<4xf32>, %out: memref<4xf32>) {
  %x = bufferization.to_tensor %in restrict : memref<4xf32> to tensor<4xf32>
  bufferization.materialize_in_destination %x in restrict writable %out : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// One empty tensor as the destination of two results: a buffer each, so that
// each has one writer.
// CHECK-LABEL: func @destinations
// CHECK: %[[FIRST:.*]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: linalg.exp {{.*}} outs(%[[FIRST]] :
// CHECK: %[[SECOND:.*]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: linalg.exp ins(%[[FIRST]] : memref<4xf32>) outs(%[[SECOND]] :
// CHECK: linalg.exp ins(%[[SECOND]] :
func.func @destinations(%x: memref<4xf32>, %out: memref<4xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32> to tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %1 = linalg.exp ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.exp ins(%1 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %3 = linalg.exp ins(%2 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  bufferization.materialize_in_destination %3 in restrict writable %out : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// Many values that are concatenated are written into one buffer, as few are. What is copied
// onto itself goes.
// FOLDED-LABEL: func @concatenated
// FOLDED: %[[ALL:.*]] = memref.alloc() {{.*}} : memref<36xf32>
// FOLDED-NOT: memref.alloc
// FOLDED-NOT: linalg.copy
// FOLDED: linalg.exp {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1]>>)
// FOLDED: linalg.log {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 4>>)
// FOLDED: linalg.abs {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 8>>)
// FOLDED: linalg.exp {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 12>>)
// FOLDED: linalg.log {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 16>>)
// FOLDED: linalg.abs {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 20>>)
// FOLDED: linalg.exp {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 24>>)
// FOLDED: linalg.log {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 28>>)
// FOLDED: linalg.abs {{.*}} outs(%{{.*}} : memref<4xf32, strided<[1], offset: 32>>)
// FOLDED-NOT: linalg.copy
// FOLDED: linalg.tanh ins(%[[ALL]] :
func.func @concatenated(%x: memref<4xf32>, %out: memref<36xf32>) {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32> to tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %1 = linalg.exp ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.log ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %3 = linalg.abs ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %4 = linalg.exp ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %5 = linalg.log ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %6 = linalg.abs ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %7 = linalg.exp ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %8 = linalg.log ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %9 = linalg.abs ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %all = tensor.concat dim(0) %1, %2, %3, %4, %5, %6, %7, %8, %9 : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<36xf32>
  %f = tensor.empty() : tensor<36xf32>
  %r = linalg.tanh ins(%all : tensor<36xf32>) outs(%f : tensor<36xf32>) -> tensor<36xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<36xf32>, memref<36xf32>) -> ()
  return
}
