// RUN: quant-opt %s --qopt-emit-kernels="cpu=abacus" -verify-diagnostics

// expected-error @+1 {{cannot be compiled for cpu "abacus"}}
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
}
