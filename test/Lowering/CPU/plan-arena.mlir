// RUN: quant-opt %s --qopt-plan-arena | FileCheck %s

// Three buffers, of which the first and the last are never alive together:
// they share a place. 64 bytes of slack follow.
// CHECK: memref.global "private" @qopt_arena : memref<576xi8> = dense<0> {alignment = 64 : i64}
// CHECK-LABEL: func @chain
// CHECK-NOT: memref.alloc
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[C0]]][] : memref<576xi8> to memref<64xf32>
// CHECK: %[[C256:.*]] = arith.constant 256 : index
// CHECK: memref.view %{{.*}}[%[[C256]]][] : memref<576xi8> to memref<64xf32>
// CHECK: %[[C0_1:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[C0_1]]][] : memref<576xi8> to memref<64xf32>
func.func @chain(%in: memref<64xf32>, %out: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  linalg.copy ins(%in : memref<64xf32>) outs(%a : memref<64xf32>)
  %b = memref.alloc() : memref<64xf32>
  linalg.copy ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
  %c = memref.alloc() : memref<64xf32>
  linalg.copy ins(%b : memref<64xf32>) outs(%c : memref<64xf32>)
  linalg.copy ins(%c : memref<64xf32>) outs(%out : memref<64xf32>)
  return
}

// A view keeps its buffer alive.
// CHECK-LABEL: func @view
// CHECK: %[[V0:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[V0]]]
// CHECK: %[[V1:.*]] = arith.constant 256 : index
// CHECK: memref.view %{{.*}}[%[[V1]]]
func.func @view(%in: memref<64xf32>, %out: memref<32xf32>) {
  %a = memref.alloc() : memref<64xf32>
  %s = memref.subview %a[0] [32] [1] : memref<64xf32> to memref<32xf32>
  linalg.copy ins(%in : memref<64xf32>) outs(%a : memref<64xf32>)
  %b = memref.alloc() : memref<32xf32>
  linalg.copy ins(%s : memref<32xf32>) outs(%b : memref<32xf32>)
  linalg.copy ins(%b : memref<32xf32>) outs(%out : memref<32xf32>)
  return
}

// So does an address that a call gets later: the second buffer does not take
// its place.
// CHECK-LABEL: func @address
// CHECK: %[[A0:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[A0]]]
// CHECK: %[[A1:.*]] = arith.constant 256 : index
// CHECK: memref.view %{{.*}}[%[[A1]]]
func.func private @read(!llvm.ptr)
func.func @address(%in: memref<64xf32>, %out: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  linalg.copy ins(%in : memref<64xf32>) outs(%a : memref<64xf32>)
  %index = memref.extract_aligned_pointer_as_index %a : memref<64xf32> -> index
  %integer = arith.index_cast %index : index to i64
  %pointer = llvm.inttoptr %integer : i64 to !llvm.ptr
  %b = memref.alloc() : memref<64xf32>
  linalg.copy ins(%in : memref<64xf32>) outs(%b : memref<64xf32>)
  linalg.copy ins(%b : memref<64xf32>) outs(%out : memref<64xf32>)
  func.call @read(%pointer) : (!llvm.ptr) -> ()
  return
}
