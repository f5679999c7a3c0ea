// RUN: quant-opt %s --qopt-plan-launches | FileCheck %s

// Constants come first, then the arguments, then what is allocated, at multiples
// of 256 bytes: 0 is @c, 256 %in, 512 %out and 768 %t.
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_image("ptx text\00")
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_names("first\00second\00")
// name, grid, threads, shared bytes, first argument, number of arguments, first
// dependency, number of dependencies: the second launch reads what the first one
// writes.
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_launches(dense<[0, 2, 1, 1, 128, 0, 0, 3, 0, 0, 6, 1, 3, 1, 64, 1024, 3, 2, 0, 1]> : tensor<20xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_dependencies(dense<0> : tensor<1xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_arguments(dense<[256, 0, 768, 768, 512]> : tensor<5xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_inputs(dense<[0, 256, 256]> : tensor<3xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_outputs(dense<[1, 512, 256]> : tensor<3xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_chain_places(dense<[0, 16]> : tensor<2xi64>)
// CHECK-DAG: llvm.mlir.global external @qopt_gpu_chain_program()
// Four launches on one buffer and its memory: two readers do not wait for each
// other, and who writes waits for both, but not again for who wrote before them.
// A buffer that is dead by then gives its memory, and who writes there waits.
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_fork_dependencies(dense<[0, 0, 1, 2]> : tensor<4xi64>)
// CHECK-DAG: llvm.mlir.global private constant @qopt_gpu_fork_launches(dense<[0, 1, 1, 1, 1, 0, 0, 2, 0, 0, 0, 1, 1, 1, 1, 0, 2, 2, 0, 1, 0, 1, 1, 1, 1, 0, 4, 2, 1, 1, 0, 1, 1, 1, 1, 0, 6, 2, 2, 2]> : tensor<40xi64>)
// CHECK: llvm.func @chain(%[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr)
// CHECK: %[[LIST:.*]] = llvm.alloca
// CHECK: llvm.store %[[IN]]
// CHECK: llvm.store %[[OUT]]
// CHECK: llvm.call @qopt_gpu_run(%{{.*}}, %[[LIST]])
// CHECK-NOT: {{gpu\.|memref\.|func\.func}}

module attributes {gpu.container_module} {
  memref.global "private" constant @c : memref<4xf32> = dense<1.0>
  gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_80">, assembly = "ptx text">]
  func.func @chain(%in: memref<64xf32>, %out: memref<64xf32>) {
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %shared = arith.constant 1024 : i32
    %c = memref.get_global @c : memref<4xf32>
    %t = memref.alloc() : memref<64xf32>
    gpu.launch_func @kernels::@first blocks in (%c2, %c1, %c1) threads in (%c128, %c1, %c1)
        args(%in : memref<64xf32>, %c : memref<4xf32>, %t : memref<64xf32>) {qopt.writes = array<i64: 2>}
    %v = memref.expand_shape %t [[0, 1]] output_shape [8, 8] : memref<64xf32> into memref<8x8xf32>
    gpu.launch_func @kernels::@second blocks in (%c1, %c3, %c1) threads in (%c64, %c1, %c1) dynamic_shared_memory_size %shared
        args(%v : memref<8x8xf32>, %out : memref<64xf32>) {qopt.writes = array<i64: 1>}
    return
  }

  func.func @fork(%in: memref<64xf32>, %a: memref<64xf32>, %b: memref<64xf32>, %c: memref<64xf32>) {
    %c1 = arith.constant 1 : index
    %t = memref.alloc() : memref<64xf32>
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%in : memref<64xf32>, %t : memref<64xf32>) {qopt.writes = array<i64: 1>}
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%t : memref<64xf32>, %a : memref<64xf32>) {qopt.writes = array<i64: 1>}
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%t : memref<64xf32>, %b : memref<64xf32>) {qopt.writes = array<i64: 1>}
    %u = memref.alloc() : memref<64xf32>
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%in : memref<64xf32>, %u : memref<64xf32>) {qopt.writes = array<i64: 1>}
    return
  }
}
