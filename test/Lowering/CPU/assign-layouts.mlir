// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-assign-layouts))" -split-input-file | FileCheck %s

// Input and output of a convolution in NCHW are stored as NHWC; so is what an
// elementwise operation writes after it. The function's own buffers stay.
// CHECK-LABEL: func @conv
// CHECK-SAME: (%{{.*}}: memref<1x3x8x8xf32>, %{{.*}}: memref<1x16x6x6xf32>)
// CHECK: memref.alloc() : memref<1x8x8x3xf32>
// CHECK: memref.reinterpret_cast {{.*}} sizes: [1, 3, 8, 8], strides: [192, 1, 24, 3]
// CHECK: memref.alloc() : memref<1x6x6x16xf32>
// CHECK: memref.reinterpret_cast {{.*}} sizes: [1, 16, 6, 6], strides: [576, 1, 96, 16]
// CHECK: memref.alloc() : memref<1x6x6x16xf32>
// CHECK-NOT: linalg.transpose
func.func @conv(%x: memref<1x3x8x8xf32>, %out: memref<1x16x6x6xf32>) {
  %w = memref.get_global @w : memref<16x3x3x3xf32>
  %a = memref.alloc() : memref<1x3x8x8xf32>
  linalg.exp ins(%x : memref<1x3x8x8xf32>) outs(%a : memref<1x3x8x8xf32>)
  %c = memref.alloc() : memref<1x16x6x6xf32>
  linalg.conv_2d_nchw_fchw ins(%a, %w : memref<1x3x8x8xf32>, memref<16x3x3x3xf32>) outs(%c : memref<1x16x6x6xf32>)
  %e = memref.alloc() : memref<1x16x6x6xf32>
  linalg.exp ins(%c : memref<1x16x6x6xf32>) outs(%e : memref<1x16x6x6xf32>)
  linalg.copy ins(%e : memref<1x16x6x6xf32>) outs(%out : memref<1x16x6x6xf32>)
  return
}
memref.global "private" constant @w : memref<16x3x3x3xf32> = dense<1.0>

// -----

// A flattened view needs the logical order: its reader gets a copy.
// CHECK-LABEL: func @flatten
// CHECK: memref.alloc() : memref<1x2x2x8xf32>
// CHECK: %[[COPY:.*]] = memref.alloc() : memref<1x8x2x2xf32>
// CHECK: linalg.copy ins(%{{.*}}) outs(%[[COPY]]
// CHECK: memref.collapse_shape %[[COPY]]
func.func @flatten(%x: memref<1x8x4x4xf32>, %out: memref<1x32xf32>) {
  %w = memref.alloc() : memref<2x2xf32>
  %p = memref.alloc() : memref<1x8x2x2xf32>
  linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>} ins(%x, %w : memref<1x8x4x4xf32>, memref<2x2xf32>) outs(%p : memref<1x8x2x2xf32>)
  %f = memref.collapse_shape %p [[0], [1, 2, 3]] : memref<1x8x2x2xf32> into memref<1x32xf32>
  linalg.copy ins(%f : memref<1x32xf32>) outs(%out : memref<1x32xf32>)
  return
}

// -----

// A body that loads at its own index of the channel and at positions of its own follows,
// and what it loads from does.
// CHECK-LABEL: func @taken
// CHECK: memref.alloc() : memref<1x8x8x16xf32>
// CHECK: memref.alloc() : memref<1x4x4x16xf32>
// CHECK: memref.alloc() : memref<1x4x2x16xf32>
// CHECK: memref.load %{{.*}} : memref<1x16x4x4xf32, strided<[256, 1, 64, 16]>>
func.func @taken(%x: memref<1x3x10x10xf32>, %p: memref<2xi32>, %out: memref<1x16x4x2xf32>) {
  %w = memref.get_global @w : memref<16x3x3x3xf32>
  %a = memref.alloc() : memref<1x16x8x8xf32>
  linalg.conv_2d_nchw_fchw ins(%x, %w : memref<1x3x10x10xf32>, memref<16x3x3x3xf32>) outs(%a : memref<1x16x8x8xf32>)
  %v = memref.subview %a[0, 0, 0, 0] [1, 16, 4, 4] [1, 1, 1, 1] : memref<1x16x8x8xf32> to memref<1x16x4x4xf32, strided<[1024, 64, 8, 1]>>
  %b = memref.alloc() : memref<1x16x4x4xf32>
  linalg.exp ins(%v : memref<1x16x4x4xf32, strided<[1024, 64, 8, 1]>>) outs(%b : memref<1x16x4x4xf32>)
  %c = memref.alloc() : memref<1x16x4x2xf32>
  linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (w)>, affine_map<(n, c, h, w) -> (n, c, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%p : memref<2xi32>) outs(%c : memref<1x16x4x2xf32>) {
  ^bb0(%in: i32, %o: f32):
    %n = linalg.index 0 : index
    %f = linalg.index 1 : index
    %h = linalg.index 2 : index
    %i = arith.index_cast %in : i32 to index
    %l = memref.load %b[%n, %f, %h, %i] : memref<1x16x4x4xf32>
    linalg.yield %l : f32
  }
  linalg.copy ins(%c : memref<1x16x4x2xf32>) outs(%out : memref<1x16x4x2xf32>)
  return
}
memref.global "private" constant @w : memref<16x3x3x3xf32> = dense<1.0>

