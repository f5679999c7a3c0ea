// RUN: quant-opt %s --qopt-emit-kernels=cpu=sapphirerapids --canonicalize | FileCheck %s
// RUN: quant-opt %s --qopt-emit-kernels="cpu=sapphirerapids features=-amx-int8" | FileCheck %s --check-prefix=WITHOUT
// RUN: quant-opt %s --qopt-emit-kernels="cpu=sapphirerapids threads=2" --canonicalize | FileCheck %s --check-prefix=THREADS

// WITHOUT-NOT: llvm.x86.td
// WITHOUT: vpdpbusd

// Blocks of two by two tiles on packed weights: one block of two steps here, and
// of each step two tiles of either side. What the output holds already is added on
// vectors. 44 rows are three tiles, of which the last is shorter: it has shapes of
// its own. Signed activations from outside stay signed.
// CHECK-LABEL: func.func @accumulate
// CHECK: %[[BUFFER:.+]] = memref.alloc() : memref<2048xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.tilezero"(%[[FIRST:[^)]+]])
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.tdpbssd"(%[[FIRST]],
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK-NOT: llvm.x86.tilezero
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: scf.for
// CHECK: vector.load %[[BUFFER]]
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"

// Results that need no more go from tiles to where they belong, each between the
// first products of the next block, and those of the last block behind the loop;
// accumulators start from constants. All that is read stays in the first-level
// cache. One shape serves all blocks.
// CHECK-LABEL: func.func @direct
// CHECK-SAME: %[[A:.+]]: memref<64x128xi8>, %[[OUT:.+]]: memref<64x96xi32>
// CHECK: %[[FLAT:.+]] = memref.reinterpret_cast %[[OUT]]
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK: scf.for %[[BLOCK:.+]] = %c0 to %c6 step
// CHECK:   %[[FIRST:.+]] = arith.cmpi eq, %[[BLOCK]], %c0
// CHECK:   scf.if %[[FIRST]] {
// CHECK-NOT: llvm.x86.tilestored64
// CHECK:   } else {
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK:     memref.extract_aligned_pointer_as_index %[[FLAT]]
// CHECK:     llvm.call_intrinsic "llvm.x86.tilestored64"(%[[TILE:[^,]+]],
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloadd64"(%[[TILE]],
// CHECK:     llvm.call_intrinsic "llvm.x86.tdpbssd"(%[[TILE]],
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK:   }
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK: }
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK-NOT: llvm.x86.tileloaddt164
// CHECK-NOT: vector.
// CHECK-NOT: llvm.x86.ldtilecfg
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"

// While a block is multiplied, the epilogue of the block before it runs, two rows
// at a time; the last one is finished behind the loop.
// CHECK-LABEL: func.func @epilogue
// CHECK: %[[BUFFER:.+]] = memref.alloc() : memref<2048xi32>
// CHECK: scf.for %[[BLOCK:.+]] = %{{.*}} to %[[COUNT:c[0-9]+]] step
// CHECK:   %[[FIRST:.+]] = arith.cmpi eq, %[[BLOCK]], %c0
// CHECK:   %[[LIMIT:.+]] = arith.select %[[FIRST]], %c0, %c8
// CHECK:   } else {
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbssd"
// CHECK:   %[[END:.+]] = arith.minui %[[LIMIT]], %c8
// CHECK:   scf.for %{{.*}} = %c0 to %[[END]] step
// CHECK:     vector.load %[[BUFFER]]
// CHECK:     arith.trunci
// CHECK:     vector.store
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: scf.for %{{.*}} = %c0 to %c8
// CHECK:   vector.load %[[BUFFER]]

// Rows of 32 KiB stay in the first-level cache while weights pass, which leave it
// alone. Every other block reduces backward, so that it starts with the rows that
// were read last.
// CHECK-LABEL: func.func @streams
// CHECK: scf.for %[[BLOCK:.+]] = %c0 to %c6 step
// CHECK:   %[[BACKWARD:.+]] = arith.cmpi ne
// CHECK:   scf.if
// CHECK:     arith.select %[[BACKWARD]], %c15, %c0
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloaddt164"
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK:   scf.for %[[STEP:.+]] = %c1 to %c16 step
// CHECK:     %[[FROM_END:.+]] = arith.subi %c15, %[[STEP]]
// CHECK:     arith.select %[[BACKWARD]], %[[FROM_END]], %[[STEP]]
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloaddt164"
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK-NOT: memref.prefetch
// CHECK: return

