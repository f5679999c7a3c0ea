// RUN: quant-opt %s --qopt-emit-gpu-kernels --split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-emit-gpu-kernels=kernels=scalar --split-input-file | FileCheck %s --check-prefix=SCALAR

// One thread for each of 300 elements, in three blocks of 128.
// CHECK-LABEL: func.func @add
// CHECK-NOT: linalg
// CHECK: %[[BLOCKS:.*]] = arith.constant 3 : index
// CHECK: %[[THREADS:.*]] = arith.constant 128 : index
// CHECK: gpu.launch_func @qopt_kernels::@kernel
// CHECK-SAME: blocks in (%[[BLOCKS]], %{{.*}}, %{{.*}}) threads in (%[[THREADS]], %{{.*}}, %{{.*}})
// CHECK-SAME: {qopt.writes = array<i64: 2>}
// CHECK: gpu.module @qopt_kernels
// Each buffer is one argument, and which are only read is known.
// CHECK: gpu.func @kernel(%{{.*}}: memref<300xf32> {llvm.align = 256 : i64, llvm.noalias, llvm.readonly}, %{{.*}}: memref<300xf32> {llvm.align = 256 : i64, llvm.noalias, llvm.readonly}, %{{.*}}: memref<300xf32> {llvm.align = 256 : i64, llvm.noalias}) kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK: %[[IN:.*]] = arith.cmpi ult, %{{.*}}, %c300_i32
// CHECK: scf.if %[[IN]]
// CHECK: arith.addf
// CHECK: memref.store
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @add(%a: memref<3x100xf32>, %b: memref<3x100xf32>, %c: memref<3x100xf32>) {
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : memref<3x100xf32>, memref<3x100xf32>) outs(%c : memref<3x100xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// A reduction takes its terms in order, between what fills the accumulators and
// what reads them.
// CHECK-LABEL: func.func @sum
// CHECK-COUNT-1: gpu.launch_func
// CHECK-NOT: gpu.launch_func
// CHECK: gpu.func @kernel
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[ACC:.*]] = %cst
// CHECK: %[[NEXT:.*]] = arith.addf %[[ACC]]
// CHECK: scf.yield %[[NEXT]]
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SUM]]
// CHECK: memref.store %[[SCALED]]
func.func @sum(%a: memref<64x10xf32>, %r: memref<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %tenth = arith.constant 0.1 : f32
  %acc = memref.alloc() : memref<64xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<64xf32>)
  linalg.reduce { arith.addf } ins(%a : memref<64x10xf32>) outs(%acc : memref<64xf32>) dimensions = [1]
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%acc : memref<64xf32>) outs(%r : memref<64xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = arith.mulf %x, %tenth : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// Bytes times constant bytes: tensor cores, on weights that lie packed, 64 terms
// of a step together. What fills the accumulators and what reads them is inside.
// CHECK-LABEL: func.func @product
// CHECK: %[[PACKED:.*]] = memref.get_global @packed_weights : memref<{{.*}}xi8>
// CHECK-COUNT-1: gpu.launch_func @qopt_kernels::@kernel
// CHECK-NOT: gpu.launch_func
// CHECK: llvm.mlir.global external @qopt_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK: gpu.func @kernel
// The stages that come before the loop, then a step and the one behind it.
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group
// CHECK: gpu.barrier
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.mma.sync {{.*}}intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>{{.*}}multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 32>
// CHECK: arith.sitofp
// CHECK: memref.store {{.*}} : memref<{{.*}}xf32>

// SCALAR-LABEL: func.func @product
// SCALAR-NOT: nvvm
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
memref.global "private" constant @weights : memref<128x96xi8> = dense<3>
func.func @product(%a: memref<256x128xi8>, %r: memref<256x96xf32>) {
  %w = memref.get_global @weights : memref<128x96xi8>
  %bias = arith.constant 7 : i32
  %acc = memref.alloc() : memref<256x96xi32>
  linalg.fill ins(%bias : i32) outs(%acc : memref<256x96xi32>)
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : memref<256x128xi8>, memref<128x96xi8>) outs(%acc : memref<256x96xi32>) {
  ^bb0(%x: i8, %y: i8, %o: i32):
    %xe = arith.extui %x : i8 to i32
    %ye = arith.extsi %y : i8 to i32
    %p = arith.muli %xe, %ye : i32
    %s = arith.addi %o, %p : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<256x96xi32>) outs(%r : memref<256x96xf32>) {
  ^bb0(%x: i32, %o: f32):
    %f = arith.sitofp %x : i32 to f32
    linalg.yield %f : f32
  }
  return
}

// -----

