// RUN: quant-opt %s --allow-unregistered-dialect --qopt-results-to-destinations -split-input-file -verify-diagnostics

// expected-error @+1 {{argument 0 has the dynamic shape 'tensor<?xf32>'; export the model with static shapes}}
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{argument 1 has type 'tensor<7x0xf32>', which has rows of no elements; export the model without it}}
func.func @empty(%x: tensor<0x7xf32>, %y: tensor<7x0xf32>) {
  return
}

// -----

// expected-error @+1 {{result 0 has type 'tuple<>'; the lowered ABI passes tensors of integers or floats}}
func.func @tuple() -> tuple<> {
  %t = "test.tuple"() : () -> tuple<>
  return %t : tuple<>
}

// -----

// expected-error @+1 {{has control flow between blocks; models are one block of operations}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<4xf32>
}

// -----

func.func private @callee(%x: tensor<4xf32>) -> tensor<4xf32> attributes {no_inline} {
  return %x : tensor<4xf32>
}
func.func @caller(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'func.call' op calls 'callee', which could not be inlined, and a model is lowered as one function; remove 'no_inline' from both, or unroll what calls itself}}
  %y = call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
