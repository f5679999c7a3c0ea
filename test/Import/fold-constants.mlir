// RUN: quant-opt %s --qopt-fold-constants --canonicalize -split-input-file | FileCheck %s

// A transposed weight, as torch-mlir writes nn.Linear.
// CHECK-LABEL: func @transpose
func.func @transpose() -> tensor<3x2xf32> {
  // CHECK-NEXT: %[[C:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<3x2xf32>
  // CHECK-NEXT: return %[[C]]
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// -----

// The same from a resource, which is how large weights come.
// CHECK-LABEL: func @resource
// CHECK: arith.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, -4.000000e+00]]>
func.func @resource() -> tensor<2x2xf32> {
  %w = arith.constant dense_resource<weights> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  return %t : tensor<2x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      // Alignment 4; 1, 2, 3, -4.
      weights: "0x040000000000803F0000004000004040000080C0"
    }
  }
#-}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// A chain: scale a channel, shift all by a number, in program order.
// CHECK-LABEL: func @rescale
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<{{\[\[}}2.500000e+00, 4.500000e+00], [-8.500000e+00, -1.150000e+01]]> : tensor<2x2xf32>
// CHECK-NEXT: return %[[C]]
func.func @rescale() -> tensor<2x2xf32> {
  %half = arith.constant 0.5 : f32
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = arith.constant dense<[2.0, -3.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %a = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%w, %s : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: f32, %scale: f32, %out: f32):
    %p = arith.mulf %in, %scale : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.addf %in, %half : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  return %b : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Integers to floats: signed, unsigned, and a boolean. The bits of each f32
// operation are those of IEEE 754.
// CHECK-LABEL: func @convert
// CHECK-DAG: %[[S:.*]] = arith.constant dense<[-3.000000e-01, 0.000000e+00, 1.270000e+01]> : tensor<3xf32>
// CHECK-DAG: %[[U:.*]] = arith.constant dense<[2.530000e+02, 0.000000e+00, 1.270000e+02]> : tensor<3xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[1.000000e+00, 0.000000e+00, 1.000000e+00]> : tensor<3xf32>
// CHECK: return %[[S]], %[[U]], %[[B]]
func.func @convert() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %tenth = arith.constant 0.1 : f32
  %q = arith.constant dense<[-3, 0, 127]> : tensor<3xi8>
  %t = arith.constant dense<[true, false, true]> : tensor<3xi1>
  %e = tensor.empty() : tensor<3xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%q : tensor<3xi8>) outs(%e : tensor<3xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.sitofp %in : i8 to f32
    %p = arith.mulf %f, %tenth : f32
    linalg.yield %p : f32
  } -> tensor<3xf32>
  %u = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%q : tensor<3xi8>) outs(%e : tensor<3xf32>) {
  ^bb0(%in: i8, %out: f32):
    %f = arith.uitofp %in : i8 to f32
    linalg.yield %f : f32
  } -> tensor<3xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%t : tensor<3xi1>) outs(%e : tensor<3xf32>) {
  ^bb0(%in: i1, %out: f32):
    %f = arith.uitofp %in : i1 to f32
    linalg.yield %f : f32
  } -> tensor<3xf32>
  return %s, %u, %b : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// f16 weights become f32; integers of other widths wrap and extend.
