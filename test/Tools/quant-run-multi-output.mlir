// Several outputs and several functions.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[2,2]:1,2,3,4' 'n=f32[2,2]:-1,-2,-3,-4' 's=f32[2,3]:7'

// RUN: quant-run %s --inputs=%t.npz --entry=two --expected=n --outputs=%t.y.npz | FileCheck %s --check-prefix=FIRST
// FIRST: SQNR             inf dB
// RUN: quant-run %s --inputs=%t.npz --entry=two --expected=s=1 | FileCheck %s --check-prefix=FIRST
// RUN: %python %S/../Inputs/npz.py show %t.y.npz | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS:      negated f [2, 2]
// OUTPUTS-NEXT:   -1 -2
// OUTPUTS-NEXT:   -3 -4
// OUTPUTS-NEXT: output1 f [2, 3]
// OUTPUTS-NEXT:   7 7 7

// RUN: not quant-run %s --inputs=%t.npz --entry=two --expected=s=2 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: error: --expected=s=2: 'two' has 2 outputs, numbered from 0
// RUN: not quant-run %s --inputs=%t.npz --entry=two --expected=s=one 2>&1 | FileCheck %s --check-prefix=NUMBER
// NUMBER: error: --expected=s=one: 'one' is no number of an output

// RUN: not quant-run %s --inputs=%t.npz 2>&1 | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: error: the module has several public functions: choose one of 'two', 'other' as entry, or make the others private
// RUN: not quant-run %s --inputs=%t.npz --entry=helper 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: no public function 'helper' in the module: it has 'two', 'other'

func.func @two(%x: tensor<1x2xf32>)
    -> (tensor<1x2xf32> {qopt.name = "negated"}, tensor<1x3xf32>) {
  %empty = tensor.empty() : tensor<1x2xf32>
  %0 = linalg.negf ins(%x : tensor<1x2xf32>) outs(%empty : tensor<1x2xf32>)
      -> tensor<1x2xf32>
  %1 = func.call @helper() : () -> tensor<1x3xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x3xf32>
}
func.func @other(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}
func.func private @helper() -> tensor<1x3xf32> {
  %0 = arith.constant dense<7.0> : tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
