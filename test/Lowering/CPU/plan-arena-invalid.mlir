// RUN: quant-opt %s --qopt-plan-arena -verify-diagnostics

func.func @dynamic(%n: index) {
  // expected-error @+1 {{allocates 'memref<?xf32>', whose size is not known at compile time; export the model with static shapes}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}