// CHECK-LABEL: func @widths
// CHECK-DAG: %[[F:.*]] = arith.constant dense<[1.500000e+00, 0.0999755859]> : tensor<2xf32>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<[255, 1]> : tensor<2xi32>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<[-1, 1]> : tensor<2xi32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[-1, 0]> : tensor<2xi32>
// CHECK: return %[[F]], %[[Z]], %[[S]], %[[B]]
func.func @widths() -> (tensor<2xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) {
  %h = arith.constant dense<[1.5, 0.1]> : tensor<2xf16>
  %q = arith.constant dense<[-1, 1]> : tensor<2xi8>
  %t = arith.constant dense<[true, false]> : tensor<2xi1>
  %ef = tensor.empty() : tensor<2xf32>
  %ei = tensor.empty() : tensor<2xi32>
  %f = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%h : tensor<2xf16>) outs(%ef : tensor<2xf32>) {
  ^bb0(%in: f16, %out: f32):
    %r = arith.extf %in : f16 to f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%q : tensor<2xi8>) outs(%ei : tensor<2xi32>) {
  ^bb0(%in: i8, %out: i32):
    %r = arith.extui %in : i8 to i32
    linalg.yield %r : i32
  } -> tensor<2xi32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%q : tensor<2xi8>) outs(%ei : tensor<2xi32>) {
  ^bb0(%in: i8, %out: i32):
    %r = arith.extsi %in : i8 to i32
    linalg.yield %r : i32
  } -> tensor<2xi32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%t : tensor<2xi1>) outs(%ei : tensor<2xi32>) {
  ^bb0(%in: i1, %out: i32):
    %r = arith.extsi %in : i1 to i32
    linalg.yield %r : i32
  } -> tensor<2xi32>
  return %f, %z, %s, %b : tensor<2xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// What a batch normalisation leaves: 1 / sqrt(variance + epsilon), times gamma.
// CHECK-LABEL: func @statistics
// CHECK: arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
func.func @statistics() -> tensor<2xf32> {
  %eps = arith.constant 1.0 : f32
  %variance = arith.constant dense<[3.0, 0.0]> : tensor<2xf32>
  %gamma = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%variance, %gamma : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%v: f32, %g: f32, %out: f32):
    %a = arith.addf %v, %eps : f32
    %s = math.rsqrt %a : f32
    %p = arith.mulf %s, %g : f32
    linalg.yield %p : f32
  } -> tensor<2xf32>
  return %r : tensor<2xf32>
}

// -----

