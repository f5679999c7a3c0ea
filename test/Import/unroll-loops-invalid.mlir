// RUN: quant-opt %s --qopt-unroll-loops=max-operations=100 -split-input-file -verify-diagnostics

func.func @unknown(%h: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{'scf.for' op runs a number of times that is not known at compile time; export the model for a sequence of fixed length}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %h) -> (tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %b = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %b : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

func.func @long(%h: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c90 = arith.constant 90 : index
  // expected-error@+1 {{'scf.for' op has 90 steps of 5 operations, more than 100 in all; export the model for a shorter sequence, or raise max-operations of qopt-unroll-loops}}
  %r = scf.for %i = %c0 to %c90 step %c1 iter_args(%a = %h) -> (tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %b = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %b : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// Loops over memory are no matter of this pass.
func.func @memory(%m: memref<4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = arith.constant 1.0 : f32
  scf.for %i = %c0 to %n step %c1 {
    memref.store %x, %m[%i] : memref<4xf32>
  }
  return
}

// -----

func.func @condition(%h: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{'scf.while' op runs until a condition holds, and steps are written one after the other; export the model for a fixed number of steps}}
  %r, %last = scf.while (%a = %h, %i = %c0) : (tensor<4xf32>, index) -> (tensor<4xf32>, index) {
    %more = arith.cmpi slt, %i, %n : index
    scf.condition(%more) %a, %i : tensor<4xf32>, index
  } do {
  ^bb0(%a: tensor<4xf32>, %i: index):
    %e = tensor.empty() : tensor<4xf32>
    %b = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %next = arith.addi %i, %c1 : index
    scf.yield %b, %next : tensor<4xf32>, index
  }
  return %r : tensor<4xf32>
}
