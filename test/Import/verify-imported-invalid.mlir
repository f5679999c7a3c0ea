// RUN: quant-opt %s --qopt-verify-imported -split-input-file -verify-diagnostics

func.func @dynamic_operand(%x: tensor<?x4xf32> {qopt.name = "x"}) -> tensor<?x4xf32> {
  %e = arith.constant 1 : index
  // expected-error@+1 {{'tensor.pad' op has the dynamic shape 'tensor<?x4xf32>', and quantization needs static shapes; give the inputs' by input-shapes=, or export the model with fixed ones}}
  %r = tensor.pad %x low[0, 0] high[0, 0] {
  ^bb0(%i: index, %j: index):
    %c = arith.constant 0.0 : f32
    tensor.yield %c : f32
  } : tensor<?x4xf32> to tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

func.func @dynamic_contraction(%x: tensor<?x4xf32> {qopt.name = "x"}, %init: tensor<?x4xf32> {qopt.name = "init"}) -> tensor<?x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  // expected-error@+1 {{'linalg.matmul' op has the dynamic shape 'tensor<?x4xf32>'}}
  %r = linalg.matmul {qopt.name = "m"} ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

func.func @unranked(%x: tensor<*xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'tensor.cast' op has the dynamic shape 'tensor<*xf32>'}}
  %r = tensor.cast %x {qopt.name = "c"} : tensor<*xf32> to tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @frontend(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'tosa.exp' op comes from a frontend's dialect; lower it to linalg on tensors first (torch-mlir's linalg-on-tensors backend, stablehlo-legalize-to-linalg, tosa-to-linalg)}}
  %r = tosa.exp %x {qopt.name = "e"} : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @repeated(%x: tensor<2x2xf32> {qopt.name = "x"}) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = tensor.collapse_shape %x [[0, 1]] {qopt.name = "a"} : tensor<2x2xf32> into tensor<4xf32>
  // expected-error@+1 {{'tensor.collapse_shape' op has the name 'a', which another operation has too; remove one qopt.name}}
  %b = tensor.collapse_shape %x [[0, 1]] {qopt.name = "a"} : tensor<2x2xf32> into tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// A name that an argument has already.
func.func @argument(%x: tensor<2x2xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'tensor.collapse_shape' op has the name 'x', which another operation has too; remove one qopt.name}}
  %a = tensor.collapse_shape %x [[0, 1]] {qopt.name = "x"} : tensor<2x2xf32> into tensor<4xf32>
  return %a : tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op argument 1 has the name 'x', which another operation has too; remove one qopt.name}}
func.func @arguments(%x: tensor<2x2xf32> {qopt.name = "x"}, %y: tensor<2x2xf32> {qopt.name = "x"}) -> tensor<2x2xf32> {
  return %x : tensor<2x2xf32>
}

// -----

func.func @nameless(%x: tensor<2x2xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'tensor.collapse_shape' op has no name; run qopt-assign-names first}}
  %a = tensor.collapse_shape %x [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  return %a : tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op argument 0 has no name; run qopt-assign-names first}}
func.func @nameless_argument(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  return %x : tensor<2x2xf32>
}

// -----

func.func @half(%x: tensor<2x3xf16> {qopt.name = "x"}) -> tensor<2x4xf16> {
  %w = arith.constant dense<1.0> : tensor<3x4xf16>
  %init = arith.constant dense<0.0> : tensor<2x4xf16>
  // expected-error@+1 {{'linalg.matmul' op computes on 'f16', and quantization starts from f32; export the model in single precision}}
  %r = linalg.matmul {qopt.name = "m"} ins(%x, %w : tensor<2x3xf16>, tensor<3x4xf16>) outs(%init : tensor<2x4xf16>) -> tensor<2x4xf16>
  return %r : tensor<2x4xf16>
}

// -----

func.func @double(%x: tensor<2x2xf64> {qopt.name = "x"}) -> tensor<4xf64> {
  // expected-error@+1 {{'tensor.collapse_shape' op computes on 'f64', and quantization starts from f32; export the model in single precision}}
  %a = tensor.collapse_shape %x [[0, 1]] {qopt.name = "a"} : tensor<2x2xf64> into tensor<4xf64>
  return %a : tensor<4xf64>
}

// -----

func.func private @outside(tensor<4xf32>) -> tensor<4xf32>
func.func @call(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'func.call' op calls 'outside', and quantization takes models of one function; inline it}}
  %r = call @outside(%x) {qopt.name = "c"} : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op has control flow between blocks, and quantization takes models of one block; export the model without branches}}
func.func @branch(%x: tensor<4xf32> {qopt.name = "x"}, %c: i1) -> tensor<4xf32> {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  return %x : tensor<4xf32>
^bb2:
  %y = arith.constant dense<1.0> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @left_out(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'arith.constant' op has the value 'elided', which the module does not hold; write the model with all of its resources}}
  %y = arith.constant dense_resource<elided> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @cut_off(%x: tensor<4xf32> {qopt.name = "x"}) -> tensor<4xf32> {
  // expected-error@+1 {{'arith.constant' op has the value 'short' of 8 bytes, and 'tensor<4xf32>' takes 16; export the model again}}
  %y = arith.constant dense_resource<short> : tensor<4xf32>
  return %y : tensor<4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x040000000000803F00000040"
    }
  }
#-}

// -----

// In pairs, as qopt-insert-qdq leaves them.
func.func @pairs(%x: tensor<2x4xf32> {qopt.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @below {{'qopt.quantize' op is of the integer form: the model is quantized already; give the float model that it was made from}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 0.5> {qopt.name = "x"} : tensor<2x4xf32> -> tensor<2x4xi8>
  %r = qopt.dequantize %q as !quant.uniform<i8:f32, 0.5> {qopt.name = "r"} : tensor<2x4xi8> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

func.func @calibrated(%x: tensor<2x4xf32> {qopt.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @below {{'qopt.observe' op is a hook of calibration: the model is past import already; give it from before qopt-insert-observers}}
  %o = qopt.observe %x id "x" as !quant.uniform<i8:f32, 0.5> {qopt.name = "o"} : tensor<2x4xf32>
  return %o : tensor<2x4xf32>
}

// -----

func.func @quantized(%x: tensor<2x4xf32> {qopt.name = "x"}) -> tensor<2x4xi8> {
  // expected-error @below {{is of the integer form: the model is quantized already; give the float model that it was made from}}
  %q = qopt.quantize %x as !quant.uniform<i8:f32, 0.5> {qopt.name = "x"} : tensor<2x4xf32> -> tensor<2x4xi8>
  %r = qopt.requantize %q from !quant.uniform<i8:f32, 0.5> to !quant.uniform<i8:f32, 0.25> : tensor<2x4xi8> -> tensor<2x4xi8>
  return %r : tensor<2x4xi8>
}
