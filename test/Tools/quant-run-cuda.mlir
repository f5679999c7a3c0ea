// What a run asks of the driver. (What kernels compute: test/Lowering/GPU.)
// REQUIRES: quant-run, fake-gpu
// REQUIRES: numpy
// RUN: %python -c "import numpy; numpy.savez('%t.npz', x=numpy.ones((2, 128, 64), 'int8'))"
// RUN: env LD_LIBRARY_PATH=%gpu_driver QOPT_FAKE_CUDA_LOG=1 quant-run %s --inputs=%t.npz --device=cuda 2>&1 | FileCheck %s

// The first sample: the GPU, memory, kernels, constants, and the launches as a
// graph.
// CHECK: cuInit
// CHECK-NEXT: cuDeviceGet 0
// CHECK-NEXT: cuDeviceGetAttribute 75
// CHECK-NEXT: cuDeviceGetAttribute 76
// CHECK-NEXT: cuDevicePrimaryCtxRetain
// CHECK-NEXT: cuCtxSetCurrent
// CHECK-NEXT: cuStreamCreate
// CHECK-NEXT: cuMemAlloc_v2 [[SIZE:[0-9]+]]
// CHECK-NEXT: cuModuleLoadDataEx PTX
// CHECK: cuModuleGetFunction [[KERNEL:.*]]
// CHECK: cuMemcpyAsync host to gpu+0, 2048 bytes
// CHECK: cuStreamSynchronize
// CHECK-NEXT: cuGraphCreate
// CHECK-NEXT: cuGraphAddKernelNode {{.*}}, behind{{$}}
// CHECK: cuGraphInstantiateWithFlags
// CHECK-NEXT: cuGraphDestroy
// Each run: its inputs, the graph, its results.
// CHECK-NEXT: cuMemcpyAsync host to gpu+[[IN:[0-9]+]], 8192 bytes
// CHECK-NEXT: cuGraphLaunch
// CHECK-NEXT: cuMemcpyAsync gpu+[[OUT:[0-9]+]] to host, 16384 bytes
// CHECK-NEXT: cuStreamSynchronize
// CHECK-NEXT: cuCtxSetCurrent
// CHECK-NEXT: cuMemcpyAsync host to gpu+[[IN]], 8192 bytes
// CHECK-NEXT: cuGraphLaunch
// CHECK-NEXT: cuMemcpyAsync gpu+[[OUT]] to host, 16384 bytes
// CHECK-NEXT: cuStreamSynchronize
// CHECK-NOT: cu{{[A-Z]}}

// A failure says what, why and, where the driver does, where.
// RUN: env LD_LIBRARY_PATH=%gpu_driver QOPT_FAKE_CUDA_FAILS=cuMemAlloc_v2 not quant-run %s --inputs=%t.npz --device=cuda 2>&1 | FileCheck %s --check-prefix=MEMORY
// MEMORY: quant-run: error: GPU: cannot take the model's memory: a planted failure (CUDA error 700)
// RUN: env LD_LIBRARY_PATH=%gpu_driver QOPT_FAKE_CUDA_FAILS=cuModuleLoadDataEx not quant-run %s --inputs=%t.npz --device=cuda 2>&1 | FileCheck %s --check-prefix=COMPILE
// COMPILE: quant-run: error: GPU: cannot compile the kernels: a planted failure (CUDA error 700): line 7: what the log says
// RUN: env LD_LIBRARY_PATH=%gpu_driver QOPT_FAKE_CUDA_FAILS=cuInit not quant-run %s --inputs=%t.npz --device=cuda 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: quant-run: error: --device=cuda: no NVIDIA GPU can be used: a planted failure (CUDA error 700)
// RUN: env LD_LIBRARY_PATH=%gpu_driver QOPT_FAKE_CUDA_FAILS=cuGraphLaunch not quant-run %s --inputs=%t.npz --device=cuda 2>&1 | FileCheck %s --check-prefix=LAUNCH
// LAUNCH: quant-run: error: GPU: cannot launch the model: a planted failure (CUDA error 700)

func.func @main(%x: tensor<128x64xi8>) -> tensor<128x32xi32> {
  %w = arith.constant dense<2> : tensor<64x32xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<128x32xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<128x32xi32>) -> tensor<128x32xi32>
  %r = linalg.matmul ins(%x, %w : tensor<128x64xi8>, tensor<64x32xi8>) outs(%f : tensor<128x32xi32>) -> tensor<128x32xi32>
  return %r : tensor<128x32xi32>
}
