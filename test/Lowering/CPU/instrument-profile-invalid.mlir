// RUN: quant-opt %s --qopt-instrument-profile -verify-diagnostics -split-input-file

// expected-error @+1 {{has the name of what a profile adds to the module: give it another one}}
func.func @qopt_profile_clock() {
  return
}

// -----

// expected-error @+1 {{has the name of what a profile adds to the module}}
memref.global "private" @qopt_profile_counters : memref<4xi64>
