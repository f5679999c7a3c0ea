// RUN: quant-opt %s --qopt-raise-resize -split-input-file | FileCheck %s

#id = affine_map<(a, b, c, d) -> (a, b, c, d)>

// Nearest neighbours as torch-mlir writes them: the index is a quotient in floating point,
// rounded down. Rows are repeated twice and columns three times.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4, d5)>
// CHECK-LABEL: func @torch
// CHECK-SAME: %[[X:.*]]: tensor<1x2x3x4xf32>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<1x2x3x2x4x3xf32>
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[READ]], #[[ALL]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%[[X]] : tensor<1x2x3x4xf32>) outs(%[[E]] : tensor<1x2x3x2x4x3xf32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]] : f32
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[R]] {{\[}}[0], [1], [2, 3], [4, 5]] : tensor<1x2x3x2x4x3xf32> into tensor<1x2x6x12xf32>
// CHECK: return %[[C]]
func.func @torch(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x6x12xf32> {
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  %e = tensor.empty() : tensor<1x2x6x12xf32>
  %y = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%e : tensor<1x2x6x12xf32>) {
  ^bb0(%out: f32):
    %n = linalg.index 0 : index
    %c = linalg.index 1 : index
    %h = linalg.index 2 : index
    %w = linalg.index 3 : index
    %h64 = arith.index_cast %h : index to i64
    %hf = arith.sitofp %h64 : i64 to f32
    %hd = arith.divf %hf, %two : f32
    %hr = math.floor %hd : f32
    %hi = arith.fptosi %hr : f32 to i64
    %hx = arith.index_cast %hi : i64 to index
    %w64 = arith.index_cast %w : index to i64
    %wf = arith.sitofp %w64 : i64 to f32
    %wd = arith.divf %wf, %three : f32
    %wr = math.floor %wd : f32
    %wi = arith.fptosi %wr : f32 to i64
    %wx = arith.index_cast %wi : i64 to index
    %v = tensor.extract %x[%n, %c, %hx, %wx] : tensor<1x2x3x4xf32>
    linalg.yield %v : f32
  } -> tensor<1x2x6x12xf32>
  return %y : tensor<1x2x6x12xf32>
}

// -----