// Weights that the second-level cache does not hold are asked for a panel ahead:
// of 512 lines, nine in each step of four blocks but their first. Rows that pass
// are copied, 64 bytes of four rows at a time, to where a step reads 2,048 bytes in
// one piece. Their loads pass the first-level
// cache, and those of the weights that stay do not.
// CHECK-LABEL: func.func @ahead
// CHECK-SAME: %[[A:.+]]: memref<128x1024xi8>
// CHECK-DAG: %[[FLAT:.+]] = memref.reinterpret_cast %[[A]]
// CHECK-DAG: %[[ROWS:.+]] = memref.alloc() : memref<131072xi8>
// CHECK: scf.for %{{.*}} = %c0 to %c4 step
// CHECK:   scf.for %{{.*}} = %c0 to %c4 step
// CHECK:     scf.for %[[STEP:.+]] = %c0 to %c16 step
// CHECK:       arith.muli %[[STEP]], %c2048
// CHECK:       %[[LINE:.+]] = vector.load %{{.*}} : memref<131072xi8>, vector<64xi8>
// CHECK:       vector.store %[[LINE]], %[[ROWS]]
// CHECK-COUNT-3: vector.load
// CHECK:   scf.for
// CHECK: scf.if
// CHECK:   memref.extract_aligned_pointer_as_index %[[ROWS]]
// CHECK:   llvm.call_intrinsic "llvm.x86.tileloaddt164"
// CHECK-NOT: memref.prefetch
// CHECK: scf.for
// CHECK: tdpbssd
// CHECK-COUNT-9: memref.prefetch %{{.*}}, read, locality<2>, data : memref<1179648xi8>
// CHECK-NOT: memref.prefetch
// CHECK: return

// Rows that stay are asked for a block ahead: of 512 lines, two in each step by 20
// panels of weights but their first.
// CHECK-LABEL: func.func @rows_ahead
// CHECK-NOT: vector.
// CHECK: scf.for
// CHECK: tdpbssd
// CHECK: scf.for
// CHECK-COUNT-2: memref.prefetch %{{.*}}, read, locality<2>, data : memref<1310720xi8>
// CHECK-NOT: memref.prefetch
// CHECK: return

// Of long runs, all rows of a chunk pass by one part, then by the next one: of 32
// columns and 1,024 products each, which stay in the first-level cache. Sums wait
// in a buffer, of ten blocks here; a part starts from there unless it is the first,
// and goes there unless it is the last.
// CHECK-LABEL: func.func @parts
// CHECK-DAG: %[[SUMS:.+]] = memref.alloc() : memref<10240xi32>
// CHECK: scf.for %[[BLOCK:.+]] = %c0 to %c720 step
// CHECK:   %[[PART:.+]] = arith.remui %{{.*}}, %c2
// CHECK:   arith.muli %[[PART]], %c16
// CHECK:   %[[IS_LAST:.+]] = arith.cmpi eq, %{{.*}}, %c1
// CHECK:   %[[IS_FIRST:.+]] = arith.cmpi eq, %[[PART]], %c0
// CHECK:   } else {
// CHECK:     memref.extract_aligned_pointer_as_index %[[SUMS]]
// CHECK:     %[[TO:.+]] = arith.select %[[IS_LAST]], %{{.*}} : !llvm.ptr
// CHECK:     %[[APART:.+]] = arith.select %[[IS_LAST]], %{{.*}} : i64
// CHECK:     llvm.call_intrinsic "llvm.x86.tilestored64"(%[[TILE:[^,]+]], %[[TO]], %[[APART]])
// CHECK:     %[[FROM:.+]] = arith.select %[[IS_FIRST]], %{{.*}} : !llvm.ptr
// CHECK:     %[[APART:.+]] = arith.select %[[IS_FIRST]], %{{.*}} : i64
// CHECK:     llvm.call_intrinsic "llvm.x86.tileloadd64"(%[[TILE]], %[[FROM]], %[[APART]])
// CHECK:   scf.for %{{.*}} = %c1 to %c16 step

// What is neither zero nor known is added on vectors: parts start from zeros.
// CHECK-LABEL: func.func @parts_of_sums
// CHECK: memref.get_global @qopt_zeros : memref<16xi32>
// CHECK-NOT: llvm.x86.tilezero
// CHECK: return

// Chunks, of 640 rows here, have buffers in common where one thread does them one
// after the other, else each its own.
// CHECK-LABEL: func.func @chunks
// CHECK: memref.alloc() : memref<655360xi8>
// CHECK-NOT: qopt.parallel
// CHECK: return
// THREADS-LABEL: func.func @chunks
// THREADS: memref.alloc() : memref<3276800xi8>
// THREADS: } {qopt.parallel}

// A reduction of 68 products takes two equal steps: runs are padded with zero
// weights, and what lies behind the last activations is copied to where it may be
// read.
// CHECK-LABEL: func.func @padded
// CHECK: linalg.copy
// CHECK: memref.get_global @{{.*}} : memref<2304xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"

// Too little work to load shapes for.
// CHECK-LABEL: func.func @few
// CHECK-NOT: llvm.x86.td
// CHECK: vpdpbusd

// CHECK-LABEL: func.func @unsigned
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbusd"

