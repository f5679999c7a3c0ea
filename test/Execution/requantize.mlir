// qopt.requantize with a scale for each channel as machine code, against the
// numeric contract in Python: large accumulators, ties, saturation, and a
// storage range that is a fused relu.

// RUN: %python %S/Inputs/reference.py requantize %t.npz
// RUN: quant-run %s --inputs=%t.npz --expected=y=0 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --expected=relu=1 | FileCheck %s
// RUN: quant-run %s --inputs=%t.npz --compare-kernels
// CHECK: max abs error    0

func.func @requantize(%a: tensor<256x4xi32> {qopt.name = "a"})
    -> (tensor<256x4xi8>, tensor<256x4xi8>) {
  %y = qopt.requantize %a
      from !quant.uniform<i32:f32:1, {5.0e-1, 1.73e-3, 1.0e-6, 3.0}>
      to !quant.uniform<i8:f32, 5.0e-2:-5> : tensor<256x4xi32> -> tensor<256x4xi8>
  %relu = qopt.requantize %a
      from !quant.uniform<i32:f32:1, {5.0e-1, 1.73e-3, 1.0e-6, 3.0}>
      to !quant.uniform<i8<-5:127>:f32, 5.0e-2:-5>
      : tensor<256x4xi32> -> tensor<256x4xi8>
  return %y, %relu : tensor<256x4xi8>, tensor<256x4xi8>
}
