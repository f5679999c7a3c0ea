// Every kind of output, and the header.

// RUN: quant-compile %s --emit=llvm --cpu=x86-64 --triple=x86_64-linux-gnu -o - | FileCheck %s --check-prefix=LLVM
// LLVM: target triple = "x86_64-{{.*}}linux-gnu"
// LLVM: define void @double_it(ptr{{.*}} %0, ptr{{.*}} %1)
// No fast-math flag and no fused multiply-add, whatever the processor has.
// LLVM-NOT: fast
// LLVM: fmul {{(<.*> )?}}
// LLVM: fadd {{(<.*> )?}}
// LLVM: "target-cpu"="x86-64"

// RUN: quant-compile %s --emit=asm --cpu=x86-64-v4 --triple=x86_64-linux-gnu -o - | FileCheck %s --check-prefix=ASM
// ASM: double_it:
// ASM-NOT: vfmadd
// ASM: vaddps
// ASM: retq

// RUN: quant-compile %s --emit=obj --triple=aarch64-linux-gnu -o %t.arm.o
// RUN: %llvm_tools/llvm-readobj --file-headers --symbols %t.arm.o | FileCheck %s --check-prefix=ARM
// ARM: Machine: EM_AARCH64
// ARM: Name: double_it
// RUN: quant-compile %s --emit=asm --triple=aarch64-linux-gnu --cpu=cortex-a76 --features=+i8mm -o - | FileCheck %s --check-prefix=ARM-ASM
// ARM-ASM: double_it:
// ARM-ASM-NOT: fmla
// ARM-ASM: ret

// RUN: quant-compile %s --emit=obj -o %t.o --header=%t.h
// RUN: FileCheck %s --check-prefix=HEADER < %t.h
// HEADER:      the compiled model 'double_it'
// HEADER:      not re-entrant
// HEADER:      #include <stdint.h>
// HEADER:      #define QUANTOPT_MODEL_DOUBLE_IT_IN_PUT_ELEMENTS 64
// HEADER-NEXT: #define QUANTOPT_MODEL_DOUBLE_IT_OUTPUT0_ELEMENTS 64
// HEADER:      void double_it(const float *in_put /* 1x64 */,
// HEADER-NEXT:     float *output0 /* 1x64 */);
// RUN: %cc -std=c99 -Wall -Wextra -pedantic -Werror -fsyntax-only -x c %t.h

// The same input gives the same bytes; the path of the output is not in them.
// RUN: quant-compile %s --emit=obj -o %t.again.o
// RUN: cmp %t.o %t.again.o

// A function gets the name that the program wants.
// RUN: quant-compile %s --emit=llvm --name=twice -o %t.ll --header=%t.twice.h
// RUN: FileCheck %s --check-prefix=NAME < %t.ll
// RUN: FileCheck %s --check-prefix=NAME-HEADER < %t.twice.h
// NAME: define void @twice(
// NAME-HEADER: void twice(const float *in_put

// A module that is lowered already compiles as it is.
// RUN: quant-opt %s --qopt-lower-to-cpu="cpu=x86-64" -o %t.lowered.mlir
// RUN: quant-compile %t.lowered.mlir --emit=llvm -o - | FileCheck %s --check-prefix=LOWERED
// LOWERED: define void @double_it(

// RUN: quant-compile --help | FileCheck %s --check-prefix=HELP
// HELP-DAG: =so
// HELP-DAG: --header=<file>

func.func @double_it(%x: tensor<1x64xf32> {qopt.name = "in-put"}) -> tensor<1x64xf32> {
  %empty = tensor.empty() : tensor<1x64xf32>
  %c = arith.constant 3.0 : f32
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x64xf32>) outs(%empty : tensor<1x64xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.mulf %a, %c : f32
    %1 = arith.addf %0, %a : f32
    linalg.yield %1 : f32
  } -> tensor<1x64xf32>
  return %y : tensor<1x64xf32>
}
