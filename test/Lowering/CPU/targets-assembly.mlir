// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=znver4 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=znver4 | %llvm_tools/llc -O3 -mcpu=znver4 | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=VNNI
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=alderlake | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=alderlake | %llvm_tools/llc -O3 -mcpu=alderlake | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=VNNI
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=alderlake | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=alderlake | %llvm_tools/llc -O3 -mcpu=alderlake | FileCheck %s --check-prefix=VEX
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=sapphirerapids | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=sapphirerapids | %llvm_tools/llc -O3 -mcpu=sapphirerapids | FileCheck %s --check-prefix=AMX
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=sierraforest | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=sierraforest | %llvm_tools/llc -O3 -mcpu=sierraforest | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=INT8
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=haswell | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=haswell | %llvm_tools/llc -O3 -mcpu=haswell | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=AVX2
// RUN: sed -e s/TRIPLE/x86_64-unknown-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=skylake-avx512 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=skylake-avx512 | %llvm_tools/llc -O3 -mcpu=skylake-avx512 | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=AVX512
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=cortex-a76 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=cortex-a76 | %llvm_tools/llc -O3 -mcpu=cortex-a76 | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=DOT
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=cortex-a76 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=cortex-a76 | %llvm_tools/llc -O3 -mcpu=cortex-a76 | FileCheck %s --check-prefix=LANE
// RUN: sed -e s/TRIPLE/aarch64-linux-gnu/ %s | quant-opt --qopt-lower-to-cpu=cpu=neoverse-n2 | %llvm_tools/mlir-translate --mlir-to-llvmir | %llvm_tools/opt -O3 -mcpu=neoverse-n2 | %llvm_tools/llc -O3 -mcpu=neoverse-n2 | %python %S/Inputs/hot-loops.py | FileCheck %s --check-prefix=I8MM

// What multiplies in the hottest loop of each kind of contraction, on each target:
// the one instruction that is meant to, and nothing is spilled there. The lines
// count all instructions that multiply, so vpmulld would show.

// VNNI: gemm: loop: {{[0-9]+}} vpdpbusd; 0 on the stack
// VNNI-NEXT: small_weights: loop: {{[0-9]+}} vpdpbusd; 0 on the stack
// VNNI-NEXT: gemv: loop: {{[0-9]+}} vpdpbusd; 0 on the stack
// VNNI-NEXT: conv_3x3: loop: {{[0-9]+}} vpdpbusd; 0 on the stack
// VNNI-NEXT: conv_1x1: loop: {{[0-9]+}} vpdpbusd; 0 on the stack
// VNNI-NEXT: depthwise: {{.*}} vpdpbusd;

// INT8: gemm: loop: {{[0-9]+}} vpdpbssd; 0 on the stack
// INT8-NEXT: small_weights: loop: {{[0-9]+}} vpdpbssd; 0 on the stack
// INT8-NEXT: gemv: loop: {{[0-9]+}} vpdpbssd; 0 on the stack
// INT8-NEXT: conv_3x3: loop: {{[0-9]+}} vpdpbssd; 0 on the stack
// INT8-NEXT: conv_1x1: loop: {{[0-9]+}} vpdpbssd; 0 on the stack

// AVX2: gemm: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX2-NEXT: small_weights: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX2-NEXT: gemv: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX2-NEXT: conv_3x3: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX2-NEXT: conv_1x1: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack

// AVX512: gemm: loop: {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX512-NEXT: small_weights: loop: {{[0-9]+}} vpmaddubsw, {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX512-NEXT: gemv: loop: {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX512-NEXT: conv_3x3: loop: {{[0-9]+}} vpmaddwd; 0 on the stack
// AVX512-NEXT: conv_1x1: loop: {{[0-9]+}} vpmaddwd; 0 on the stack

// DOT: gemm: loop: {{[0-9]+}} sdot; 0 on the stack
// DOT-NEXT: small_weights: loop: {{[0-9]+}} sdot; 0 on the stack
// DOT-NEXT: gemv: loop: {{[0-9]+}} sdot; 0 on the stack
// DOT-NEXT: conv_3x3: loop: {{[0-9]+}} sdot; 0 on the stack
// DOT-NEXT: conv_1x1: loop: {{[0-9]+}} sdot; 0 on the stack

// I8MM: gemm: loop: {{[0-9]+}} smmla; 0 on the stack
// I8MM-NEXT: small_weights: loop: {{[0-9]+}} smmla; 0 on the stack
// I8MM-NEXT: gemv: loop: {{[0-9]+}} sdot; 0 on the stack
// I8MM-NEXT: conv_3x3: loop: {{[0-9]+}} smmla; 0 on the stack
// I8MM-NEXT: conv_1x1: {{loop|block}}: {{[0-9]+}} smmla;

