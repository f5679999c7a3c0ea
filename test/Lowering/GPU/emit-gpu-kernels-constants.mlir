// RUN: quant-opt %s --qopt-emit-gpu-kernels | FileCheck %s
// RUN: quant-opt %s --qopt-emit-gpu-kernels=kernels=scalar | FileCheck %s --check-prefix=SCALAR

// Neighbouring threads have neighbouring channels of the result, whose weights lie
// six bytes apart. They read a copy in which those stand together: for each of the
// six terms, the eight channels (0, 6, 12, ...).
// CHECK: memref.global "private" constant @coalesced : memref<48xi8> = dense_resource<[[NAME:.*]]>
// CHECK-LABEL: func.func @conv
// CHECK: %[[COPY:.*]] = memref.get_global @coalesced
// CHECK: gpu.launch_func {{.*}}%[[COPY]] : memref<48xi8>
// A term is 8 bytes behind the one before.
// CHECK: gpu.func @kernel
// CHECK: scf.for %[[TERM:.*]] = %c0_i32 to %c6_i32
// CHECK: arith.muli %[[TERM]], %c8_i32
// CHECK: [[NAME]]: "0x4000000000060C12181E242A01070D13191F252B02080E141A20262C03090F151B21272D040A10161C22282E050B11171D23292F"
// SCALAR-NOT: coalesced
memref.global "private" constant @w : memref<8x2x3xi8> = dense<[[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]], [[12, 13, 14], [15, 16, 17]], [[18, 19, 20], [21, 22, 23]], [[24, 25, 26], [27, 28, 29]], [[30, 31, 32], [33, 34, 35]], [[36, 37, 38], [39, 40, 41]], [[42, 43, 44], [45, 46, 47]]]>
func.func @conv(%a: memref<64x2x3xi8>, %r: memref<64x8xi32>) {
  %w = memref.get_global @w : memref<8x2x3xi8>
  linalg.generic {indexing_maps = [affine_map<(m, n, i, j) -> (m, i, j)>, affine_map<(m, n, i, j) -> (n, i, j)>, affine_map<(m, n, i, j) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%a, %w : memref<64x2x3xi8>, memref<8x2x3xi8>) outs(%r : memref<64x8xi32>) {
  ^bb0(%x: i8, %y: i8, %o: i32):
    %e = arith.extsi %x : i8 to i32
    %f = arith.extsi %y : i8 to i32
    %p = arith.muli %e, %f : i32
    %n = arith.addi %o, %p : i32
    linalg.yield %n : i32
  }
  return
}
