// RUN: quant-opt %s --qopt-attach-target="cpu=abacus" -split-input-file -verify-diagnostics

// expected-error @+1 {{cannot be compiled for cpu "abacus": x86-64 has no such processor; `llc -mcpu=help` lists them}}
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
}