// Every other element from the second on is a slice; a dimension that no index reads
// repeats the whole.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @strided
// CHECK: %[[S:.*]] = tensor.extract_slice %{{.*}}[1] [3] [2] : tensor<7xf32> to tensor<3xf32>
// CHECK: linalg.generic {indexing_maps = [#[[READ]], {{.*}} ins(%[[S]] : tensor<3xf32>)
// CHECK-NOT: tensor.collapse_shape
func.func @strided(%x: tensor<7xf32>) -> tensor<2x3xf32> {
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<2x3xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 1 : index
    %d = arith.muli %i, %two : index
    %s = arith.addi %d, %one : index
    %v = tensor.extract %x[%s] : tensor<7xf32>
    linalg.yield %v : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// Positions that are not regular are taken by list, from the last to the first here, beside
// a slice along the other dimension.
// CHECK-LABEL: func @listed
// CHECK-SAME: %[[X:.*]]: tensor<5x8xf32>
// CHECK-DAG: %[[P:.*]] = arith.constant dense<[7, 5, 3, 1]> : tensor<4xi32>
// CHECK-DAG: %[[S:.*]] = tensor.extract_slice %[[X]][1, 0] [3, 8] [1, 1] : tensor<5x8xf32> to tensor<3x8xf32>
// CHECK: %[[T:.*]] = qopt.take %[[S]] along [1] at %[[P]] : (tensor<3x8xf32>, tensor<4xi32>) -> tensor<3x4xf32>
// CHECK: return %[[T]]
func.func @listed(%x: tensor<5x8xf32>) -> tensor<3x4xf32> {
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %seven = arith.constant 7 : index
  %e = tensor.empty() : tensor<3x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<3x4xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %r = arith.addi %i, %one : index
    %d = arith.muli %j, %two : index
    %c = arith.subi %seven, %d : index
    %v = tensor.extract %x[%r, %c] : tensor<5x8xf32>
    linalg.yield %v : f32
  } -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// Linear interpolation: what depends on the position alone are numbers, and two neighbours
// are operands. The rest does not ask for its position any more.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @linear
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK: %[[LOW:.*]] = arith.constant dense<[0, 0, 1, 1, 2]> : tensor<5xi32>
// CHECK: %[[A:.*]] = qopt.take %[[X]] along [1] at %[[LOW]]
// CHECK: %[[HIGH:.*]] = arith.constant dense<[1, 1, 2, 2, 2]> : tensor<5xi32>
// CHECK: %[[B:.*]] = qopt.take %[[X]] along [1] at %[[HIGH]]
// CHECK: %[[W:.*]] = arith.constant dense<[0.000000e+00, 5.000000e-01, 0.000000e+00, 5.000000e-01, 0.000000e+00]> : tensor<5xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ID]]], {{.*}}} ins(%[[A]], %[[B]], %[[W]] : tensor<2x5xf32>, tensor<2x5xf32>, tensor<5xf32>)
// CHECK-NEXT: ^bb0(%[[L:.*]]: f32, %[[H:.*]]: f32, %[[F:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[D:.*]] = arith.subf %[[H]], %[[L]]
// CHECK-NEXT: %[[M:.*]] = arith.mulf %[[D]], %[[F]]
// CHECK-NEXT: %[[R:.*]] = arith.addf %[[L]], %[[M]]
// CHECK-NEXT: linalg.yield %[[R]]
func.func @linear(%x: tensor<2x3xf32>) -> tensor<2x5xf32> {
  %half = arith.constant 0.5 : f32
  %last = arith.constant 2 : index
  %one = arith.constant 1 : index
  %e = tensor.empty() : tensor<2x5xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<2x5xf32>) {
  ^bb0(%out: f32):
    %n = linalg.index 0 : index
    %j = linalg.index 1 : index
    %j64 = arith.index_cast %j : index to i64
    %jf = arith.sitofp %j64 : i64 to f32
    %at = arith.mulf %jf, %half : f32
    %floor = math.floor %at : f32
    %i64 = arith.fptosi %floor : f32 to i64
    %low = arith.index_cast %i64 : i64 to index
    %next = arith.addi %low, %one : index
    %high = arith.minsi %next, %last : index
    %l = tensor.extract %x[%n, %low] : tensor<2x3xf32>
    %h = tensor.extract %x[%n, %high] : tensor<2x3xf32>
    %f = arith.subf %at, %floor : f32
    %d = arith.subf %h, %l : f32
    %m = arith.mulf %d, %f : f32
    %r = arith.addf %l, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

// Neither an index from data, nor one of two loops, nor one beyond the end, nor a number
// that depends on two loops.
// CHECK-LABEL: func @others
// CHECK-COUNT-4: tensor.extract %
// CHECK-NOT: tensor.collapse_shape
func.func @others(%x: tensor<8xf32>, %i: tensor<4xi64>) -> (tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<2x2xf32>) {
  %six = arith.constant 6 : index
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<2x2xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], iterator_types = ["parallel"]} ins(%i : tensor<4xi64>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: i64, %out: f32):
    %k = arith.index_cast %in : i64 to index
    %v = tensor.extract %x[%k] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%f : tensor<2x2xf32>) {
  ^bb0(%out: f32):
    %p = linalg.index 0 : index
    %q = linalg.index 1 : index
    %k = arith.addi %p, %q : index
    %v = tensor.extract %x[%k] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<2x2xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>], iterator_types = ["parallel"]} outs(%e : tensor<4xf32>) {
  ^bb0(%out: f32):
    %p = linalg.index 0 : index
    %k = arith.addi %p, %six : index
    %v = tensor.extract %x[%k] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} outs(%f : tensor<2x2xf32>) {
  ^bb0(%out: f32):
    %p = linalg.index 0 : index
    %q = linalg.index 1 : index
    %k = arith.addi %p, %q : index
    %j = arith.index_cast %k : index to i64
    %w = arith.sitofp %j : i64 to f32
    %v = tensor.extract %x[%p] : tensor<8xf32>
    %m = arith.mulf %v, %w : f32
    linalg.yield %m : f32
  } -> tensor<2x2xf32>
  return %a, %b, %d, %g : tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<2x2xf32>
}

// -----

// Numbers and positions that are poison have no values to list.
// CHECK-LABEL: func @poison
// CHECK-COUNT-2: tensor.extract %
func.func @poison(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %c7 = arith.constant 7 : index
  %number = ub.poison : f32
  %position = ub.poison : index
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %back = arith.subi %c7, %i : index
    %v = tensor.extract %x[%back] : tensor<8xf32>
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    %p = arith.addf %f, %number : f32
    %s = arith.addf %p, %v : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %at = arith.addi %position, %i : index
    %v = tensor.extract %x[%at] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<8xf32>
  return %y, %z : tensor<8xf32>, tensor<8xf32>
}

// -----

// Names that a model gives stay with what an operation becomes; what only was read keeps its
// own.
// CHECK-LABEL: func @names
// CHECK: %[[X:.*]] = math.exp %{{.*}} : tensor<8xf32>
// CHECK: %[[Y:.*]] = qopt.take %[[X]] {{.*}} {qopt.name = "flip"}
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} attrs = {qopt.name = "both"}
// CHECK: return %[[Y]], %[[Z]], %[[X]]
func.func @names(%a: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %c7 = arith.constant 7 : index
  %x = math.exp %a : tensor<8xf32>
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) attrs = {qopt.name = "flip"} {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %back = arith.subi %c7, %i : index
    %v = tensor.extract %x[%back] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<8xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) attrs = {qopt.name = "both"} {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %back = arith.subi %c7, %i : index
    %v = tensor.extract %x[%back] : tensor<8xf32>
    %w = tensor.extract %x[%i] : tensor<8xf32>
    %s = arith.addf %v, %w : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %same = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) attrs = {qopt.name = "same"} {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<8xf32>
  return %y, %z, %same : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
