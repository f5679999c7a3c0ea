// RUN: quant-opt %s --qopt-split-functions="longest=0" -verify-diagnostics
// RUN: quant-opt %s --qopt-split-functions="part=0" -verify-diagnostics

// expected-error @+1 {{cannot split functions into parts of 0 operations: give at least one}}
module {
  func.func @f() {
    return
  }
}
