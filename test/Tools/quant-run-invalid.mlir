// Bad input: what was found, what was expected, what to do; nothing is written.

// RUN: split-file %s %t
// RUN: %python %S/../Inputs/npz.py make %t/x.npz 'image=f32[5,1,2,3]:ramp' 'y=f32[5,4]:0' 'few=f32[4,4]:0' 'labels=i64[5]:0,1,2,3,4'

// Shape, type, name, number of samples.
// RUN: %python %S/../Inputs/npz.py make %t/shape.npz 'image=f32[5,2,4]:0'
// RUN: not quant-run %t/model.mlir --inputs=%t/shape.npz --json=%t/r.json 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: {{.*}}shape.npz': array 'image' is float32[5x2x4], but input 'image' of 'main' is 1x1x2x3xf32: give an array of shape [samples, 1, 1, 2, 3] or [samples, 1, 2, 3]
// RUN: %python %S/../Inputs/npz.py make %t/type.npz 'image=f64[5,1,2,3]:0'
// RUN: not quant-run %t/model.mlir --inputs=%t/type.npz --json=%t/r.json 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: {{.*}}type.npz': array 'image' is float64[5x1x2x3], but input 'image' of 'main' is 1x1x2x3xf32: store the array as float32 (numpy: .astype(numpy.float32))
// RUN: %python %S/../Inputs/npz.py make %t/name.npz 'picture=u8[5,1,2,3]:0' 'other=f32[5]:0'
// RUN: not quant-run %t/model.mlir --inputs=%t/name.npz --json=%t/r.json 2>&1 | FileCheck %s --check-prefix=NAME
// NAME:      error: {{.*}}name.npz': no array for input 'image' of 'main' (1x1x2x3xf32): the file holds picture (uint8[5x1x2x3]), other (float32[5]); add an array named 'image'
// NAME-NEXT: {{^  .*}}array 'picture' is uint8[5x1x2x3], but {{.*}}: store the array as float32
// NAME-NEXT: {{^  .*}}array 'other' is float32[5], but {{.*}}: give an array of shape [samples, 1, 1, 2, 3]
// RUN: %python %S/../Inputs/npz.py make %t/empty.npz 'image=f32[0,1,2,3]:0'
// RUN: not quant-run %t/model.mlir --inputs=%t/empty.npz 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: {{.*}}empty.npz': array 'image' holds no samples
// RUN: %python %S/../Inputs/npz.py make %t/counts.npz 'a=f32[5,2]:0' 'b=f32[4,2]:0'
// RUN: not quant-run %t/two-inputs.mlir --inputs=%t/counts.npz 2>&1 | FileCheck %s --check-prefix=COUNTS
// COUNTS: error: {{.*}}counts.npz': array 'a' holds 5 samples and array 'b' 4: every input needs one array entry for each sample
// RUN: %python %S/../Inputs/npz.py make %t/missing.npz 'a=f32[5,2]:0'
// RUN: not quant-run %t/two-inputs.mlir --inputs=%t/missing.npz 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}missing.npz': no array for input 'b' of 'add' (1x2xf32): the file holds a (float32[5x2]); add an array named 'b'
// RUN: %python %S/../Inputs/npz.py make %t/ids.npz 'ids=i64[2,1]:7,4294967296'
// RUN: not quant-run %t/ids.mlir --inputs=%t/ids.npz 2>&1 | FileCheck %s --check-prefix=IDS
// IDS: error: {{.*}}ids.npz': array 'ids' holds 4294967296, which does not fit the i32 of the model