// -----

// A convolution that would write the function's own buffer gets a result with channels
// innermost, which is copied; its bias is written there at once.
// CHECK-LABEL: func @returned
// CHECK-SAME: %{{.*}}: memref<1x3x8x8xf32>, %[[B:.*]]: memref<16xf32>, %[[OUT:.*]]: memref<1x16x6x6xf32>
// CHECK: %[[A:.*]] = memref.alloc() : memref<1x6x6x16xf32>
// CHECK: %[[V:.*]] = memref.reinterpret_cast %[[A]] {{.*}} strides: [576, 1, 96, 16]
// CHECK: linalg.generic {{.*}} ins(%[[B]] : memref<16xf32>) outs(%[[V]] :
// CHECK: linalg.generic {{.*}} outs(%[[V]] :
// CHECK: linalg.generic {{.*}} ins(%[[V]] : {{.*}}) outs(%[[OUT]] : memref<1x16x6x6xf32>)
func.func @returned(%x: memref<1x3x8x8xf32>, %b: memref<16xf32>, %out: memref<1x16x6x6xf32>) {
  %w = memref.get_global @w : memref<16x3x3x3xf32>
  linalg.broadcast ins(%b : memref<16xf32>) outs(%out : memref<1x16x6x6xf32>) dimensions = [0, 2, 3]
  linalg.conv_2d_nchw_fchw ins(%x, %w : memref<1x3x8x8xf32>, memref<16x3x3x3xf32>) outs(%out : memref<1x16x6x6xf32>)
  return
}
memref.global "private" constant @w : memref<16x3x3x3xf32> = dense<1.0>

// -----

// What the buffer held before, and something else has read, is copied.
// CHECK-LABEL: func @accumulated
// CHECK-SAME: %{{.*}}: memref<1x3x8x8xf32>, %[[OUT:.*]]: memref<1x16x6x6xf32>
// CHECK: memref.alloc() : memref<1x6x6x16xf32>
// CHECK: %[[V:.*]] = memref.reinterpret_cast
// CHECK: linalg.copy ins(%[[OUT]] : memref<1x16x6x6xf32>) outs(%[[V]] :
// CHECK: linalg.generic {{.*}} outs(%[[V]] :
// CHECK: linalg.generic {{.*}} ins(%[[V]] : {{.*}}) outs(%[[OUT]] : memref<1x16x6x6xf32>)
func.func @accumulated(%x: memref<1x3x8x8xf32>, %out: memref<1x16x6x6xf32>) {
  %w = memref.get_global @w : memref<16x3x3x3xf32>
  linalg.conv_2d_nchw_fchw ins(%x, %w : memref<1x3x8x8xf32>, memref<16x3x3x3xf32>) outs(%out : memref<1x16x6x6xf32>)
  return
}
memref.global "private" constant @w : memref<16x3x3x3xf32> = dense<1.0>

// -----

// So is an initial value that a body reads by itself.
// CHECK-LABEL: func @seen
// CHECK-SAME: %[[OUT:[a-z0-9]*]]: memref<16x8xi32>, %[[SEEN:[a-z0-9]*]]: memref<16x8xi32>
// CHECK: linalg.generic {{.*}} outs(%[[OUT]] : memref<16x8xi32>)
// CHECK: linalg.generic {{.*}} outs(%[[SEEN]] : memref<16x8xi32>)
// CHECK: memref.load %[[OUT]]
// CHECK: memref.alloc() : memref<8x16xi32>
// CHECK: linalg.copy ins(%[[OUT]] :
func.func @seen(%w: memref<8x4xi32>, %x: memref<4x16xi32>, %out: memref<16x8xi32>, %seen: memref<16x8xi32>) {
  %two = arith.constant 2 : i32
  linalg.fill ins(%two : i32) outs(%out : memref<16x8xi32>)
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%seen : memref<16x8xi32>) {
  ^bb0(%o: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %v = memref.load %out[%i, %j] : memref<16x8xi32>
    linalg.yield %v : i32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n, m)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%w, %x : memref<8x4xi32>, memref<4x16xi32>) outs(%out : memref<16x8xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %p = arith.muli %a, %b : i32
    %s = arith.addi %o, %p : i32
    linalg.yield %s : i32
  }
  return
}

