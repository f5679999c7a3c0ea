// RUN: quant-opt %s --qopt-emit-gpu-kernels=chip=sm_90a | FileCheck %s
// RUN: quant-opt %s --qopt-emit-gpu-kernels=chip=sm_90 | FileCheck %s --check-prefix=WARPS

// Four warps make 64 rows: factors are read from shared memory as descriptors
// (128 bytes a row, exchanged chunks, 1024 bytes from eight rows to the next),
// by another way than threads write it, hence the fence. What comes next is
// loaded while the products run.
// CHECK: gpu.func @kernel
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK: gpu.barrier
// CHECK-DAG: arith.constant 4611686293305360384 : i64
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}}<m = 64, n = {{[0-9]+}}, k = 32>, D[<s32>, <one>], A[<s8>, <one>, <row>], B[<s8>, <one>, <col>]
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: scf.yield

// No other architecture has them, nor has sm_90 without its own instructions.
// WARPS-NOT: wgmma
// WARPS: nvvm.mma.sync
memref.global "private" constant @weights : memref<2048x2048xi8> = dense<3>
func.func @product(%a: memref<2048x2048xi8>, %r: memref<2048x2048xi32>) {
  %w = memref.get_global @weights : memref<2048x2048xi8>
  linalg.matmul ins(%a, %w : memref<2048x2048xi8>, memref<2048x2048xi8>) outs(%r : memref<2048x2048xi32>)
  return
}