// A broadcast bias folds into an operation that does not make it larger.
// CHECK-LABEL: func @through_broadcast
// CHECK: arith.constant dense<{{\[\[}}1.100000e+01, 2.200000e+01], [1.300000e+01, 2.400000e+01]]> : tensor<2x2xf32>
func.func @through_broadcast() -> tensor<2x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %bb = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<2x2xf32>) dimensions = [0]
  %r = linalg.add ins(%w, %bb : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

// More elements than the interpreter takes at once, and an order of dimensions that
// is no swap: checked by taking all of it back.
// CHECK-LABEL: func @blocks
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<0.000000e+00> : tensor<3x40x300xf32>
// CHECK-NEXT: return %[[C]]
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#last = affine_map<(d0, d1, d2) -> (d2)>
#rotated = affine_map<(d0, d1, d2) -> (d2, d0, d1)>
func.func @blocks() -> tensor<3x40x300xf32> {
  %w = arith.constant dense_resource<ramp> : tensor<300xf32>
  %x = arith.constant dense<1.0> : tensor<3x40x300xf32>
  %e = tensor.empty() : tensor<3x40x300xf32>
  %f = tensor.empty() : tensor<300x3x40xf32>
  %a = linalg.generic {indexing_maps = [#id, #last, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %w : tensor<3x40x300xf32>, tensor<300xf32>) outs(%e : tensor<3x40x300xf32>) {
  ^bb0(%in: f32, %scale: f32, %out: f32):
    %p = arith.mulf %in, %scale : f32
    linalg.yield %p : f32
  } -> tensor<3x40x300xf32>
  %t = linalg.transpose ins(%a : tensor<3x40x300xf32>) outs(%f : tensor<300x3x40xf32>) permutation = [2, 0, 1]
  %b = linalg.generic {indexing_maps = [#id, #rotated, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a, %t : tensor<3x40x300xf32>, tensor<300x3x40xf32>) outs(%e : tensor<3x40x300xf32>) {
  ^bb0(%in: f32, %other: f32, %out: f32):
    %p = arith.subf %in, %other : f32
    linalg.yield %p : f32
  } -> tensor<3x40x300xf32>
  return %b : tensor<3x40x300xf32>
}

{-#
  dialect_resources: {
    builtin: {
      // Alignment 4; 300 numbers that differ.
      ramp: "0x04000000000020C1000040BF000008410000F0C00000E03F000030410000A0C00000884000005841000020C00000D840000014C100000000000014410000D8C00000204000003C41000088C00000A040000064410000E0BF0000F040000008C10000403F000020410000C0C00000504000004841000060C00000B84000007041000080BF000004410000F8C00000C03F00002C410000A8C00000804000005441000030C00000D040000018C1000080BE000010410000E0C00000104000003841000090C00000984000006041000000C00000E84000000CC10000003F00001C410000C8C00000404000004441000070C00000B04000006C410000A0BF00000041000000C10000A03F000028410000B0C00000704000005041000040C00000C84000001CC1000000BF00000C410000E8C00000004000003441000098C00000904000005C41000010C00000E040000010C10000803E000018410000D0C00000304000004041000080C00000A840000068410000C0BF0000F840000004C10000803F000024410000B8C00000604000004C41000050C00000C040000020C1000040BF000008410000F0C00000E03F000030410000A0C00000884000005841000020C00000D840000014C100000000000014410000D8C00000204000003C41000088C00000A040000064410000E0BF0000F040000008C10000403F000020410000C0C00000504000004841000060C00000B84000007041000080BF000004410000F8C00000C03F00002C410000A8C00000804000005441000030C00000D040000018C1000080BE000010410000E0C00000104000003841000090C00000984000006041000000C00000E84000000CC10000003F00001C410000C8C00000404000004441000070C00000B04000006C410000A0BF00000041000000C10000A03F000028410000B0C00000704000005041000040C00000C84000001CC1000000BF00000C410000E8C00000004000003441000098C00000904000005C41000010C00000E040000010C10000803E000018410000D0C00000304000004041000080C00000A840000068410000C0BF0000F840000004C10000803F000024410000B8C00000604000004C41000050C00000C040000020C1000040BF000008410000F0C00000E03F000030410000A0C00000884000005841000020C00000D840000014C100000000000014410000D8C00000204000003C41000088C00000A040000064410000E0BF0000F040000008C10000403F000020410000C0C00000504000004841000060C00000B84000007041000080BF000004410000F8C00000C03F00002C410000A8C00000804000005441000030C00000D040000018C1000080BE000010410000E0C00000104000003841000090C00000984000006041000000C00000E84000000CC10000003F00001C410000C8C00000404000004441000070C00000B04000006C410000A0BF00000041000000C10000A03F000028410000B0C00000704000005041000040C00000C84000001CC1000000BF00000C410000E8C00000004000003441000098C00000904000005C41000010C00000E040000010C10000803E000018410000D0C00000304000004041000080C00000A840000068410000C0BF0000F840000004C10000803F000024410000B8C000006040"
    }
  }
#-}

// -----

// The weights of a transposed convolution, turned around by indices: w[c][f][1 - h].
// CHECK-LABEL: func @turned
// CHECK: %[[C:.*]] = arith.constant dense<{{\[\[\[}}2.000000e+00, 1.000000e+00], [6.000000e+00, 5.000000e+00]], {{\[\[}}4.000000e+00, 3.000000e+00], [8.000000e+00, 7.000000e+00]]]> : tensor<2x2x2xf32>
// CHECK: return %[[C]]
func.func @turned() -> tensor<2x2x2xf32> {
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf32>
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<2x2x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%e : tensor<2x2x2xf32>) {
  ^bb0(%out: f32):
    %f = linalg.index 0 : index
    %c = linalg.index 1 : index
    %k = linalg.index 2 : index
    %h = arith.subi %c1, %k : index
    %v = tensor.extract %w[%c, %f, %h] : tensor<2x2x2xf32>
    linalg.yield %v : f32
  } -> tensor<2x2x2xf32>
  return %r : tensor<2x2x2xf32>
}

// -----

// Out of bounds is undefined, and indices that depend on data are no constants.
// CHECK-LABEL: func @not_affine
// CHECK-COUNT-2: linalg.generic
func.func @not_affine(%i: tensor<2xindex>) -> (tensor<2xf32>, tensor<2xf32>) {
  %w = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<2xf32>) {
  ^bb0(%out: f32):
    %k = linalg.index 0 : index
    %h = arith.addi %c1, %k : index
    %v = tensor.extract %w[%h] : tensor<2xf32>
    linalg.yield %v : f32
  } -> tensor<2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<2xf32>) {
  ^bb0(%out: f32):
    %k = linalg.index 0 : index
    %h = tensor.extract %i[%k] : tensor<2xindex>
    %v = tensor.extract %w[%h] : tensor<2xf32>
    linalg.yield %v : f32
  } -> tensor<2xf32>
  return %r, %s : tensor<2xf32>, tensor<2xf32>
}

// -----

// What TOSA makes of the weights of a transposed convolution: padded to whole strides,
// and taken apart by their phases.
// CHECK-LABEL: func @pad
// CHECK-NOT: tensor.pad
// CHECK-NOT: tensor.expand_shape
// CHECK: %[[R:.*]] = arith.constant dense<{{\[\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 5.000000e-01{{\]\], \[\[}}4.000000e+00, 5.000000e+00], [6.000000e+00, 5.000000e-01{{\]\], \[\[}}5.000000e-01, 5.000000e-01], [5.000000e-01, 5.000000e-01{{\]\]\]}}> : tensor<3x2x2xf32>
// CHECK: %[[S:.*]] = arith.constant dense<[0, 7, 7]> : tensor<3xi8>
// CHECK: return %[[R]], %[[S]]
func.func @pad() -> (tensor<3x2x2xf32>, tensor<3xi8>) {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %half = arith.constant 0.5 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %p = tensor.pad %w low[%c0, %c0] high[%c1, %c1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %half : f32
  } : tensor<2x3xf32> to tensor<3x4xf32>
  %r = tensor.expand_shape %p [[0], [1, 2]] output_shape [3, 2, 2] : tensor<3x4xf32> into tensor<3x2x2xf32>
  %b = arith.constant dense<7> : tensor<2xi8>
  %zero = arith.constant 0 : i8
  %s = tensor.pad %b low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %zero : i8
  } : tensor<2xi8> to tensor<3xi8>
  return %r, %s : tensor<3x2x2xf32>, tensor<3xi8>
}

// -----

// A pad that makes much of little stays, and one whose padding is computed.
// CHECK-LABEL: func @not_padded
// CHECK-COUNT-2: tensor.pad
func.func @not_padded() -> (tensor<33xf32>, tensor<3xf32>) {
  %w = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %r = tensor.pad %w low[0] high[31] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<2xf32> to tensor<33xf32>
  %s = tensor.pad %w low[0] high[1] {
  ^bb0(%i: index):
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    tensor.yield %f : f32
  } : tensor<2xf32> to tensor<3xf32>
  return %r, %s : tensor<33xf32>, tensor<3xf32>
}

// -----

// A multiply-add is rounded once: (1 + 2^-23)^2 - (1 + 2^-22) is 2^-46, and 0 where the
// product is rounded, too.
// CHECK-LABEL: func @fma
// CHECK: arith.constant dense<1.42108547E-14> : tensor<2xf32>
func.func @fma() -> tensor<2xf32> {
  %a = arith.constant dense<1.00000012> : tensor<2xf32>
  %c = arith.constant dense<-1.00000024> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a, %c : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %f = math.fma %x, %x, %y : f32
    linalg.yield %f : f32
  } -> tensor<2xf32>
  return %r : tensor<2xf32>
}