// -----

// Weights in fewer bits come with their scales: the layouts are those of other weights.
// CHECK-LABEL: func @stored
// CHECK: memref.alloc() : memref<1x8x8x3xf32>
// CHECK: memref.alloc() : memref<1x6x6x16xf32>
func.func @stored(%x: memref<1x3x8x8xf32>, %out: memref<1x16x6x6xf32>) {
  %w = memref.get_global @w8 : memref<16x3x3x3xi8>
  %s = memref.get_global @s : memref<16xf32>
  %a = memref.alloc() : memref<1x3x8x8xf32>
  linalg.exp ins(%x : memref<1x3x8x8xf32>) outs(%a : memref<1x3x8x8xf32>)
  %c = memref.alloc() : memref<1x16x6x6xf32>
  linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>, affine_map<(n, f, h, w, c, i, j) -> (f)>, affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%a, %w, %s : memref<1x3x8x8xf32>, memref<16x3x3x3xi8>, memref<16xf32>) outs(%c : memref<1x16x6x6xf32>) {
  ^bb0(%p: f32, %q: i8, %r: f32, %o: f32):
    %f = arith.sitofp %q : i8 to f32
    %g = arith.mulf %f, %r : f32
    %m = arith.mulf %p, %g : f32
    %t = arith.addf %o, %m : f32
    linalg.yield %t : f32
  }
  linalg.copy ins(%c : memref<1x16x6x6xf32>) outs(%out : memref<1x16x6x6xf32>)
  return
}
memref.global "private" constant @w8 : memref<16x3x3x3xi8> = dense<1>
memref.global "private" constant @s : memref<16xf32> = dense<1.0>

// -----

// A contraction whose input has another order in memory, and keeps it, reads a copy with
// the channel innermost.
// CHECK-LABEL: func @shuffled
// CHECK-SAME: %[[X:.*]]: memref<1x64x4x4xi8>
// CHECK: %[[A:.*]] = memref.alloc() : memref<1x4x4x64xi8>
// CHECK: %[[V:.*]] = memref.reinterpret_cast %[[A]] {{.*}} strides: [1024, 1, 256, 64]
// CHECK: linalg.generic {{.*}} ins(%[[X]] : memref<1x64x4x4xi8>) outs(%[[V]] :
// CHECK: linalg.generic {{.*}} ins(%[[V]], %{{.*}} :
func.func @shuffled(%x: memref<1x64x4x4xi8>, %out: memref<1x4x4x32xi32>) {
  %w = memref.get_global @w : memref<32x64xi8>
  linalg.generic {indexing_maps = [affine_map<(n, h, w, f, c) -> (n, c, h, w)>, affine_map<(n, h, w, f, c) -> (f, c)>, affine_map<(n, h, w, f, c) -> (n, h, w, f)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : memref<1x64x4x4xi8>, memref<32x64xi8>) outs(%out : memref<1x4x4x32xi32>) {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %a = arith.extsi %p : i8 to i32
    %b = arith.extsi %q : i8 to i32
    %m = arith.muli %a, %b : i32
    %t = arith.addi %o, %m : i32
    linalg.yield %t : i32
  }
  return
}
memref.global "private" constant @w : memref<32x64xi8> = dense<1>

// -----

// A maximum over whole dimensions runs along memory and has no wishes; a window has.
// CHECK-LABEL: func @maximum
// CHECK: memref.alloc() : memref<4x3x8x8xf32>
// CHECK-NOT: memref.reinterpret_cast
func.func @maximum(%x: memref<4x3x8x8xf32>, %out: memref<4xf32>) {
  %a = memref.alloc() : memref<4x3x8x8xf32>
  linalg.exp ins(%x : memref<4x3x8x8xf32>) outs(%a : memref<4x3x8x8xf32>)
  linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, affine_map<(n, c, h, w) -> (n)>], iterator_types = ["parallel", "reduction", "reduction", "reduction"]} ins(%a : memref<4x3x8x8xf32>) outs(%out : memref<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.maxnumf %p, %o : f32
    linalg.yield %m : f32
  }
  return
}

// -----

