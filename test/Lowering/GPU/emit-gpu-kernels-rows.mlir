// RUN: quant-opt %s --qopt-emit-gpu-kernels --split-input-file | FileCheck %s

// A block computes a row of 200 of each operation: partial sums, the sum, and
// what reads it. What goes between them stays in shared memory.
// CHECK-LABEL: func.func @norm
// CHECK: %[[ROWS:.*]] = arith.constant 64 : index
// CHECK: %[[THREADS:.*]] = arith.constant 256 : index
// CHECK: gpu.launch_func @qopt_kernels::@kernel_rows blocks in (%[[ROWS]], %{{.*}}, %{{.*}}) threads in (%[[THREADS]],
// CHECK-NOT: gpu.launch_func
// CHECK: gpu.func @kernel_rows(%{{.*}}: memref<12800xf32> {llvm.align = 256 : i64, llvm.noalias, llvm.readonly}, %{{.*}}: memref<12800xf32> {llvm.align = 256 : i64, llvm.noalias}) workgroup(%[[SUMS:.*]] : memref<1xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64})
// CHECK: scf.if
// CHECK: scf.for
// CHECK: memref.store %{{.*}}, %[[SUMS]][
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK: memref.load %[[SUMS]][
// CHECK: arith.divf
// CHECK-NOT: gpu.barrier
#row = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @norm(%a: memref<64x200xf32>, %r: memref<64x200xf32>) {
  %zero = arith.constant 0.0 : f32
  %sum = memref.alloc() : memref<64xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<64xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<64x200xf32>) outs(%sum : memref<64xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = arith.addf %o, %x : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %sum : memref<64x200xf32>, memref<64xf32>) outs(%r : memref<64x200xf32>) {
  ^bb0(%x: f32, %s: f32, %o: f32):
    %q = arith.divf %x, %s : f32
    linalg.yield %q : f32
  }
  return
}

// -----

// Both rows and columns are read: each element needs what another block would
// write. There are two kernels.
// CHECK-LABEL: func.func @columns
// CHECK-COUNT-2: gpu.launch_func
// CHECK: gpu.module
// CHECK-NOT: gpu.barrier
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @columns(%a: memref<512x512xf32>, %r: memref<512x512xf32>) {
  %t = memref.alloc() : memref<512x512xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<512x512xf32>) outs(%t : memref<512x512xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.mulf %x, %x : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d1, d0)>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t, %t : memref<512x512xf32>, memref<512x512xf32>) outs(%r : memref<512x512xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %q = arith.addf %x, %y : f32
    linalg.yield %q : f32
  }
  return
}

// -----

// Few elements: one block has all of it, whatever the order of the rows.
// CHECK-LABEL: func.func @small
// CHECK-COUNT-1: gpu.launch_func
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
#id2 = affine_map<(d0, d1) -> (d0, d1)>
func.func @small(%a: memref<8x8xf32>, %r: memref<8x8xf32>) {
  %t = memref.alloc() : memref<8x8xf32>
  linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<8x8xf32>) outs(%t : memref<8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.mulf %x, %x : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%t : memref<8x8xf32>) outs(%r : memref<8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.negf %x : f32
    linalg.yield %q : f32
  }
  return
}

// -----

// Few integer sums of terms that do not lie together: neighbouring threads have
// neighbouring sums, and a part of the terms each; the parts meet in shared
// memory.
// CHECK-LABEL: func.func @pool
// CHECK: gpu.func @kernel_rows({{.*}}) workgroup(%[[PARTS:.*]] : memref<[[THREADS:.*]]xi32, #gpu.address_space<workgroup>>
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %{{.*}} to %c256_i32 step %c32_i32 iter_args(%{{.*}} = %c0_i32
// CHECK: memref.store %[[SUM]], %[[PARTS]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[PARTS]]
// CHECK: arith.addi
// CHECK: memref.store
func.func @pool(%a: memref<256x64xi8>, %r: memref<64xi32>) {
  linalg.generic {indexing_maps = [affine_map<(c, k) -> (k, c)>, affine_map<(c, k) -> (c)>], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<256x64xi8>) outs(%r : memref<64xi32>) {
  ^bb0(%x: i8, %o: i32):
    %e = arith.extsi %x : i8 to i32
    %n = arith.addi %o, %e : i32
    linalg.yield %n : i32
  }
  return
}

// -----

// A body that loads by itself may load from any row: it has a kernel of its own.
// CHECK-LABEL: func.func @scale
// CHECK-COUNT-2: gpu.launch_func
// CHECK: gpu.module
// CHECK-NOT: gpu.barrier
func.func @scale(%a: memref<64x32xf32>, %r: memref<64x32xf32>) {
  %c5 = arith.constant 5 : index
  %t = memref.alloc() : memref<64xf32>
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0, 0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%a : memref<64x32xf32>) outs(%t : memref<64xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.mulf %x, %x : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<64x32xf32>) outs(%r : memref<64x32xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = memref.load %t[%c5] : memref<64xf32>
    %q = arith.mulf %x, %s : f32
    linalg.yield %q : f32
  }
  return
}

// -----

// Two poolings share a window, which nobody reads: it takes no shared memory.
// CHECK-LABEL: func.func @windows
// CHECK: gpu.func @kernel_rows
// CHECK-NOT: memref<{{[04]}}xf32
func.func @windows(%a: memref<1x8x8x4xf32>, %r: memref<1x2x2x4xf32>) {
  %window = memref.alloc() : memref<2x2xf32>
  %t = memref.alloc() : memref<1x4x4x4xf32>
  linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%a, %window : memref<1x8x8x4xf32>, memref<2x2xf32>) outs(%t : memref<1x4x4x4xf32>)
  linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%t, %window : memref<1x4x4x4xf32>, memref<2x2xf32>) outs(%r : memref<1x2x2x4xf32>)
  return
}
