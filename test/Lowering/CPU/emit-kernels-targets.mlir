// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=alderlake | FileCheck %s --check-prefix=AVXVNNI
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=haswell | FileCheck %s --check-prefix=AVX2
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=skylake-avx512 | FileCheck %s --check-prefix=AVX512
// RUN: sed -e s/TRIPLE/x86_64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=x86-64 | FileCheck %s --check-prefix=SSE
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=neoverse-n1 | FileCheck %s --check-prefix=DOTPROD
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-emit-kernels=cpu=cortex-a53 | FileCheck %s --check-prefix=NEON

// AVXVNNI: arith.xori
// AVXVNNI: llvm.x86.avx512.vpdpbusd.256"({{.*}}) : (vector<8xi32>, vector<32xi8>, vector<32xi8>)
// AVX2: llvm.x86.avx2.pmadd.wd"({{.*}}) : (vector<16xi16>, vector<16xi16>)
// AVX512: llvm.x86.avx512.pmaddw.d.512"({{.*}}) : (vector<32xi16>, vector<32xi16>)
// SSE: arith.muli {{.*}} : vector<4xi32>
// DOTPROD-NOT: arith.xori
// DOTPROD: llvm.aarch64.neon.sdot.v4i32.v16i8"({{.*}}) : (vector<4xi32>, vector<16xi8>, vector<16xi8>)
// NEON: arith.muli {{.*}} : vector<4xi32>
module attributes {llvm.target_triple = "TRIPLE"} {
  memref.global "private" constant @w : memref<16x64xi8> = dense<3>
  func.func @matmul(%a: memref<2x16xi8>, %out: memref<2x64xi32>) {
    %w = memref.get_global @w : memref<16x64xi8>
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%out : memref<2x64xi32>)
    return
  }
}