// Six channels behind a convolution: elementwise operations that nothing but the
// function's result follows keep planes, of which they take whole rows.
// CHECK-LABEL: func @few_channels
// CHECK: memref.alloc() : memref<1x4x4x6xi32>
// CHECK: %[[SUMS:.+]] = memref.reinterpret_cast
// CHECK: %[[PLANES:.+]] = memref.alloc() : memref<1x6x4x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[SUMS]] : {{.*}}) outs(%[[PLANES]] : memref<1x6x4x4xf32>)
func.func @few_channels(%x: memref<1x4x4x32xi8>, %out: memref<1x6x4x4xf32>) {
  %w = memref.get_global @few : memref<6x32xi8>
  %sums = memref.alloc() : memref<1x6x4x4xi32>
  linalg.generic {indexing_maps = [affine_map<(n, h, w, f, c) -> (n, h, w, c)>, affine_map<(n, h, w, f, c) -> (f, c)>, affine_map<(n, h, w, f, c) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : memref<1x4x4x32xi8>, memref<6x32xi8>) outs(%sums : memref<1x6x4x4xi32>) {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %a = arith.extsi %p : i8 to i32
    %b = arith.extsi %q : i8 to i32
    %m = arith.muli %a, %b : i32
    %t = arith.addi %o, %m : i32
    linalg.yield %t : i32
  }
  %planes = memref.alloc() : memref<1x6x4x4xf32>
  linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, affine_map<(n, c, h, w) -> (n, c, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%sums : memref<1x6x4x4xi32>) outs(%planes : memref<1x6x4x4xf32>) {
  ^bb0(%p: i32, %o: f32):
    %f = arith.sitofp %p : i32 to f32
    linalg.yield %f : f32
  }
  linalg.exp ins(%planes : memref<1x6x4x4xf32>) outs(%out : memref<1x6x4x4xf32>)
  return
}
memref.global "private" constant @few : memref<6x32xi8> = dense<1>

// -----

// The sums of a softmax are taken over many rows at once, which want to be innermost;
// what a contraction reads through a reshape stays as it is, and the generic between
// them turns it.
// CHECK-LABEL: func @heads
// CHECK: %[[ROWS:.+]] = memref.reinterpret_cast %{{.+}} strides: [512, 256, 1, 16]
// CHECK: %[[TERMS:.+]] = memref.alloc() : memref<4x2x16x16xi8>
// CHECK: linalg.generic {{.*}} ins(%[[ROWS]] : {{.*}}) outs(%[[TERMS]] : memref<4x2x16x16xi8>)
// CHECK: memref.collapse_shape %[[TERMS]] {{.*}} into memref<8x16x16xi8>
func.func @heads(%x: memref<4x2x16x16xf32>, %v: memref<8x16x16xi8>, %sums: memref<4x2x16xf32>, %out: memref<8x16x16xi32>) {
  %e = memref.alloc() : memref<4x2x16x16xf32>
  linalg.generic {indexing_maps = [affine_map<(b, h, r, k) -> (b, h, r, k)>, affine_map<(b, h, r, k) -> (b, h, r, k)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%x : memref<4x2x16x16xf32>) outs(%e : memref<4x2x16x16xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = math.exp %p : f32
    linalg.yield %m : f32
  }
  linalg.generic {indexing_maps = [affine_map<(b, h, r, k) -> (b, h, r, k)>, affine_map<(b, h, r, k) -> (b, h, r)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%e : memref<4x2x16x16xf32>) outs(%sums : memref<4x2x16xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.addf %p, %o : f32
    linalg.yield %m : f32
  }
  %q = memref.alloc() : memref<4x2x16x16xi8>
  linalg.generic {indexing_maps = [affine_map<(b, h, r, k) -> (b, h, r, k)>, affine_map<(b, h, r, k) -> (b, h, r, k)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%e : memref<4x2x16x16xf32>) outs(%q : memref<4x2x16x16xi8>) {
  ^bb0(%p: f32, %o: i8):
    %m = arith.fptosi %p : f32 to i8
    linalg.yield %m : i8
  }
  %c = memref.collapse_shape %q [[0, 1], [2], [3]] : memref<4x2x16x16xi8> into memref<8x16x16xi8>
  linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%c, %v : memref<8x16x16xi8>, memref<8x16x16xi8>) outs(%out : memref<8x16x16xi32>) {
  ^bb0(%p: i8, %q0: i8, %o: i32):
    %a = arith.extsi %p : i8 to i32
    %b = arith.extsi %q0 : i8 to i32
    %m = arith.muli %a, %b : i32
    %t = arith.addi %o, %m : i32
    linalg.yield %t : i32
  }
  return
}
