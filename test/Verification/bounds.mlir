// A pass that changes numbers by design declares by how much: a multiplier of 31 bits
// instead of f32 is off by one step at most. Two steps are too many.

// RUN: quantopt-test-opt %s --qopt-verify-rewrites --test-bounded-rewrite -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=WITHIN
// RUN: not quantopt-test-opt %s --qopt-verify-rewrites --test-bounded-rewrite=off=2 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BEYOND

// WITHIN-NOT: error
// WITHIN: remark: verified 1 rewrites: 1 on all inputs
// WITHIN: note: 1 of 'test-bounded-rewrite' within the bound that it declares: a multiplier of 31 bits

// BEYOND: error: 'test-bounded-rewrite' changes numbers: {{[0-9]+}} of 65536 results differ by more than the declared 1{{.*}} steps
// BEYOND: note: first counterexample: %arg0[0] =

!from = !quant.uniform<i16:f32, 0.0041>
!to = !quant.uniform<i8:f32, 0.5:3>
func.func @rescale(%q: tensor<512xi16>) -> tensor<512xi8> {
  %r = qopt.requantize %q from !from to !to : tensor<512xi16> -> tensor<512xi8>
  return %r : tensor<512xi8>
}
