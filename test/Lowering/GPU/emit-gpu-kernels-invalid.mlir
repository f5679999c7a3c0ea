// RUN: quant-opt %s --qopt-emit-gpu-kernels --split-input-file -verify-diagnostics
// RUN: not quant-opt %s --qopt-emit-gpu-kernels=kernels=fast 2>&1 | FileCheck %s
// CHECK: error: kernels=fast: give auto or scalar
// RUN: not quant-opt %s --qopt-emit-gpu-kernels=chip=sm_75 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: chip=sm_75: give sm_80 or a later one that 'llc-22 -march=nvptx64 -mcpu=help' lists

func.func @loop(%a: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{'scf.for' has no GPU kernel; run the model on cpu, or move it out of the model}}
  scf.for %i = %c0 to %c4 step %c1 {
    %x = memref.load %a[%i] : memref<4xf32>
    memref.store %x, %a[%i] : memref<4xf32>
  }
  return
}

// -----

func.func private @host(memref<4xf32>)
func.func @call(%a: memref<4xf32>) {
  // expected-error @+1 {{calls 'host', and what runs on a GPU calls nothing of the host; run the model on cpu}}
  call @host(%a) : (memref<4xf32>) -> ()
  return
}

// -----

func.func @scalar(%s: f32, %a: memref<4xf32>) {
  // expected-error @+1 {{uses a scalar that is computed outside of it, and GPU kernels take buffers; run the model on cpu}}
  linalg.fill ins(%s : f32) outs(%a : memref<4xf32>)
  return
}

// -----

// expected-error @+1 {{has control flow between blocks; models are one block of operations}}
func.func @branches(%a: memref<4xf32>) {
  cf.br ^next
^next:
  return
}
