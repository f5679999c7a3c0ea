// RUN: quant-opt %s --qopt-attach-target="cpu=znver4 features=+amx-int8" | FileCheck %s

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // CHECK: llvm.func @body() attributes {passthrough = ["no-builtins"], target_cpu = "znver4", target_features = #llvm.target_features<["+fast-dpwssd", "+amx-int8"]>}
  llvm.func @body() {
    llvm.return
  }
  // What LLVM is told about a function already, it is told still.
  // CHECK: llvm.func @part() attributes {passthrough = ["noinline", "no-builtins"], target_cpu
  llvm.func @part() attributes {passthrough = ["noinline"]} {
    llvm.return
  }
  // CHECK: llvm.func @declared(){{$}}
  llvm.func @declared()
}
