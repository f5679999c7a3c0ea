// RUN: quant-opt %s --qopt-emit-kernels="cpu=znver4" --canonicalize -split-input-file | FileCheck %s

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A matrix product whose accumulators start from a constant and end in a
  // conversion: one tile, nothing between in memory. Weights are packed by
  // fours of the reduction; 128 times their sums is in the start.
  // CHECK-DAG: memref.global "private" constant @[[PACKED:.*]] : memref<1024xi8> = dense_resource<qopt_packed>
  // CHECK-DAG: memref.global "private" constant @[[START:.*]] : memref<64xi32> = dense_resource<qopt_start>
  // CHECK-LABEL: func @matmul
  // CHECK-NOT: memref.alloc
  // CHECK: vector.load {{.*}} : memref<64xi32>, vector<16xi32>
  // CHECK: vector.load {{.*}} : memref<1024xi8>, vector<64xi8>
  // CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
  // CHECK: arith.shrsi {{.*}} : vector<16xi32>
  // CHECK: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
  // CHECK: vector.store {{.*}} vector<16xi8>
  // CHECK-NOT: linalg
  memref.global "private" constant @w : memref<16x64xi8> = dense<3>
  memref.global "private" constant @b : memref<64xi32> = dense<5>
  func.func @matmul(%a: memref<2x16xi8>, %out: memref<2x64xi8>) {
    %w = memref.get_global @w : memref<16x64xi8>
    %b = memref.get_global @b : memref<64xi32>
    %four = arith.constant 4 : i32
    %acc = memref.alloc() : memref<2x64xi32>
    linalg.broadcast ins(%b : memref<64xi32>) outs(%acc : memref<2x64xi32>) dimensions = [0]
    linalg.matmul ins(%a, %w : memref<2x16xi8>, memref<16x64xi8>) outs(%acc : memref<2x64xi32>)
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x64xi32>) outs(%out : memref<2x64xi8>) {
    ^bb0(%in: i32, %o: i8):
      %s = arith.shrsi %in, %four : i32
      %t = arith.trunci %s : i32 to i8
      linalg.yield %t : i8
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Depthwise: lanes are channels, and each holds four of nine taps, which is
  // three products of three fours of bytes.
  // CHECK: memref.global "private" constant @{{.*}} : memref<192xi8> = dense_resource<qopt_taps>
  // CHECK-LABEL: func @depthwise
  // CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
  // CHECK: vector.store {{.*}} vector<16xi32>
  // CHECK-NOT: linalg
  memref.global "private" constant @w : memref<16x3x3xi8> = dense<"0x010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203010203">
  func.func @depthwise(%x: memref<1x3x3x16xi8>, %out: memref<1x1x1x16xi32>) {
    %w = memref.get_global @w : memref<16x3x3xi8>
    linalg.generic {indexing_maps = [affine_map<(n, i, j, c, k, l) -> (n, i + k, j + l, c)>, affine_map<(n, i, j, c, k, l) -> (c, k, l)>, affine_map<(n, i, j, c, k, l) -> (n, i, j, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x3x3x16xi8>, memref<16x3x3xi8>) outs(%out : memref<1x1x1x16xi32>) {
    ^bb0(%a: i8, %b: i8, %o: i32):
      %0 = arith.extsi %a : i8 to i32
      %1 = arith.extsi %b : i8 to i32
      %2 = arith.muli %0, %1 : i32
      %3 = arith.addi %o, %2 : i32
      linalg.yield %3 : i32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A run of three bytes is read by fours: past the end of the caller's buffer,
  // if it were read directly. It is copied.
  // CHECK-LABEL: func @overread
  // CHECK: %[[COPY:.*]] = memref.alloc() : memref<6xi8>
  // CHECK: linalg.copy ins(%{{.*}}) outs(%[[COPY]]
  // CHECK: vector.load %[[COPY]]{{.*}} : memref<6xi8>, vector<4xi8>
  memref.global "private" constant @w : memref<3x16xi8> = dense<3>
  func.func @overread(%a: memref<2x3xi8>, %out: memref<2x16xi32>) {
    %w = memref.get_global @w : memref<3x16xi8>
    linalg.matmul ins(%a, %w : memref<2x3xi8>, memref<3x16xi8>) outs(%out : memref<2x16xi32>)
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // No dimension of the result is contiguous lanes: plain loops are as good.
  // CHECK-LABEL: func @strided
  // CHECK: linalg.generic
  func.func @strided(%a: memref<4xf32, strided<[2]>>, %out: memref<4xf32, strided<[2]>>) {
    linalg.exp ins(%a : memref<4xf32, strided<[2]>>) outs(%out : memref<4xf32, strided<[2]>>)
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A vector of bits is packed, a buffer of them is not.
  // CHECK-LABEL: func @bits
  // CHECK: linalg.generic
  // CHECK-NOT: vector
  func.func @bits(%a: memref<16xf32>, %out: memref<16xi1>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : memref<16xf32>) outs(%out : memref<16xi1>) {
    ^bb0(%x: f32, %o: i1):
      %0 = arith.cmpf ogt, %x, %x : f32
      linalg.yield %0 : i1
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A sum of nine bytes fits in 16 bits: two taps are added to words at once,
  // the last one alone, and the sums are extended once.
  // CHECK-LABEL: func @sums
  // CHECK-COUNT-10: "llvm.x86.avx512.pmaddubs.w.512"
  // CHECK-NOT: pmaddubs
  // CHECK: vector.shuffle
  // CHECK: arith.extsi %{{.*}} : vector<16xi16> to vector<16xi32>
  func.func @sums(%x: memref<1x3x3x64xi8>, %window: memref<3x3xi32>, %out: memref<1x1x1x64xi32>) {
    linalg.pooling_nhwc_sum {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %window : memref<1x3x3x64xi8>, memref<3x3xi32>) outs(%out : memref<1x1x1x64xi32>)
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Sixteen unsigned bytes: the mean of pairs, of their means and so on, and the
  // sum modulo 256. What the mean is too large by is in one pair of products.
  // CHECK-LABEL: func @mean
  // CHECK-COUNT-15: "llvm.x86.avx512.pavg.b.512"
  // CHECK-NOT: pavg
  // CHECK: arith.shli
  // CHECK-NEXT: arith.subi
  // CHECK-COUNT-2: "llvm.x86.avx512.pmaddubs.w.512"
  // CHECK-NOT: pmaddubs
  // Fours of channels are sorted, then words interleaved with zeros.
  // CHECK: vector.shuffle {{.*}} : vector<8xi64>, vector<8xi64>
  // CHECK-COUNT-2: vector.shuffle {{.*}} : vector<32xi16>, vector<32xi16>
  // CHECK: return
  func.func @mean(%x: memref<16x64xi8>, %out: memref<64xi32>) {
    linalg.generic {indexing_maps = [affine_map<(t, c) -> (t, c)>, affine_map<(t, c) -> (c)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<16x64xi8>) outs(%out : memref<64xi32>) {
    ^bb0(%a: i8, %o: i32):
      %0 = arith.extui %a : i8 to i32
      %1 = arith.addi %o, %0 : i32
      linalg.yield %1 : i32
    }
    return
  }

  // Thirteen taps lack three of sixteen: twice a mean is taken with a zero.
  // CHECK-LABEL: func @mean_of_few
  // CHECK-COUNT-14: "llvm.x86.avx512.pavg.b.512"
  // CHECK-NOT: pavg
  // CHECK: return
  func.func @mean_of_few(%x: memref<13x64xi8>, %out: memref<64xi32>) {
    linalg.generic {indexing_maps = [affine_map<(t, c) -> (t, c)>, affine_map<(t, c) -> (c)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<13x64xi8>) outs(%out : memref<64xi32>) {
    ^bb0(%a: i8, %o: i32):
      %0 = arith.extui %a : i8 to i32
      %1 = arith.addi %o, %0 : i32
      linalg.yield %1 : i32
    }
    return
  }
}

// -----

#tap = affine_map<(t, c) -> (t, c)>
#channel = affine_map<(t, c) -> (c)>
module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Only the sum reads signed bytes: they are stored with 128 added.
  // CHECK-LABEL: func @summed
  // CHECK: arith.xori
  // CHECK-COUNT-15: "llvm.x86.avx512.pavg.b.512"
  // CHECK: return
  func.func @summed(%x: memref<16x64xi8>, %out: memref<64xi32>) {
    %bytes = memref.alloc() : memref<16x64xi8>
    linalg.generic {indexing_maps = [#tap, #tap], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<16x64xi8>) outs(%bytes : memref<16x64xi8>) {
    ^bb0(%a: i8, %o: i8):
      %0 = arith.addi %a, %a : i8
      linalg.yield %0 : i8
    }
    linalg.generic {indexing_maps = [#tap, #channel], iterator_types = ["reduction", "parallel"]}
      ins(%bytes : memref<16x64xi8>) outs(%out : memref<64xi32>) {
    ^bb0(%a: i8, %o: i32):
      %0 = arith.extsi %a : i8 to i32
      %1 = arith.addi %o, %0 : i32
      linalg.yield %1 : i32
    }
    return
  }

  // Another reader would have to invert them back.
  // CHECK-LABEL: func @read_again
  // CHECK-NOT: arith.xori
  // CHECK-NOT: pavg
  // CHECK-COUNT-16: "llvm.x86.avx512.pmaddubs.w.512"
  // CHECK-NOT: arith.xori
  // CHECK: return
  func.func @read_again(%x: memref<16x64xi8>, %out: memref<64xi32>, %copy: memref<16x64xi8>) {
    %bytes = memref.alloc() : memref<16x64xi8>
    linalg.generic {indexing_maps = [#tap, #tap], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<16x64xi8>) outs(%bytes : memref<16x64xi8>) {
    ^bb0(%a: i8, %o: i8):
      %0 = arith.addi %a, %a : i8
      linalg.yield %0 : i8
    }
    linalg.generic {indexing_maps = [#tap, #channel], iterator_types = ["reduction", "parallel"]}
      ins(%bytes : memref<16x64xi8>) outs(%out : memref<64xi32>) {
    ^bb0(%a: i8, %o: i32):
      %0 = arith.extsi %a : i8 to i32
      %1 = arith.addi %o, %0 : i32
      linalg.yield %1 : i32
    }
    linalg.generic {indexing_maps = [#tap, #tap], iterator_types = ["parallel", "parallel"]}
      ins(%bytes : memref<16x64xi8>) outs(%copy : memref<16x64xi8>) {
    ^bb0(%a: i8, %o: i8):
      %0 = arith.muli %a, %a : i8
      linalg.yield %0 : i8
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // LLVM may not forget that lanes which nobody stores are zero.
  // CHECK-LABEL: func @partial
  // CHECK: %[[LOADED:.*]] = vector.maskedload {{.*}} : memref<12xf32>, vector<16xi1>, vector<16xf32> into vector<16xf32>
  // CHECK: %[[KEPT:.*]] = llvm.call_intrinsic "llvm.arithmetic.fence"(%[[LOADED]])
  // CHECK: arith.divf %{{.*}}, %[[KEPT]]
  func.func @partial(%x: memref<12xf32>, %out: memref<12xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<12xf32>) outs(%out : memref<12xf32>) {
    ^bb0(%a: f32, %o: f32):
      %one = arith.constant 1.0 : f32
      %0 = arith.divf %one, %a : f32
      linalg.yield %0 : f32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Two points of eight channels fill a vector; what the channels know stands there twice.
  // CHECK: memref.global "private" constant @[[TWICE:.*]] : memref<16xf32> = dense_resource<qopt_repeated>
  // CHECK-LABEL: func @eight_channels
  // CHECK: %[[S:.*]] = memref.get_global @[[TWICE]]
  // CHECK: scf.for
  // CHECK: vector.load {{.*}} : memref<128xf32>, vector<16xf32>
  // CHECK: vector.load %[[S]]{{.*}} : memref<16xf32>, vector<16xf32>
  // CHECK: vector.store {{.*}} : memref<128xf32>, vector<16xf32>
  // CHECK-NOT: maskedload
  // CHECK-NOT: scf.for
  func.func @eight_channels(%x: memref<1x4x4x8xf32>, %out: memref<1x4x4x8xf32>) {
    %s = memref.get_global @scales : memref<8xf32>
    linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>, affine_map<(n, h, w, c) -> (c)>, affine_map<(n, h, w, c) -> (n, h, w, c)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%x, %s : memref<1x4x4x8xf32>, memref<8xf32>) outs(%out : memref<1x4x4x8xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      linalg.yield %m : f32
    }
    return
  }
  memref.global "private" constant @scales : memref<8xf32> = dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]>
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A maximum over several dimensions runs along memory, whichever of them comes first
  // there; the last vector takes some terms again.
  // CHECK-LABEL: func @maximum
  // CHECK: scf.for {{.*}} iter_args
  // CHECK-COUNT-4: arith.maxnumf {{.*}} : vector<16xf32>
  // CHECK: vector.load {{.*}} : memref<144xf32>, vector<16xf32>
  // CHECK: arith.maxnumf {{.*}} : vector<16xf32>
  // CHECK: arith.maxnumf {{.*}} : vector<8xf32>
  // CHECK: memref.store
  func.func @maximum(%x: memref<2x4x18xf32, strided<[1, 2, 8]>>, %out: memref<f32>) {
    linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> ()>], iterator_types = ["reduction", "reduction", "reduction"]} ins(%x : memref<2x4x18xf32, strided<[1, 2, 8]>>) outs(%out : memref<f32>) {
    ^bb0(%a: f32, %o: f32):
      %m = arith.maxnumf %a, %o : f32
      linalg.yield %m : f32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A body that loads at the lanes' index and at positions of its own for another loop.
  // CHECK-LABEL: func @taken
  // CHECK: scf.for %[[I:.*]] =
  // CHECK: vector.load {{.*}} : memref<128xf32>, vector<16xf32>
  // CHECK: vector.store {{.*}} : memref<64xf32>, vector<16xf32>
  func.func @taken(%x: memref<8x16xf32>, %p: memref<4xi32>, %out: memref<4x16xf32>) {
    linalg.generic {indexing_maps = [affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%p : memref<4xi32>) outs(%out : memref<4x16xf32>) {
    ^bb0(%q: i32, %o: f32):
      %c = linalg.index 1 : index
      %r = arith.index_cast %q : i32 to index
      %v = memref.load %x[%r, %c] : memref<8x16xf32>
      linalg.yield %v : f32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // What the lanes would gather is loaded along another loop, 16 vectors of it, and
  // transposed by four rounds of interleaving; what is left of that loop is a loop.
  // CHECK-LABEL: func @transposed
  // CHECK: scf.for
  // CHECK-COUNT-16: vector.load {{.*}} : memref<640xi8>, vector<16xi8>
  // CHECK-COUNT-64: vector.shuffle {{.*}} : vector<16xi8>, vector<16xi8>
  // CHECK-COUNT-16: vector.store {{.*}} : memref<640xi8>, vector<16xi8>
  // CHECK: scf.for
  // CHECK-NOT: vector.shuffle
  // CHECK: vector.store {{.*}} : memref<640xi8>, vector<16xi8>
  func.func @transposed(%x: memref<16x40xi8>, %out: memref<40x16xi8>) {
    linalg.generic {indexing_maps = [affine_map<(a, b) -> (b, a)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<16x40xi8>) outs(%out : memref<40x16xi8>) {
    ^bb0(%a: i8, %o: i8):
      linalg.yield %a : i8
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // A product of constant weights and an epilogue that stores with its columns apart: the
  // tile is that of the constants, and the epilogue comes behind it.
  // CHECK: memref.global "private" constant @qopt_packed
  // CHECK-LABEL: func @scattered
  // CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
  // CHECK: vector.shuffle
  memref.global "private" constant @w : memref<64x64xi8> = dense<3>
  func.func @scattered(%a: memref<32x64xi8>, %out: memref<64x32xf32>) {
    %w = memref.get_global @w : memref<64x64xi8>
    %zero = arith.constant 0 : i32
    %acc = memref.alloc() : memref<32x64xi32>
    linalg.fill ins(%zero : i32) outs(%acc : memref<32x64xi32>)
    linalg.matmul ins(%a, %w : memref<32x64xi8>, memref<64x64xi8>) outs(%acc : memref<32x64xi32>)
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<32x64xi32>) outs(%out : memref<64x32xf32>) {
    ^bb0(%in: i32, %o: f32):
      %t = arith.sitofp %in : i32 to f32
      linalg.yield %t : f32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Three channels would fill the lanes with those of several points, but sums that start
  // from what memory holds (nothing with several results becomes vectors) have gaps between
  // their points.
  // CHECK-LABEL: func @gaps
  // CHECK: arith.mului_extended
  // CHECK: %[[ACC:.*]] = memref.reinterpret_cast {{.*}} to memref<573xi32>
  // CHECK: scf.for
  // CHECK-NOT: vector.load
  // CHECK: vector.maskedload %[[ACC]]
  // CHECK-NOT: vector.load
  func.func @gaps(%x: memref<5x64x3xi32>, %start: memref<64x3xi32>, %out: memref<64x3xi32>) {
    %padded = memref.alloc() : memref<64x9xi32>
    %sums = memref.subview %padded[0, 3] [64, 3] [1, 1] : memref<64x9xi32> to memref<64x3xi32, strided<[9, 1], offset: 3>>
    linalg.generic {indexing_maps = [affine_map<(h, c) -> (h, c)>, affine_map<(h, c) -> (h, c)>], iterator_types = ["parallel", "parallel"]} ins(%start : memref<64x3xi32>) outs(%sums : memref<64x3xi32, strided<[9, 1], offset: 3>>) {
    ^bb0(%i: i32, %o: i32):
      %low, %high = arith.mului_extended %i, %i : i32
      linalg.yield %high : i32
    }
    linalg.generic {indexing_maps = [affine_map<(h, c, k) -> (k, h, c)>, affine_map<(h, c, k) -> (h, c)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : memref<5x64x3xi32>) outs(%sums : memref<64x3xi32, strided<[9, 1], offset: 3>>) {
    ^bb0(%i: i32, %o: i32):
      %s = arith.addi %o, %i : i32
      linalg.yield %s : i32
    }
    linalg.generic {indexing_maps = [affine_map<(h, c) -> (h, c)>, affine_map<(h, c) -> (h, c)>], iterator_types = ["parallel", "parallel"]} ins(%sums : memref<64x3xi32, strided<[9, 1], offset: 3>>) outs(%out : memref<64x3xi32>) {
    ^bb0(%i: i32, %o: i32):
      %s = arith.muli %i, %i : i32
      linalg.yield %s : i32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Weights from -8 to 7 that floats are multiplied by lie eight to a word, and a
  // look-up makes floats of them; the sums of a run take its factors.
  // CHECK-DAG: memref.global "private" constant @[[PACKED:.*]] : memref<128xi32> = dense_resource<qopt_packed>
  // CHECK-LABEL: func @nibbles
  // CHECK: %[[WORDS:.*]] = vector.load {{.*}} : memref<128xi32>, vector<16xi32>
  // CHECK: arith.shrui %[[WORDS]], %{{.*}} : vector<16xi32>
  // CHECK: llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"
  // CHECK: %[[SUM:.*]] = vector.fma
  // CHECK: %[[FACTORS:.*]] = vector.load {{.*}} : memref<64xf32>, vector<16xf32>
  // CHECK: vector.fma %{{.*}}, %[[FACTORS]], %{{.*}}
  // CHECK-NOT: linalg
  memref.global "private" constant @w : memref<16x64xi8> = dense<-8>
  memref.global "private" constant @s : memref<64xf32> = dense<0.5>
  func.func @nibbles(%a: memref<2x16xf32>, %out: memref<2x64xf32>) {
    %w = memref.get_global @w : memref<16x64xi8>
    %s = memref.get_global @s : memref<64xf32>
    linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w, %s : memref<2x16xf32>, memref<16x64xi8>, memref<64xf32>) outs(%out : memref<2x64xf32>) {
    ^bb0(%x: f32, %q: i8, %f: f32, %acc: f32):
      %r = arith.sitofp %q : i8 to f32
      %v = arith.mulf %r, %f : f32
      %p = arith.mulf %x, %v : f32
      %t = arith.addf %acc, %p : f32
      linalg.yield %t : f32
    }
    return
  }
}

// -----

module attributes {llvm.target_triple = "x86_64-unknown-linux-gnu"} {
  // Neither do larger ones, nor those of a run that is no multiple of eight:
  // behind its activations may stand what is no number.
  // CHECK-DAG: memref.global {{.*}} : memref<1024xi8> = dense_resource<qopt_packed{{.*}}>
  // CHECK-DAG: memref.global {{.*}} : memref<768xi8> = dense_resource<qopt_packed{{.*}}>
  // CHECK-LABEL: func @bytes
  // CHECK-NOT: permvar
  // CHECK: arith.sitofp {{.*}} : vector<16xi8> to vector<16xf32>
  // CHECK-NOT: permvar
  memref.global "private" constant @large : memref<16x64xi8> = dense<8>
  memref.global "private" constant @twelve : memref<12x64xi8> = dense<7>
  func.func @bytes(%a: memref<2x16xf32>, %b: memref<2x12xf32>, %out: memref<2x64xf32>) {
    %large = memref.get_global @large : memref<16x64xi8>
    %twelve = memref.get_global @twelve : memref<12x64xi8>
    linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %large : memref<2x16xf32>, memref<16x64xi8>) outs(%out : memref<2x64xf32>) {
    ^bb0(%x: f32, %q: i8, %acc: f32):
      %r = arith.sitofp %q : i8 to f32
      %p = arith.mulf %x, %r : f32
      %t = arith.addf %acc, %p : f32
      linalg.yield %t : f32
    }
    linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%b, %twelve : memref<2x12xf32>, memref<12x64xi8>) outs(%out : memref<2x64xf32>) {
    ^bb0(%x: f32, %q: i8, %acc: f32):
      %r = arith.sitofp %q : i8 to f32
      %p = arith.mulf %x, %r : f32
      %t = arith.addf %acc, %p : f32
      linalg.yield %t : f32
    }
    return
  }
}
