// Bad input and outputs that cannot be written: one clear error, and no file.

// RUN: rm -rf %t && split-file %s %t

// RUN: not quant-compile %t/main.mlir --emit=exe -o %t/f 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: for the --emit option: Cannot find option named 'exe'
// RUN: not quant-compile %t/main.mlir -o %t/f 2>&1 | FileCheck %s --check-prefix=NOKIND
// NOKIND: --emit{{.*}}must be specified
// RUN: not quant-compile %t/main.mlir --emit=obj 2>&1 | FileCheck %s --check-prefix=NOOUTPUT
// NOOUTPUT: must be specified
// RUN: not quant-compile %t/none.mlir --emit=obj -o %t/f 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: error: {{.*}}none.mlir{{.*}}No such file
// RUN: not quant-compile %t/broken.mlir --emit=obj -o %t/f 2>&1 | FileCheck %s --check-prefix=BROKEN
// BROKEN: broken.mlir:2:{{[0-9]+}}: error:
// BROKEN: error: '{{.*}}broken.mlir' is no valid MLIR module
// RUN: not quant-compile %t/main.mlir --emit=obj --triple=vax-dec-ultrix -o %t/f 2>&1 | FileCheck %s --check-prefix=TRIPLE
// TRIPLE: error: no back end for triple 'vax-dec-ultrix'
// RUN: not quant-compile %t/main.mlir --emit=obj --triple=aarch64-linux-gnu --cpu=znver5 -o %t/f 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown processor 'znver5' for aarch64
// RUN: not quant-compile %t/main.mlir --emit=obj --triple=i686-linux-gnu -o %t/f 2>&1 | FileCheck %s --check-prefix=SSE2
// SSE2: error: processor 'generic' for i686-unknown-linux-gnu has no SSE2, which floats need; choose one that has, such as pentium4
// RUN: not quant-compile %t/dynamic.mlir --emit=obj -o %t/f --header=%t/f.h 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: error: argument 0 of 'f' is tensor<4x?xf32>: give the inputs static shapes before compiling (--input-shapes)
// RUN: not quant-compile %t/cut-off.mlir --emit=obj -o %t/f 2>&1 | FileCheck %s --check-prefix=CUTOFF
// CUTOFF: cut-off.mlir:2:8: error: 'arith.constant' op has the value 'weights' of 8 bytes, and 'tensor<4xf32>' takes 16; export the model again

// A program has its own main, and C its own words.
// RUN: not quant-compile %t/main.mlir --emit=obj -o %t/f --header=%t/f.h 2>&1 | FileCheck %s --check-prefix=MAIN
// MAIN: error: a C header cannot declare the model's function by the name 'main': give it another name
// RUN: not quant-compile %t/main.mlir --emit=obj -o %t/f --header=%t/f.h --name=a-b 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: a C header cannot declare the model's function by the name 'a-b'
// RUN: quant-opt %t/main.mlir --qopt-lower-to-cpu -o %t/lowered.mlir
// RUN: not quant-compile %t/lowered.mlir --emit=obj -o %t/f --header=%t/f.h 2>&1 | FileCheck %s --check-prefix=LOWERED
// LOWERED: error: --header and --name need the model on tensors: '{{.*}}lowered.mlir' is lowered already

// Two outputs are both written or none.
// RUN: not quant-compile %t/main.mlir --emit=obj -o %t/none/f 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: cannot write '{{.*}}none/f': No such file or directory
// RUN: not quant-compile %t/main.mlir --emit=obj -o %t/f --header=%t/none/f.h --name=g 2>&1 | FileCheck %s --check-prefix=HEADER
// HEADER: error: cannot write '{{.*}}none/f.h': No such file or directory
// RUN: not quant-compile %t/main.mlir --emit=obj -o %t 2>&1 | FileCheck %s --check-prefix=DIRECTORY
// DIRECTORY: error: cannot write '{{.*}}': Is a directory
// A full disk.
// RUN: not quant-compile %t/main.mlir --emit=obj -o /dev/full 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: error: cannot write '/dev/full': No space left on device
// Without a linker there is no shared library.
// RUN: not env PATH=%t quant-compile %t/main.mlir --emit=so -o %t/f 2>&1 | FileCheck %s --check-prefix=LINKER
// LINKER: error: no linker for {{.*}}: neither a C compiler for it nor ld.lld is on PATH; install one, or emit an object file and link it yourself

// RUN: not ls %t/f
// RUN: not ls %t/f.h
// RUN: ls -a %t | FileCheck %s --check-prefix=CLEAN
// CLEAN-NOT: tmp

//--- main.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
//--- dynamic.mlir
func.func @f(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  return %x : tensor<4x?xf32>
}
//--- broken.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %y : tensor<4xf32>
}
//--- cut-off.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = arith.constant dense_resource<weights> : tensor<4xf32>
  %r = arith.addf %x, %w : tensor<4xf32>
  return %r : tensor<4xf32>
}
{-# dialect_resources: { builtin: { weights: "0x040000000000803F00000040" } } #-}
