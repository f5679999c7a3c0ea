// tensor.gather as machine code, on storage and in float: with and without the gathered
// dimensions in the result, along other dimensions than the first and along two, by indices
// of 64, 32 and 8 bits. The same bytes on every target.

// RUN: %python %S/../Inputs/npz.py make %t.npz x=i8[2,3,4]:0,1,2,3,10,11,12,13,20,21,22,23,0,-1,-2,-3,-10,-11,-12,-13,-20,-21,-22,-23 \
// RUN:   rows=i64[2,2,2,1]:2,0,1,1,0,0,2,1 columns=i32[2,2,1]:3,1,0,2 both=i8[2,3,2]:0,3,2,0,1,1,2,2,0,0,1,3 \
// RUN:   yrows=i8[2,2,2,4]:20,21,22,23,0,1,2,3,10,11,12,13,10,11,12,13,0,-1,-2,-3,0,-1,-2,-3,-20,-21,-22,-23,-10,-11,-12,-13 \
// RUN:   ykept=f32[2,2,2,1,4]:20,21,22,23,0,1,2,3,10,11,12,13,10,11,12,13,0,-1,-2,-3,0,-1,-2,-3,-20,-21,-22,-23,-10,-11,-12,-13 \
// RUN:   ycolumns=i8[2,2,3]:3,13,23,1,11,21,0,-10,-20,-2,-12,-22 yboth=i8[2,3]:3,20,11,-22,0,-13
// RUN: quant-run %s --inputs=%t.npz --expected=yrows=0 | FileCheck %s --check-prefix=RAN
// RUN: quant-run %s --inputs=%t.npz --expected=ykept=1 | FileCheck %s --check-prefix=RAN
// RUN: quant-run %s --inputs=%t.npz --expected=ycolumns=2 | FileCheck %s --check-prefix=RAN
// RUN: quant-run %s --inputs=%t.npz --expected=yboth=3 | FileCheck %s --check-prefix=RAN
// RUN: %python %S/../Inputs/targets.py %s %t.npz %t %targets
// RAN: max abs error    0

func.func @gather(%x: tensor<3x4xi8> {qopt.name = "x"}, %rows: tensor<2x2x1xi64> {qopt.name = "rows"},
                  %columns: tensor<2x1xi32> {qopt.name = "columns"}, %both: tensor<3x2xi8> {qopt.name = "both"})
    -> (tensor<2x2x4xi8>, tensor<2x2x1x4xf32>, tensor<2x3xi8>, tensor<3xi8>) {
  %real = qopt.dequantize %x as !quant.uniform<i8:f32, 1.0> : tensor<3x4xi8> -> tensor<3x4xf32>
  %0 = tensor.gather %x[%rows] gather_dims([0]) : (tensor<3x4xi8>, tensor<2x2x1xi64>) -> tensor<2x2x4xi8>
  %1 = tensor.gather %real[%rows] gather_dims([0]) : (tensor<3x4xf32>, tensor<2x2x1xi64>) -> tensor<2x2x1x4xf32>
  %2 = tensor.gather %x[%columns] gather_dims([1]) : (tensor<3x4xi8>, tensor<2x1xi32>) -> tensor<2x3xi8>
  %3 = tensor.gather %x[%both] gather_dims([0, 1]) : (tensor<3x4xi8>, tensor<3x2xi8>) -> tensor<3xi8>
  return %0, %1, %2, %3 : tensor<2x2x4xi8>, tensor<2x2x1x4xf32>, tensor<2x3xi8>, tensor<3xi8>
}