// Expected outputs and labels.
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --expected=z --json=%t/r.json 2>&1 | FileCheck %s --check-prefix=EXPECTED
// EXPECTED: error: {{.*}}x.npz': no array 'z' for output 'output0' of 'main': the file holds image
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --expected=few 2>&1 | FileCheck %s --check-prefix=FEW
// FEW: error: {{.*}}x.npz': array 'few' holds 4 samples, but the inputs 5
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --expected=labels 2>&1 | FileCheck %s --check-prefix=OUTSHAPE
// OUTSHAPE: error: {{.*}}x.npz': array 'labels' is int64[5], but output 'output0' of 'main' is 1x4xf32: give an array of shape [samples, 1, 4] or [samples, 4]
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --labels=labels --outputs=%t/y.npz 2>&1 | FileCheck %s --check-prefix=LABEL
// LABEL: error: label 4 of sample 4 in array 'labels' is none of the 4 classes of output 'output0'
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --labels=y 2>&1 | FileCheck %s --check-prefix=LABELTYPE
// LABELTYPE: error: {{.*}}x.npz': array 'y' is float32[5x4], but a label of each sample is 1xi64: reshape

// Files that are cut, missing, or not what they should be.
// RUN: %python %S/../Inputs/npz.py truncate %t/x.npz %t/cut.npz 100
// RUN: not quant-run %t/model.mlir --inputs=%t/cut.npz --json=%t/r.json 2>&1 | FileCheck %s --check-prefix=CUT
// CUT: error: {{.*}}cut.npz': 
// RUN: not quant-run %t/model.mlir --inputs=%t/none.npz 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: error: {{.*}}none.npz': {{.*[Nn]o such file}}
// RUN: not quant-run %t/none.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=NOMODEL
// NOMODEL: error: {{.*}}none.mlir{{.*}}No such file
// RUN: not quant-run %t/x.npz --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=NOMLIR
// NOMLIR: error: '{{.*}}x.npz' is no valid MLIR module

// Models that cannot run.
// RUN: not quant-run %t/dynamic.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: error: argument 0 of 'main' is tensor<4x?xf32>: give the inputs static shapes before compiling (--input-shapes)
// RUN: not quant-run %t/scalar.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=SCALAR
// SCALAR: error: argument 0 of 'main' is f32, not a ranked tensor
// RUN: not quant-run %t/complex.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=ELEMENT
// ELEMENT: error: result 0 of 'main' is tensor<4xcomplex<f32>>: the element types of a compiled function are
// RUN: not quant-run %t/external.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=EXTERNAL
// EXTERNAL: error: the module has no public function with a body
// RUN: quant-opt %t/model.mlir --qopt-lower-to-cpu -o %t/lowered.mlir
// RUN: not quant-run %t/lowered.mlir --inputs=%t/x.npz 2>&1 | FileCheck %s --check-prefix=LOWERED
// LOWERED: error: '{{.*}}lowered.mlir' is lowered already

// Functions and constants that are not there. What this program has is called.
// CALLS: calls.mlir:8:10: error: 'func.call' op calls 'tower', which has no body in the module and is no function of this program; give the model with that body, or compile it with quant-compile and link the function
// CALLS: quant-run: error: the module cannot be run
// RUN: %python %S/../Inputs/npz.py make %t/four.npz 'x=f32[3,4]:1'
// RUN: not quant-run %t/calls.mlir --inputs=%t/four.npz 2>&1 | FileCheck %s --check-prefix=CALLS
// RUN: sed 's/call @tower/call @expf/' %t/calls.mlir > %t/calls-expf.mlir
// RUN: quant-run %t/calls-expf.mlir --inputs=%t/four.npz
// RUN: not quant-run %t/cut-off.mlir --inputs=%t/four.npz 2>&1 | FileCheck %s --check-prefix=CUTOFF
// CUTOFF: cut-off.mlir:2:8: error: 'arith.constant' op has the value 'weights' of 8 bytes, and 'tensor<4xf32>' takes 16; export the model again
// CUTOFF: quant-run: error: '{{.*}}cut-off.mlir' has a constant that is not whole

