// How arrays meet inputs: by name in any order, else by position and shape.

// RUN: %python %S/../Inputs/npz.py make %t.named.npz 'b=f32[2,2,3]:10' 'ids=i64[2,1]:1,2' 'a=f32[2,3]:1,2,3,4,5,6'
// RUN: quant-run %s --inputs=%t.named.npz --outputs=%t.out.npz 2>&1 | FileCheck %s --check-prefix=NAMES
// NAMES-NOT: by position
// RUN: %python %S/../Inputs/npz.py show %t.out.npz | FileCheck %s

// Other names: the next array that fits; an unused one is no error.
// RUN: %python %S/../Inputs/npz.py make %t.pos.npz 'first=f32[2,1,3]:1,2,3,4,5,6' 'unused=f32[7]:0' \
// RUN:   'second=f32[2,2,3]:10' 'third=i32[2]:1,2'
// RUN: quant-run %s --inputs=%t.pos.npz --outputs=%t.out.npz 2>&1 | FileCheck %s --check-prefix=POSITIONS
// POSITIONS: note: input 'a' takes array 'first', input 'b' takes array 'second', input 'ids' takes array 'third' by position
// RUN: %python %S/../Inputs/npz.py show %t.out.npz | FileCheck %s

// Names for some, positions for the rest. The array of expected outputs is no
// input, though its shape would fit.
// RUN: %python %S/../Inputs/npz.py make %t.mixed.npz 'y=f32[2,3]:12,13,14,16,17,18' 'first=f32[2,3]:1,2,3,4,5,6' \
// RUN:   'ids=u8[2,1]:1,2' 'second=f32[2,2,3]:10'
// RUN: quant-run %s --inputs=%t.mixed.npz --expected=y --outputs=%t.out.npz | FileCheck %s --check-prefix=SQNR
// RUN: %python %S/../Inputs/npz.py show %t.out.npz | FileCheck %s
// SQNR: SQNR             inf dB

// An array of exactly the shape of the input is one sample.
// RUN: %python %S/../Inputs/npz.py make %t.one.npz 'a=f32[1,3]:1,2,3' 'b=f32[2,3]:10' 'ids=i64[1]:1'
// RUN: quant-run %s --inputs=%t.one.npz | FileCheck %s --check-prefix=ONE
// ONE: samples          1

// A .npy file is one array without a name.
// RUN: %python %S/../Inputs/npz.py make %t.x.npz 'x=i64[3,1]:1,2,3'
// RUN: %python -c "import zipfile; zipfile.ZipFile(r'%t.x.npz').extract('x.npy', r'%t.dir')"
// RUN: quant-run %S/Inputs/count.mlir --inputs=%t.dir/x.npy | FileCheck %s --check-prefix=NPY
// NPY: samples          3

// CHECK:      sum f [2, 3]
// CHECK-NEXT:   12 13 14
// CHECK-NEXT:   16 17 18

// The second input is named by its location, as importers do.
func.func @feed(%a: tensor<1x3xf32> {qopt.name = "a"},
                %b: tensor<2x3xf32> loc("b"),
                %ids: tensor<1xi32> {qopt.name = "ids"})
    -> (tensor<1x3xf32> {qopt.name = "sum"}) {
  %row = tensor.extract_slice %b[0, 0] [1, 3] [1, 1]
      : tensor<2x3xf32> to tensor<1x3xf32>
  %empty = tensor.empty() : tensor<1x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
                       affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %row, %ids : tensor<1x3xf32>, tensor<1x3xf32>, tensor<1xi32>)
      outs(%empty : tensor<1x3xf32>) {
  ^bb0(%x: f32, %z: f32, %id: i32, %out: f32):
    %real = arith.sitofp %id : i32 to f32
    %0 = arith.addf %x, %z : f32
    %1 = arith.addf %0, %real : f32
    linalg.yield %1 : f32
  } -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}