// A processor without AVX-512 knows vpdpbusd by its short encoding only, and sdot
// takes one of four words that a single load brought.
// With AMX, one step of a block behind the first one: four tiles are loaded and four
// multiplied.
// AMX-LABEL: gemm:
// AMX: ldtilecfg
// AMX: tilestored
// AMX: tdpbssd %tmm7, %tmm5, %tmm3
// AMX: tileload{{d|dt1}} {{.*}}, %tmm6
// AMX: tileload{{d|dt1}} {{.*}}, %tmm4
// AMX: tileload{{d|dt1}} {{.*}}, %tmm7
// AMX: tileload{{d|dt1}} {{.*}}, %tmm5
// AMX-NEXT: tdpbssd %tmm6, %tmm4, %tmm0
// AMX-NEXT: tdpbssd %tmm7, %tmm4, %tmm1
// AMX-NEXT: tdpbssd %tmm6, %tmm5, %tmm2
// AMX-NEXT: tdpbssd %tmm7, %tmm5, %tmm3
// AMX: tilerelease
// VEX: {vex} vpdpbusd
// LANE: sdot {{v[0-9]+.4s, v[0-9]+.16b, v[0-9]+.4b\[3\]}}
module attributes {llvm.target_triple = "TRIPLE"} {
  func.func @gemm(%x: tensor<96x512xi8>) -> tensor<96x512xi8> {
    %w = arith.constant dense<100> : tensor<512x512xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<96x512xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<96x512xi32>) -> tensor<96x512xi32>
    %acc = linalg.matmul ins(%x, %w : tensor<96x512xi8>, tensor<512x512xi8>) outs(%i : tensor<96x512xi32>) -> tensor<96x512xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<96x512xi32> -> tensor<96x512xi8>
    return %r : tensor<96x512xi8>
  }
  func.func @small_weights(%x: tensor<96x512xi8>) -> tensor<96x512xi8> {
    %w = arith.constant dense<3> : tensor<512x512xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<96x512xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<96x512xi32>) -> tensor<96x512xi32>
    %acc = linalg.matmul ins(%x, %w : tensor<96x512xi8>, tensor<512x512xi8>) outs(%i : tensor<96x512xi32>) -> tensor<96x512xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<96x512xi32> -> tensor<96x512xi8>
    return %r : tensor<96x512xi8>
  }
  func.func @gemv(%x: tensor<1x1024xi8>) -> tensor<1x512xi8> {
    %w = arith.constant dense<100> : tensor<1024x512xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<1x512xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<1x512xi32>) -> tensor<1x512xi32>
    %acc = linalg.matmul ins(%x, %w : tensor<1x1024xi8>, tensor<1024x512xi8>) outs(%i : tensor<1x512xi32>) -> tensor<1x512xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<1x512xi32> -> tensor<1x512xi8>
    return %r : tensor<1x512xi8>
  }
  func.func @conv_3x3(%x: tensor<1x16x16x64xi8>) -> tensor<1x14x14x64xi8> {
    %w = arith.constant dense<100> : tensor<3x3x64x64xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<1x14x14x64xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<1x14x14x64xi32>) -> tensor<1x14x14x64xi32>
    %acc = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x16x16x64xi8>, tensor<3x3x64x64xi8>) outs(%i : tensor<1x14x14x64xi32>) -> tensor<1x14x14x64xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<1x14x14x64xi32> -> tensor<1x14x14x64xi8>
    return %r : tensor<1x14x14x64xi8>
  }
  func.func @conv_1x1(%x: tensor<1x14x14x64xi8>) -> tensor<1x14x14x128xi8> {
    %w = arith.constant dense<100> : tensor<1x1x64x128xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<1x14x14x128xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<1x14x14x128xi32>) -> tensor<1x14x14x128xi32>
    %acc = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x14x14x64xi8>, tensor<1x1x64x128xi8>) outs(%i : tensor<1x14x14x128xi32>) -> tensor<1x14x14x128xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<1x14x14x128xi32> -> tensor<1x14x14x128xi8>
    return %r : tensor<1x14x14x128xi8>
  }
  func.func @depthwise(%x: tensor<1x16x16x64xi8>) -> tensor<1x14x14x64xi8> {
    %w = arith.constant dense<100> : tensor<3x3x64xi8>
    %zero = arith.constant 0 : i32
    %e = tensor.empty() : tensor<1x14x14x64xi32>
    %i = linalg.fill ins(%zero : i32) outs(%e : tensor<1x14x14x64xi32>) -> tensor<1x14x14x64xi32>
    %acc = linalg.depthwise_conv_2d_nhwc_hwc ins(%x, %w : tensor<1x16x16x64xi8>, tensor<3x3x64xi8>) outs(%i : tensor<1x14x14x64xi32>) -> tensor<1x14x14x64xi32>
    %r = qopt.requantize %acc from !quant.uniform<i32:f32, 1.0e-4> to !quant.uniform<i8:f32, 2.0e-02:-10> : tensor<1x14x14x64xi32> -> tensor<1x14x14x64xi8>
    return %r : tensor<1x14x14x64xi8>
  }
}
