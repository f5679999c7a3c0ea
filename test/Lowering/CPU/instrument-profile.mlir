// Operations that become plain loops are counted one by one.
// RUN: quant-opt %s --qopt-instrument-profile | FileCheck %s
// Kernels are counted with all that is fused into them.
// RUN: quant-opt %s --qopt-emit-kernels="cpu=x86-64-v3 profile=true" --qopt-instrument-profile | FileCheck %s --check-prefix=KERNELS
// On Arm, what waits is a barrier of instructions.
// RUN: sed -e s/x86_64-unknown-linux-gnu/aarch64-linux-gnu/ %s | quant-opt --qopt-instrument-profile | FileCheck %s --check-prefix=ARM
// ARM: linalg.matmul
// ARM: llvm.call_intrinsic "llvm.aarch64.isb"(%{{.*}}) : (i32) -> ()
// ARM-NEXT: llvm.call_intrinsic "llvm.readcyclecounter"
// Without a profile there is nothing of all this.
// RUN: quant-opt %s --qopt-emit-kernels="cpu=x86-64-v3" | FileCheck %s --check-prefix=NONE
// NONE-NOT: execute_region
// NONE-NOT: qopt.kernel
// NONE-NOT: readcyclecounter

// 2 x 64 x 16 products; 32 + 1024 bytes are read, 512 are written.
// CHECK: module attributes {{.*}}qopt.profile = [
// CHECK-SAME: {bytes = 768 : i64, fused = [], kernel = "loops", location = "{{[^"]*}}instrument-profile.mlir:{{[0-9]+}}:5", macs = 0 : i64, op = "linalg.broadcast"}
// CHECK-SAME: {bytes = 1568 : i64, fused = [], kernel = "loops", location = "{{[^"]*}}instrument-profile.mlir:{{[0-9]+}}:5", macs = 2048 : i64, op = "linalg.matmul"}
// CHECK-SAME: {bytes = 640 : i64, fused = [], kernel = "loops", {{.*}}, macs = 0 : i64, op = "linalg.generic"}
// CHECK: memref.global "public" @qopt_profile_counters : memref<3x2xi64> = dense<0>
// CHECK-LABEL: func @matmul
// CHECK: %[[BEGIN:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
// CHECK-NEXT: linalg.broadcast
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.sse2.lfence"
// CHECK-NEXT: %[[END:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
// CHECK-NEXT: %[[TICKS:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK: memref.get_global @qopt_profile_counters
// CHECK: arith.addi %{{.*}}, %[[TICKS]]
// CHECK: memref.store
// CHECK: memref.store
// CHECK: llvm.call_intrinsic "llvm.readcyclecounter"
// CHECK-NEXT: linalg.matmul
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.sse2.lfence"
// CHECK-NEXT: llvm.call_intrinsic "llvm.readcyclecounter"
// CHECK: llvm.call_intrinsic "llvm.readcyclecounter"
// CHECK-NEXT: linalg.generic
// CHECK: llvm.call_intrinsic "llvm.readcyclecounter"
// CHECK-NOT: readcyclecounter
// CHECK-LABEL: func @qopt_profile_clock() -> i64
// CHECK: llvm.call_intrinsic "llvm.readcyclecounter"

// The accumulators stay in registers: 32 + 1024 + 256 are read, 128 written.
// KERNELS: module attributes {{.*}}qopt.profile = [
// KERNELS-SAME: {bytes = 1440 : i64, candidates = {{[0-9]+}} : i64, contraction = "i8 i8 i8 rows 2:16 columns 64 run 16 paired weights epilogue of 1 on 1", fused = ["{{[^"]*}}instrument-profile.mlir:{{[0-9]+}}:5", "{{[^"]*}}instrument-profile.mlir:{{[0-9]+}}:5"], kernel = "tile", location = "{{[^"]*}}instrument-profile.mlir:{{[0-9]+}}:5", macs = 2048 : i64, op = "linalg.generic(muli, addi)", target = "x86-64-v3+avx2+ssse3", tile = "vectors {{[0-9x]+}}"}]
// KERNELS-LABEL: func @matmul
// KERNELS-NOT: execute_region
// KERNELS: llvm.call_intrinsic "llvm.readcyclecounter"
// KERNELS: vector.store
// KERNELS: llvm.call_intrinsic "llvm.readcyclecounter"
// KERNELS-LABEL: func @qopt_profile_clock
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  memref.global "private" constant @w : memref<16x64xi8> = dense<3>
  memref.global "private" constant @b : memref<64xi32> = dense<5>
  func.func @matmul(%a: memref<2x16xi8>, %out: memref<2x64xi8>) {
    %w = memref.get_global @w : memref<16x64xi8>
    %b = memref.get_global @b : memref<64xi32>
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.broadcast ins(%b : memref<64xi32>) outs(%acc : memref<2x64xi32>) dimensions = [0]
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x64xi32>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %o: i8):
      %t = arith.trunci %in : i32 to i8
      linalg.yield %t : i8
    }
    return
  }
}