// Options.
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --device=tpu 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: for the --device option: Cannot find option named 'tpu'!
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --chip=sm_90 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: --chip is for --device=cuda: give both
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --device=cuda --chip=sm_75 2>&1 | FileCheck %s --check-prefix=OLDCHIP
// OLDCHIP: error: --chip=sm_75: give sm_80 or a later one that 'llc-22 -march=nvptx64 -mcpu=help' lists
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --device=cuda --chip=sm_999 2>&1 | FileCheck %s --check-prefix=NOCHIP
// NOCHIP: error: --chip=sm_999: give sm_80 or a later one
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --device=cuda --threads=2 2>&1 | FileCheck %s --check-prefix=GPUTHREADS
// GPUTHREADS: error: --threads and --tiles are for --device=cpu: a GPU has its own
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --cpu=80386sx 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown processor '80386sx'
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --features=avx2 2>&1 | FileCheck %s --check-prefix=SIGN
// SIGN: error: feature 'avx2' needs a + or - before it
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --features=+warp 2>&1 | FileCheck %s --check-prefix=FEATURE
// FEATURE: error: unknown feature 'warp'
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --kernels=fast 2>&1 | FileCheck %s --check-prefix=KERNELS
// KERNELS: Cannot find option named 'fast'
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --limit=-1 2>&1 | FileCheck %s --check-prefix=LIMIT
// LIMIT: error: --limit=-1: give a number of samples
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --threads=0 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: error: --threads=0: give at least one thread
// RUN: not quant-run %t/model.mlir 2>&1 | FileCheck %s --check-prefix=NOINPUTS
// NOINPUTS: --inputs{{.*}}must be specified

// Outputs that cannot be written.
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --json=%t/none/r.json 2>&1 | FileCheck %s --check-prefix=JSON
// JSON: error: cannot write '{{.*}}none/r.json': No such file or directory
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --json=%t 2>&1 | FileCheck %s --check-prefix=DIRECTORY
// DIRECTORY: error: cannot write '{{.*}}': Is a directory
// RUN: not quant-run %t/model.mlir --inputs=%t/x.npz --outputs=%t/none/y.npz 2>&1 | FileCheck %s --check-prefix=NPZ
// NPZ: error: {{.*}}none/y.npz

// RUN: not test -e %t/r.json
// RUN: not test -e %t/y.npz
// RUN: not ls %t/*.tmp*

//--- model.mlir
func.func @main(%image: tensor<1x1x2x3xf32> {qopt.name = "image"}) -> tensor<1x4xf32> {
  %0 = arith.constant dense<1.0> : tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
//--- two-inputs.mlir
func.func @add(%a: tensor<1x2xf32> {qopt.name = "a"},
               %b: tensor<1x2xf32> {qopt.name = "b"}) -> tensor<1x2xf32> {
  %empty = tensor.empty() : tensor<1x2xf32>
  %0 = linalg.add ins(%a, %b : tensor<1x2xf32>, tensor<1x2xf32>)
                  outs(%empty : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
//--- ids.mlir
func.func @main(%ids: tensor<1x1xi32> {qopt.name = "ids"}) -> tensor<1x1xi32> {
  return %ids : tensor<1x1xi32>
}
//--- dynamic.mlir
func.func @main(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  return %x : tensor<4x?xf32>
}
//--- scalar.mlir
func.func @main(%x: f32) -> f32 {
  return %x : f32
}
//--- complex.mlir
func.func @main() -> tensor<4xcomplex<f32>> {
  %0 = tensor.empty() : tensor<4xcomplex<f32>>
  return %0 : tensor<4xcomplex<f32>>
}
//--- external.mlir
func.func private @main(tensor<4xf32>)
//--- calls.mlir
func.func private @tower(f32) -> f32
func.func private @expf(f32) -> f32
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c = func.call @tower(%a) : (f32) -> f32
    linalg.yield %c : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
//--- cut-off.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = arith.constant dense_resource<weights> : tensor<4xf32>
  %r = arith.addf %x, %w : tensor<4xf32>
  return %r : tensor<4xf32>
}
{-# dialect_resources: { builtin: { weights: "0x040000000000803F00000040" } } #-}
