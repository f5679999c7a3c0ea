// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @number(%x: tensor<4x4xi8>, %p: tensor<2xi32>) -> tensor<2x2xi8> {
  // expected-error@+1 {{has 1 lists of positions for 2 dimensions}}
  %y = qopt.take %x along [0, 1] at %p : (tensor<4x4xi8>, tensor<2xi32>) -> tensor<2x2xi8>
  return %y : tensor<2x2xi8>
}

// -----

func.func @order(%x: tensor<4x4xi8>, %p: tensor<2xi32>) -> tensor<2x2xi8> {
  // expected-error@+1 {{needs ascending dimensions of 'tensor<4x4xi8>', not [1, 0]}}
  %y = qopt.take %x along [1, 0] at %p, %p : (tensor<4x4xi8>, tensor<2xi32>, tensor<2xi32>) -> tensor<2x2xi8>
  return %y : tensor<2x2xi8>
}

// -----

func.func @dimension(%x: tensor<4x4xi8>, %p: tensor<2xi32>) -> tensor<4x4xi8> {
  // expected-error@+1 {{needs ascending dimensions of 'tensor<4x4xi8>', not [2]}}
  %y = qopt.take %x along [2] at %p : (tensor<4x4xi8>, tensor<2xi32>) -> tensor<4x4xi8>
  return %y : tensor<4x4xi8>
}

// -----

func.func @shape(%x: tensor<4x4xi8>, %p: tensor<2xi32>) -> tensor<4x4xi8> {
  // expected-error@+1 {{makes 'tensor<4x4xi8>' where its positions take 'tensor<2x4xi8>'}}
  %y = qopt.take %x along [0] at %p : (tensor<4x4xi8>, tensor<2xi32>) -> tensor<4x4xi8>
  return %y : tensor<4x4xi8>
}

// -----

func.func @element(%x: tensor<4x4xi8>, %p: tensor<2xi32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{makes 'tensor<2x4xf32>' where its positions take 'tensor<2x4xi8>'}}
  %y = qopt.take %x along [0] at %p : (tensor<4x4xi8>, tensor<2xi32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
