// RUN: quant-opt %s --qopt-emit-kernels=cpu=sapphirerapids | FileCheck %s
// RUN: quant-opt %s --qopt-emit-kernels="cpu=sapphirerapids features=-amx-int8" | FileCheck %s --check-prefix=WITHOUT

// Blocks of two by two tiles on packed weights; the rest of the rows has shapes
// of its own. Signed activations from outside stay signed.

// WITHOUT-NOT: llvm.x86.td
// WITHOUT: vpdpbusd

// CHECK-LABEL: func.func @matmul
// CHECK: %[[BLOCK:.+]] = memref.alloc() : memref<1024xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK: }
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: scf.for
// CHECK: vector.load %[[BLOCK]]
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"

// Too few rows for a tile.
// CHECK-LABEL: func.func @few
// CHECK-NOT: llvm.x86.td
// CHECK: vpdpbusd

// CHECK-LABEL: func.func @unsigned
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbusd"
module attributes {llvm.target_triple = "x86_64-linux-gnu"} {
  memref.global "private" constant @w : memref<128x32xi8> = dense<3>
  func.func @matmul(%a: memref<44x128xi8>, %out: memref<44x32xi32>) {
    %w = memref.get_global @w : memref<128x32xi8>
    linalg.matmul ins(%a, %w : memref<44x128xi8>, memref<128x32xi8>) outs(%out : memref<44x32xi32>)
    return
  }
  func.func @few(%a: memref<2x128xi8>, %out: memref<2x32xi32>) {
    %w = memref.get_global @w : memref<128x32xi8>
    linalg.matmul ins(%a, %w : memref<2x128xi8>, memref<128x32xi8>) outs(%out : memref<2x32xi32>)
    return
  }
  func.func @unsigned(%a: memref<32x128xi8>, %out: memref<32x32xi32>) {
    %w = memref.get_global @w : memref<128x32xi8>
    linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                    iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%a, %w : memref<32x128xi8>, memref<128x32xi8>) outs(%out : memref<32x32xi32>) {
    ^bb0(%x: i8, %y: i8, %acc: i32):
      %0 = arith.extui %x : i8 to i32
      %1 = arith.extsi %y : i8 to i32
      %2 = arith.muli %0, %1 : i32
      %3 = arith.addi %acc, %2 : i32
      linalg.yield %3 : i32
    }
    return
  }
}
