// RUN: quant-opt %s --qopt-insert-observers -split-input-file -verify-diagnostics

// expected-error@+1 {{'func.func' op argument 0 has no name; run qopt-assign-names first}}
func.func @argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @operation(%x: tensor<2x4xf32> {qopt.name = "x"}) -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  // expected-error@+1 {{'linalg.softmax' op has no name; run qopt-assign-names first}}
  %s = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %s : tensor<2x4xf32>
}

// -----

// An operation of a dialect without the interface, on a value that depends on an
// input.
func.func @unknown(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'math.atan' op has no name; run qopt-assign-names first}}
  %s = math.atan %x : tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// A constant is named after what moves it.
func.func @moved_constant(%x: tensor<1x2xf32> {qopt.name = "x"}) -> tensor<2x2xf32> {
  %row = arith.constant dense<1.0> : tensor<1x2xf32>
  // expected-error@+1 {{'tensor.concat' op has no name; run qopt-assign-names first}}
  %c = tensor.concat dim(0) %row, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
  return %c : tensor<2x2xf32>
}
