// RUN: quant-opt %s --qopt-parallelize-loops="threads=2" -verify-diagnostics -split-input-file
// RUN: not quant-opt %s --qopt-parallelize-loops="threads=0" -split-input-file 2>&1 | FileCheck %s
// CHECK: cannot run on 0 threads: give at least one

func.func @sum(%in: memref<65536xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 65536 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{is marked 'qopt.parallel', but carries values from one iteration to the next}}
  %sum = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %zero) -> f32 {
    %x = memref.load %in[%i] : memref<65536xf32>
    %next = arith.addf %acc, %x : f32
    scf.yield %next : f32
  } {qopt.parallel}
  return %sum : f32
}

// -----

func.func @other() {
  // expected-error @+1 {{is marked 'qopt.parallel', but is no scf.for}}
  scf.execute_region {
    scf.yield
  } {qopt.parallel}
  return
}