// Both factors are computed at run time.
// CHECK-LABEL: func.func @attention
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbssd"
module attributes {llvm.target_triple = "x86_64-linux-gnu"} {
  memref.global "private" constant @w : memref<128x32xi8> = dense<3>
  memref.global "private" constant @wide : memref<128x96xi8> = dense<3>
  memref.global "private" constant @long : memref<1024x96xi8> = dense<3>
  memref.global "private" constant @large : memref<1024x1152xi8> = dense<3>
  memref.global "private" constant @square : memref<1024x640xi8> = dense<3>
  memref.global "private" constant @longer : memref<2048x1152xi8> = dense<3>
  memref.global "private" constant @odd : memref<68x32xi8> = dense<3>
  func.func @accumulate(%a: memref<44x128xi8>, %out: memref<44x32xi32>) {
    %w = memref.get_global @w : memref<128x32xi8>
    linalg.matmul ins(%a, %w : memref<44x128xi8>, memref<128x32xi8>) outs(%out : memref<44x32xi32>)
    return
  }
  func.func @direct(%a: memref<64x128xi8>, %out: memref<64x96xi32>) {
    %w = memref.get_global @wide : memref<128x96xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<64x96xi32>)
    linalg.matmul ins(%a, %w : memref<64x128xi8>, memref<128x96xi8>) outs(%out : memref<64x96xi32>)
    return
  }
  func.func @epilogue(%a: memref<64x128xi8>, %out: memref<64x96xi8>) {
    %w = memref.get_global @wide : memref<128x96xi8>
    %zero = arith.constant 0 : i32
    %sums = memref.alloc() : memref<64x96xi32>
    linalg.fill ins(%zero : i32) outs(%sums : memref<64x96xi32>)
    linalg.matmul ins(%a, %w : memref<64x128xi8>, memref<128x96xi8>) outs(%sums : memref<64x96xi32>)
    linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
        ins(%sums : memref<64x96xi32>) outs(%out : memref<64x96xi8>) {
    ^bb0(%x: i32, %y: i8):
      %0 = arith.trunci %x : i32 to i8
      linalg.yield %0 : i8
    }
    return
  }
  func.func @streams(%a: memref<64x1024xi8>, %out: memref<64x96xi32>) {
    %w = memref.get_global @long : memref<1024x96xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<64x96xi32>)
    linalg.matmul ins(%a, %w : memref<64x1024xi8>, memref<1024x96xi8>) outs(%out : memref<64x96xi32>)
    return
  }
  func.func @ahead(%a: memref<128x1024xi8>, %out: memref<128x1152xi32>) {
    %w = memref.get_global @large : memref<1024x1152xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<128x1152xi32>)
    linalg.matmul ins(%a, %w : memref<128x1024xi8>, memref<1024x1152xi8>) outs(%out : memref<128x1152xi32>)
    return
  }
  func.func @rows_ahead(%a: memref<1280x1024xi8>, %out: memref<1280x640xi32>) {
    %w = memref.get_global @square : memref<1024x640xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<1280x640xi32>)
    linalg.matmul ins(%a, %w : memref<1280x1024xi8>, memref<1024x640xi8>) outs(%out : memref<1280x640xi32>)
    return
  }
  func.func @parts(%a: memref<2560x2048xi8>, %out: memref<2560x1152xi32>) {
    %w = memref.get_global @longer : memref<2048x1152xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<2560x1152xi32>)
    linalg.matmul ins(%a, %w : memref<2560x2048xi8>, memref<2048x1152xi8>) outs(%out : memref<2560x1152xi32>)
    return
  }
  func.func @parts_of_sums(%a: memref<2560x2048xi8>, %out: memref<2560x1152xi32>) {
    %w = memref.get_global @longer : memref<2048x1152xi8>
    linalg.matmul ins(%a, %w : memref<2560x2048xi8>, memref<2048x1152xi8>) outs(%out : memref<2560x1152xi32>)
    return
  }
  func.func @chunks(%a: memref<3072x1024xi8>, %out: memref<3072x1152xi32>) {
    %w = memref.get_global @large : memref<1024x1152xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<3072x1152xi32>)
    linalg.matmul ins(%a, %w : memref<3072x1024xi8>, memref<1024x1152xi8>) outs(%out : memref<3072x1152xi32>)
    return
  }
  func.func @padded(%a: memref<64x68xi8>, %out: memref<64x32xi32>) {
    %w = memref.get_global @odd : memref<68x32xi8>
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<64x32xi32>)
    linalg.matmul ins(%a, %w : memref<64x68xi8>, memref<68x32xi8>) outs(%out : memref<64x32xi32>)
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
  func.func @attention(%a: memref<64x64xi8>, %b: memref<64x64xi8>, %out: memref<64x64xi32>) {
    linalg.matmul ins(%a, %b : memref<64x64xi8>, memref<64x64xi8>) outs(%out : memref<64x64xi32>)
    return
  }
}
