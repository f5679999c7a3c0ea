// RUN: quant-opt %s --qopt-parallelize-loops="threads=2" -split-input-file | FileCheck %s
// One thread is the default, and changes nothing.
// RUN: quant-opt %s --qopt-parallelize-loops -split-input-file | FileCheck %s --check-prefix=ONE
// ONE-NOT: qopt_parallel_for

// The loop becomes a function over a part of its iterations: 0 .. 8192 by 4 are
// 2048. Constants and views of the arena are made again inside, what the caller
// gave is handed over.
// CHECK: func.func private @qopt_parallel_for(!llvm.ptr, !llvm.ptr, i64, i64)
// CHECK-LABEL: func.func @large(
// CHECK-SAME: %[[OUT:.*]]: memref<8192xf32>, %[[SCALE:.*]]: f32)
// CHECK: %[[CONTEXT:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(f32, ptr)> {alignment = 64 : i64}
// CHECK: llvm.store %[[SCALE]], %{{.*}} : f32, !llvm.ptr
// CHECK: memref.extract_aligned_pointer_as_index %[[OUT]]
// CHECK: llvm.store %{{.*}} : !llvm.ptr, !llvm.ptr
// CHECK: %[[LOOP:.*]] = constant @large_loop : (!llvm.ptr, i64, i64) -> ()
// CHECK: %[[ADDRESS:.*]] = builtin.unrealized_conversion_cast %[[LOOP]]
// CHECK: %[[COUNT:.*]] = arith.constant 2048 : i64
// CHECK: %[[THREADS:.*]] = arith.constant 2 : i64
// CHECK: call @qopt_parallel_for(%[[ADDRESS]], %[[CONTEXT]], %[[COUNT]], %[[THREADS]])
// CHECK-NOT: scf.for
// CHECK: return
// CHECK: func.func private @large_loop(%{{.*}}: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64) attributes {llvm.linkage = #llvm.linkage<internal>}
// CHECK: memref.get_global @arena
// CHECK: memref.view
// CHECK: %[[STEP:.*]] = arith.constant 4 : index
// CHECK: arith.index_cast %[[BEGIN]]
// CHECK: arith.muli %{{.*}}, %[[STEP]]
// CHECK: %[[FROM:.*]] = arith.addi
// CHECK: arith.index_cast %[[END]]
// CHECK: arith.muli %{{.*}}, %[[STEP]]
// CHECK: %[[TO:.*]] = arith.addi
// CHECK: scf.for %{{.*}} = %[[FROM]] to %[[TO]] step %[[STEP]]
// CHECK: vector.store
memref.global "private" @arena : memref<65536xi8> = dense<0>
func.func @large(%out: memref<8192xf32>, %scale: f32) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %end = arith.constant 8192 : index
  %arena = memref.get_global @arena : memref<65536xi8>
  %in = memref.view %arena[%c4][] : memref<65536xi8> to memref<8192xf32>
  scf.for %i = %c0 to %end step %c4 {
    %x = vector.load %in[%i] : memref<8192xf32>, vector<4xf32>
    memref.prefetch %in[%i], read, locality<3>, data : memref<8192xf32>
    %f = vector.broadcast %scale : f32 to vector<4xf32>
    %y = math.exp %x : vector<4xf32>
    %z = arith.mulf %y, %f : vector<4xf32>
    vector.store %z, %out[%i] : memref<8192xf32>, vector<4xf32>
  } {qopt.parallel}
  return
}

// -----

// Of two nested loops the outer one has an iteration too much for two threads:
// 2 of 3 would run on one of them. The inner one is split, and called three
// times, with the outer variable in the context.
// CHECK-LABEL: func.func @inner
// CHECK: llvm.alloca
// CHECK: scf.for %[[I:.*]] =
// CHECK-NOT: llvm.alloca
// CHECK: arith.index_cast %[[I]] : index to i64
// CHECK: call @qopt_parallel_for
// CHECK: func.func private @inner_loop
func.func @inner(%out: memref<3x65536xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %end = arith.constant 65536 : index
  scf.for %i = %c0 to %c3 step %c1 {
    scf.for %j = %c0 to %end step %c1 {
      %x = memref.load %out[%i, %j] : memref<3x65536xf32>
      %y = math.exp %x : f32
      memref.store %y, %out[%i, %j] : memref<3x65536xf32>
    } {qopt.parallel}
  } {qopt.parallel}
  return
}

// -----

// What is left alone: too little work; no mark; and a mark on a loop whose
// iterations all store to one place.
// CHECK-LABEL: func.func @small
// CHECK-NOT: qopt_parallel_for
// CHECK: return
// CHECK-LABEL: func.func @unmarked
// CHECK-NOT: qopt_parallel_for
// CHECK: return
// CHECK-LABEL: func.func @shared
// CHECK-NOT: qopt_parallel_for
// CHECK: return
func.func @small(%out: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 64 : index
  scf.for %i = %c0 to %end step %c1 {
    %x = memref.load %out[%i] : memref<64xf32>
    %y = math.exp %x : f32
    memref.store %y, %out[%i] : memref<64xf32>
  } {qopt.parallel}
  return
}
func.func @unmarked(%out: memref<65536xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 65536 : index
  scf.for %i = %c0 to %end step %c1 {
    %x = memref.load %out[%i] : memref<65536xf32>
    %y = math.exp %x : f32
    memref.store %y, %out[%i] : memref<65536xf32>
  }
  return
}
func.func @shared(%out: memref<65536xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 65536 : index
  scf.for %i = %c0 to %end step %c1 {
    %x = memref.load %out[%i] : memref<65536xf32>
    %y = math.exp %x : f32
    memref.store %y, %out[%c0] : memref<65536xf32>
  } {qopt.parallel}
  return
}

// -----

// Chunks of which the last one is smaller, as matrix tiles are cut: as much work as
// the chunks have at most.
// CHECK-LABEL: func.func @uneven
// CHECK: call @qopt_parallel_for
// ONE-LABEL: func.func @uneven
func.func @uneven(%out: memref<65536xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %size = arith.constant 1024 : index
  %all = arith.constant 16000 : index
  %chunks = arith.constant 16 : index
  scf.for %i = %c0 to %chunks step %c1 {
    %first = arith.muli %i, %size : index
    %left = arith.subi %all, %first : index
    %count = arith.minui %size, %left : index
    %total = arith.muli %count, %c2 : index
    scf.for %j = %c0 to %total step %c1 {
      %twice = arith.muli %first, %c2 : index
      %at = arith.addi %twice, %j : index
      %x = memref.load %out[%at] : memref<65536xf32>
      %y = math.exp %x : f32
      memref.store %y, %out[%at] : memref<65536xf32>
    }
  } {qopt.parallel}
  return
}