// A window of 3x3 on 3 channels has no four bytes together at every place: they
// go through registers, from listed positions.
// CHECK-LABEL: func.func @image
// CHECK: memref.get_global @term_positions : memref<32xi32>
// CHECK: gpu.func @kernel
// CHECK-NOT: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> i8
// CHECK: llvm.store {{.*}} : i32, !llvm.ptr<3>
// CHECK: nvvm.mma.sync
memref.global "private" constant @filter : memref<16x3x3x3xi8> = dense<5>
func.func @image(%a: memref<1x34x34x3xi8>, %r: memref<1x32x32x16xi32>) {
  %w = memref.get_global @filter : memref<16x3x3x3xi8>
  linalg.conv_2d_nhwc_fhwc ins(%a, %w : memref<1x34x34x3xi8>, memref<16x3x3x3xi8>) outs(%r : memref<1x32x32x16xi32>)
  return
}

// -----

// Products that are computed on both sides: 24 terms lie together, so they are
// copied by 8, and what is behind them is zero in the right factor.
// CHECK-LABEL: func.func @computed
// CHECK: gpu.func @kernel
// CHECK-DAG: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 8, cache = ca : !llvm.ptr<3>, !llvm.ptr<1>
// CHECK-DAG: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 8, cache = ca, %{{.*}} : !llvm.ptr<3>, !llvm.ptr<1>, i32
func.func @computed(%a: memref<4x32x24xi8>, %b: memref<4x16x24xi8>, %r: memref<4x32x16xi32>) {
  linalg.generic {indexing_maps = [affine_map<(z, m, n, k) -> (z, m, k)>, affine_map<(z, m, n, k) -> (z, n, k)>, affine_map<(z, m, n, k) -> (z, m, n)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<4x32x24xi8>, memref<4x16x24xi8>) outs(%r : memref<4x32x16xi32>) {
  ^bb0(%x: i8, %y: i8, %o: i32):
    %xe = arith.extsi %x : i8 to i32
    %ye = arith.extsi %y : i8 to i32
    %p = arith.muli %xe, %ye : i32
    %s = arith.addi %o, %p : i32
    linalg.yield %s : i32
  }
  return
}

// -----

// Several results, and a body that asks for its position.
// CHECK-LABEL: func.func @argmax
// CHECK: gpu.launch_func {{.*}}{qopt.writes = array<i64: 0, 1>}
// CHECK: gpu.func @kernel
// CHECK: scf.for %[[K:.*]] = {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (f32, i64)
// CHECK: arith.index_castui %[[K]] : i32 to index
func.func @argmax(%a: memref<8x10xf32>, %m: memref<8xf32>, %i: memref<8xi64>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<8x10xf32>) outs(%m, %i : memref<8xf32>, memref<8xi64>) {
  ^bb0(%x: f32, %o: f32, %p: i64):
    %k = linalg.index 1 : index
    %n = arith.index_cast %k : index to i64
    %c = arith.cmpf ogt, %x, %o : f32
    %v = arith.select %c, %x, %o : f32
    %w = arith.select %c, %n, %p : i64
    linalg.yield %v, %w : f32, i64
  }
  return
}

// -----

// Integers add up in any order: where there are few sums of many terms, the 32
// threads of a warp divide the terms of each, and its first one stores. Floats
// keep their order.
// CHECK-LABEL: func.func @pool
// CHECK: gpu.func @kernel
// CHECK: %[[LANE:.*]] = arith.remui %{{.*}}, %c32_i32
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %[[LANE]] to %c256_i32 step %c32_i32 iter_args(%{{.*}} = %c0_i32{{.*}}) -> (i32)
// CHECK: gpu.shuffle xor %[[SUM]], %c16
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[LANE]], %c0_i32
// CHECK: scf.if %[[FIRST]]
// CHECK: memref.store
// CHECK: scf.for {{.*}} = %c0_i32{{.*}} to %c256_i32 step %c1_i32
// CHECK-NOT: gpu.shuffle
func.func @pool(%a: memref<64x256xi8>, %r: memref<64xi32>, %f: memref<256x4096xf32>, %s: memref<4096xf32>) {
  linalg.generic {indexing_maps = [affine_map<(c, k) -> (c, k)>, affine_map<(c, k) -> (c)>], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<64x256xi8>) outs(%r : memref<64xi32>) {
  ^bb0(%x: i8, %o: i32):
    %e = arith.extsi %x : i8 to i32
    %n = arith.addi %o, %e : i32
    linalg.yield %n : i32
  }
  linalg.generic {indexing_maps = [affine_map<(c, k) -> (k, c)>, affine_map<(c, k) -> (c)>], iterator_types = ["parallel", "reduction"]}
      ins(%f : memref<256x4096xf32>) outs(%s : memref<4096xf32>) {
  ^bb0(%x: f32, %o: f32):
    %n = arith.addf %o, %x : f32
    linalg.yield %n : f32
  }
  return
}

// -----

// Buffers of more than 2^30 elements: positions have 64 bits.
// CHECK-LABEL: func.func @large
// CHECK: gpu.func @kernel
// CHECK: arith.cmpi ult, %{{.*}}, %c2147483649_i64 : i64
func.func @large(%a: memref<2147483649xi8>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%a : memref<2147483649xi8>) {
  ^bb0(%x: i8):
    %n = arith.addi %x, %x : i8
    linalg.yield %n : i8
  }
  return
}
