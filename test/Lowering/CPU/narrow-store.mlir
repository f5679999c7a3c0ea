// RUN: quant-opt %s --qopt-emit-kernels="cpu=znver4" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,X86
// RUN: sed s/x86_64-unknown-linux-gnu/aarch64-unknown-linux-gnu/ %s | quant-opt --qopt-emit-kernels="cpu=cortex-a76" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,ARM

#id = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  memref.global "private" constant @w : memref<4x64xi8> = dense<3>
  memref.global "private" constant @small : memref<64xf32> = dense<1.0e-3>
  memref.global "private" constant @large : memref<64xf32> = dense<1.0e+5>

  // Multipliers below one keep every i32 within i32: the packs saturate, and
  // 64 bytes are stored at once. The zero point is added to words.
  // CHECK-LABEL: func @bounded
  // X86-NOT: arith.cmpf
  // X86: llvm.intr.lrint({{.*}}) : (vector<16xf32>) -> vector<16xi32>
  // X86: "llvm.x86.avx512.packssdw.512"
  // X86: llvm.intr.sadd.sat({{.*}}) : (vector<32xi16>, vector<32xi16>)
  // X86: "llvm.x86.avx512.packsswb.512"
  // X86: vector.shuffle {{.*}} [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
  // X86: vector.store {{.*}} vector<64xi8>
  // ARM: arith.cmpf ogt, {{.*}} : vector<4xf32>
  // ARM: math.roundeven
  // ARM: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
  // ARM: vector.store {{.*}} vector<16xi8>
  func.func @bounded(%a: memref<2x4xi8>, %out: memref<2x64xi8>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %m = memref.get_global @small : memref<64xf32>
    %zp = arith.constant -3.0 : f32
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%acc : memref<2x64xi32>)
    linalg.matmul ins(%a, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %m : memref<2x64xi32>, memref<64xf32>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %s: f32, %o: i8):
      %0 = arith.sitofp %in : i32 to f32
      %1 = arith.mulf %0, %s : f32
      %2 = math.roundeven %1 : f32
      %3 = arith.addf %2, %zp : f32
      %4 = arith.cmpf ogt, %3, %low : f32
      %5 = arith.select %4, %3, %low : f32
      %6 = arith.cmpf olt, %5, %high : f32
      %7 = arith.select %6, %5, %high : f32
      %8 = arith.fptosi %7 : f32 to i32
      %9 = arith.trunci %8 : i32 to i8
      linalg.yield %9 : i8
    }
    return
  }

  // Large ones do not, for what four products reach: the bounds stay, less the zero point, and
  // come before the rounding.
  // CHECK-LABEL: func @unbounded
  // X86-DAG: dense<-1.250000e+02> : vector<16xf32>
  // X86-DAG: dense<1.300000e+02> : vector<16xf32>
  // X86: arith.cmpf ogt
  // X86: arith.cmpf olt
  // X86: llvm.intr.lrint
  // X86: "llvm.x86.avx512.packsswb.512"
  // X86: vector.store {{.*}} vector<64xi8>
  func.func @unbounded(%a: memref<2x4xi8>, %out: memref<2x64xi8>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %m = memref.get_global @large : memref<64xf32>
    %zp = arith.constant -3.0 : f32
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%acc : memref<2x64xi32>)
    linalg.matmul ins(%a, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %m : memref<2x64xi32>, memref<64xf32>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %s: f32, %o: i8):
      %0 = arith.sitofp %in : i32 to f32
      %1 = arith.mulf %0, %s : f32
      %2 = math.roundeven %1 : f32
      %3 = arith.addf %2, %zp : f32
      %4 = arith.cmpf ogt, %3, %low : f32
      %5 = arith.select %4, %3, %low : f32
      %6 = arith.cmpf olt, %5, %high : f32
      %7 = arith.select %6, %5, %high : f32
      %8 = arith.fptosi %7 : f32 to i32
      %9 = arith.trunci %8 : i32 to i8
      linalg.yield %9 : i8
    }
    return
  }

  // A quotient by a constant, of a value that is finite: with fused
  // multiply-adds there is no division. One that may be infinite is clamped
  // before, where it saturates behind: to 2^21 for 1.2, and packs do the rest.
  // Where nothing saturates, the division stays.
  // CHECK-LABEL: func @quotient
  // CHECK-NOT: arith.divf
  // CHECK: arith.mulf
  // CHECK: vector.fma
  // CHECK-NOT: arith.divf
  // CHECK-LABEL: func @unbounded_quotient
  // CHECK-DAG: %[[LOW:.+]] = arith.constant dense<0xCA000000> : vector<{{16|4}}xf32>
  // CHECK-DAG: %[[HIGH:.+]] = arith.constant dense<0x4A000000> : vector<{{16|4}}xf32>
  // CHECK-NOT: arith.divf
  // CHECK: arith.cmpf ogt, %{{.+}}, %[[LOW]]
  // CHECK: arith.cmpf olt, %{{.+}}, %[[HIGH]]
  // CHECK: arith.mulf
  // CHECK-NEXT: vector.fma
  // X86-NEXT: llvm.intr.lrint
  // CHECK-NOT: arith.divf
  // CHECK-LABEL: func @unsaturated_quotient
  // CHECK: arith.divf
  func.func @quotient(%a: memref<2x4xi8>, %b: memref<2x64xi8>, %out: memref<2x64xi8>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %m = memref.get_global @small : memref<64xf32>
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %scale = arith.constant 0.0234 : f32
    %five = arith.constant 5 : i32
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%acc : memref<2x64xi32>)
    linalg.matmul ins(%a, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [#id, #column, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %m, %b : memref<2x64xi32>, memref<64xf32>, memref<2x64xi8>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %s: f32, %c: i8, %o: i8):
      %0 = arith.sitofp %in : i32 to f32
      %1 = arith.mulf %0, %s : f32
      %c0 = arith.extsi %c : i8 to i32
      %c1 = arith.subi %c0, %five : i32
      %c2 = arith.sitofp %c1 : i32 to f32
      %sum = arith.addf %1, %c2 : f32
      %q = arith.divf %sum, %scale : f32
      %2 = math.roundeven %q : f32
      %4 = arith.cmpf ogt, %2, %low : f32
      %5 = arith.select %4, %2, %low : f32
      %6 = arith.cmpf olt, %5, %high : f32
      %7 = arith.select %6, %5, %high : f32
      %8 = arith.fptosi %7 : f32 to i32
      %9 = arith.trunci %8 : i32 to i8
      linalg.yield %9 : i8
    }
    return
  }
  func.func @unbounded_quotient(%a: memref<2x4xi8>, %b: memref<2x64xf32>, %out: memref<2x64xi8>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %scale = arith.constant 1.2 : f32
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%acc : memref<2x64xi32>)
    linalg.matmul ins(%a, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %b : memref<2x64xi32>, memref<2x64xf32>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %c: f32, %o: i8):
      %0 = arith.sitofp %in : i32 to f32
      %sum = arith.addf %0, %c : f32
      %q = arith.divf %sum, %scale : f32
      %2 = math.roundeven %q : f32
      %4 = arith.cmpf ogt, %2, %low : f32
      %5 = arith.select %4, %2, %low : f32
      %6 = arith.cmpf olt, %5, %high : f32
      %7 = arith.select %6, %5, %high : f32
      %8 = arith.fptosi %7 : f32 to i32
      %9 = arith.trunci %8 : i32 to i8
      linalg.yield %9 : i8
    }
    return
  }
  func.func @unsaturated_quotient(%a: memref<2x64xf32>, %out: memref<2x64xf32>) {
    %scale = arith.constant 1.2 : f32
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<2x64xf32>) outs(%out : memref<2x64xf32>) {
    ^bb0(%in: f32, %o: f32):
      %q = arith.divf %in, %scale : f32
      %0 = math.roundeven %q : f32
      linalg.yield %0 : f32
    }
    return
  }

  // Words are packed two vectors at a time. A mean of an integer has no tiny
  // quotients: one by nine is no division either, and one by four belongs to
  // the multiplication before it.
  // CHECK-LABEL: func @mean_of_nine
  // CHECK-NOT: arith.divf
  // X86: vector.fma
  // X86: vector.fma
  // X86: llvm.intr.lrint
  // X86: "llvm.x86.avx512.packssdw.512"
  // X86: vector.shuffle {{.*}} [0, 2, 4, 6, 1, 3, 5, 7] : vector<8xi64>
  // X86: vector.store {{.*}} vector<64xi16>
  // ARM: arith.trunci {{.*}} : vector<16xi32> to vector<16xi16>
  // CHECK-LABEL: func @mean_of_four
  // X86-DAG: dense<2.500000e-03> : vector<16xf32>
  // CHECK-NOT: arith.divf
  // X86: arith.mulf
  // X86: arith.mulf
  // X86-NEXT: vector.fma
  // X86-NEXT: llvm.intr.lrint
  func.func @mean_of_nine(%x: memref<2x4xi8>, %out: memref<2x64xi16>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %a = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%a : memref<2x64xi32>)
    linalg.matmul ins(%x, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%a : memref<2x64xi32>)
    %low = arith.constant -32768.0 : f32
    %high = arith.constant 32767.0 : f32
    %from = arith.constant 0.01 : f32
    %count = arith.constant 9.0 : f32
    %to = arith.constant 6.0e-4 : f32
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<2x64xi32>) outs(%out : memref<2x64xi16>) {
    ^bb0(%in: i32, %o: i16):
      %0 = arith.sitofp %in : i32 to f32
      %1 = arith.mulf %0, %from : f32
      %2 = arith.divf %1, %count : f32
      %3 = arith.divf %2, %to : f32
      %4 = math.roundeven %3 : f32
      %5 = arith.cmpf ogt, %4, %low : f32
      %6 = arith.select %5, %4, %low : f32
      %7 = arith.cmpf olt, %6, %high : f32
      %8 = arith.select %7, %6, %high : f32
      %9 = arith.fptosi %8 : f32 to i32
      %10 = arith.trunci %9 : i32 to i16
      linalg.yield %10 : i16
    }
    return
  }
  func.func @mean_of_four(%x: memref<2x4xi8>, %out: memref<2x64xi16>) {
    %zero = arith.constant 0 : i32
    %w = memref.get_global @w : memref<4x64xi8>
    %a = memref.alloc() : memref<2x64xi32>
    linalg.fill ins(%zero : i32) outs(%a : memref<2x64xi32>)
    linalg.matmul ins(%x, %w : memref<2x4xi8>, memref<4x64xi8>) outs(%a : memref<2x64xi32>)
    %low = arith.constant -32768.0 : f32
    %high = arith.constant 32767.0 : f32
    %from = arith.constant 0.01 : f32
    %count = arith.constant 4.0 : f32
    %to = arith.constant 0.0234 : f32
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<2x64xi32>) outs(%out : memref<2x64xi16>) {
    ^bb0(%in: i32, %o: i16):
      %0 = arith.sitofp %in : i32 to f32
      %1 = arith.mulf %0, %from : f32
      %2 = arith.divf %1, %count : f32
      %3 = arith.divf %2, %to : f32
      %4 = math.roundeven %3 : f32
      %5 = arith.cmpf ogt, %4, %low : f32
      %6 = arith.select %5, %4, %low : f32
      %7 = arith.cmpf olt, %6, %high : f32
      %8 = arith.select %7, %6, %high : f32
      %9 = arith.fptosi %8 : f32 to i32
      %10 = arith.trunci %9 : i32 to i16
      linalg.yield %10 : i16
    }
    return
  }

  // Three planes become pixels: each vector holds one channel of 16 or 4 of them.
  // CHECK-LABEL: func @pixels
  // X86-COUNT-3: llvm.intr.lrint
  // X86: vector.shuffle {{.*}} [0, 16, 32, 1, 17, 33, {{.*}}, 15, 31, 47] : vector<48xi8>, vector<48xi8>
  // X86: vector.store {{.*}} vector<48xi8>
  // ARM: vector.shuffle {{.*}} [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11] : vector<12xi8>, vector<12xi8>
  // ARM: vector.store {{.*}} vector<12xi8>
  func.func @pixels(%x: memref<3x32xf32>, %out: memref<32x3xi8>) {
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %scale = arith.constant 0.1 : f32
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x32xf32>) outs(%out : memref<32x3xi8>) {
    ^bb0(%in: f32, %o: i8):
      %q = arith.divf %in, %scale : f32
      %2 = math.roundeven %q : f32
      %4 = arith.cmpf ogt, %2, %low : f32
      %5 = arith.select %4, %2, %low : f32
      %6 = arith.cmpf olt, %5, %high : f32
      %7 = arith.select %6, %5, %high : f32
      %8 = arith.fptosi %7 : f32 to i32
      %9 = arith.trunci %8 : i32 to i8
      linalg.yield %9 : i8
    }
    return
  }
}
