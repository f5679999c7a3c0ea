// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=alderlake | FileCheck %s --check-prefix=AVXVNNI
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=sierraforest | FileCheck %s --check-prefix=INT8
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=diamondrapids | FileCheck %s --check-prefix=AVX10
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=haswell | FileCheck %s --check-prefix=AVX2
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=skylake-avx512 | FileCheck %s --check-prefix=AVX512
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=x86-64-v2 | FileCheck %s --check-prefix=SSSE3
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=neoverse-n2 | FileCheck %s --check-prefix=I8MM
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=neoverse-n1 | FileCheck %s --check-prefix=DOTPROD
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=cortex-a53 | FileCheck %s --check-prefix=NEON

// What multiplies, and whether signed activations change their sign bit for it.
// The neighbours of @bounded sum to 128 at most, those of @over to 129; of
// @minimum, -128 has no opposite.

// AVXVNNI-LABEL: @bounded
// AVXVNNI: arith.xori
// AVXVNNI: llvm.x86.avx512.vpdpbusd.256"({{.*}}) : (vector<8xi32>, vector<32xi8>, vector<32xi8>)

// INT8-LABEL: @bounded
// INT8-NOT: arith.xori
// INT8: llvm.x86.avx2.vpdpbssd.256"({{.*}}) : (vector<8xi32>, vector<32xi8>, vector<32xi8>)
// INT8-LABEL: @unsigned
// INT8: arith.xori
// INT8: vpdpbssd

// AVX10-LABEL: @bounded
// AVX10-NOT: arith.xori
// AVX10: llvm.x86.avx10.vpdpbssd.512"({{.*}}) : (vector<16xi32>, vector<64xi8>, vector<64xi8>)

// AVX2-LABEL: @bounded
// AVX2-NOT: psign
// AVX2: arith.xori
// AVX2: %[[PAIRS:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"({{.*}}) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// AVX2: llvm.x86.avx2.pmadd.wd"(%[[PAIRS]], %cst
// AVX2-LABEL: @over
// AVX2-NOT: arith.xori
// AVX2: %[[SIZE:.+]] = "llvm.intr.abs"(%[[X:.+]]) <{is_int_min_poison = false}> : (vector<32xi8>) -> vector<32xi8>
// AVX2: %[[TURNED:.+]] = llvm.call_intrinsic "llvm.x86.avx2.psign.b"(%{{.*}}, %[[X]])
// AVX2: llvm.x86.avx2.pmadd.ub.sw"(%[[SIZE]], %[[TURNED]])
// AVX2-LABEL: @minimum
// AVX2-NOT: pmadd.ub.sw
// AVX2: llvm.x86.avx2.pmadd.wd"({{.*}}) : (vector<16xi16>, vector<16xi16>)
// AVX2-LABEL: @single
// AVX2-NOT: psign
// AVX2: pmadd.ub.sw
// AVX2-LABEL: @apart
// AVX2-NOT: psign
// AVX2: pmadd.ub.sw

// AVX512-LABEL: @bounded
// AVX512: llvm.x86.avx512.pmaddubs.w.512"({{.*}}) : (vector<64xi8>, vector<64xi8>)
// AVX512-LABEL: @over
// AVX512-NOT: pmaddubs
// AVX512: llvm.x86.avx512.pmaddw.d.512"({{.*}}) : (vector<32xi16>, vector<32xi16>)

// SSSE3-LABEL: @bounded
// SSSE3: llvm.x86.ssse3.pmadd.ub.sw.128"({{.*}}) : (vector<16xi8>, vector<16xi8>)
// SSSE3-LABEL: @over
// SSSE3: llvm.x86.ssse3.psign.b.128

// SSE2-LABEL: @bounded
// SSE2: llvm.x86.sse2.pmadd.wd"({{.*}}) : (vector<8xi16>, vector<8xi16>)

// I8MM-LABEL: @bounded
// I8MM: %[[FIRST:.+]] = vector.load {{.*}} : memref<32xi8>, vector<8xi8>
// I8MM: %[[SECOND:.+]] = vector.load {{.*}} : memref<32xi8>, vector<8xi8>
// I8MM: %[[ROWS:.+]] = vector.shuffle %[[FIRST]], %[[SECOND]]
// I8MM: llvm.aarch64.neon.smmla.v4i32.v16i8"(%{{.*}}, %[[ROWS]], %{{.*}}) : (vector<4xi32>, vector<16xi8>, vector<16xi8>)

// DOTPROD-LABEL: @bounded
// DOTPROD-NOT: arith.xori
// DOTPROD: llvm.aarch64.neon.sdot.v4i32.v16i8"({{.*}}) : (vector<4xi32>, vector<16xi8>, vector<16xi8>)
// DOTPROD-LABEL: @unsigned
// DOTPROD: arith.xori
// DOTPROD: sdot

// NEON: arith.muli {{.*}} : vector<4xi32>
module attributes {llvm.target_triple = "TRIPLE"} {
  memref.global "private" constant @half : memref<16x64xi8> = dense<64>
  memref.global "private" constant @most : memref<16x64xi8> = dense<65>
  memref.global "private" constant @least : memref<16x64xi8> = dense<-128>
  memref.global "private" constant @row : memref<1x64xi8> = dense<-128>
  memref.global "private" constant @columns : memref<4x8xi8> = dense<[[127, -127, 100, -100, 1, 0, 64, -128], [1, -1, -100, 100, 127, 127, 64, 0], [127, 127, 127, 127, 127, 127, 127, 127], [1, 1, 1, 1, 1, 1, 1, 1]]>
  func.func @bounded(%a: memref<2x16xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @half : memref<16x64xi8>
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%out : memref<2x64xi32>)
    return
  }
  func.func @over(%a: memref<2x16xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @most : memref<16x64xi8>
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%out : memref<2x64xi32>)
    return
  }
  func.func @minimum(%a: memref<2x16xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @least : memref<16x64xi8>
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%out : memref<2x64xi32>)
    return
  }
  // A weight alone cannot saturate.
  func.func @single(%a: memref<2x1xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @row : memref<1x64xi8>
    linalg.matmul ins(%a, %w : memref<2x1xi8>, memref<1x64xi8>) outs(%out : memref<2x64xi32>)
    return
  }
  // Large neighbours of different signs, large ones in different pairs.
  func.func @apart(%a: memref<2x4xi8>, %out: memref<2x8xi32>) {
    %w = memref.get_global @columns : memref<4x8xi8>
    linalg.matmul ins(%a, %w : memref<2x4xi8>, memref<4x8xi8>) outs(%out : memref<2x8xi32>)
    return
  }
  func.func @unsigned(%a: memref<2x16xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @half : memref<16x64xi8>
    linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                    iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%out : memref<2x64xi32>) {
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
