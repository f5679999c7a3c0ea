// RUN: quant-opt %s --qopt-split-functions="longest=6" -split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-split-functions="longest=7 part=6" -split-input-file | FileCheck %s
// By default functions may be much longer, and these stay as they are.
// RUN: quant-opt %s --qopt-split-functions -split-input-file | FileCheck %s --check-prefix=SHORT
// SHORT-NOT: call @long_part
// SHORT-NOT: func.func private

// Two loops of four operations each: a part for each. The arena, its view and the
// constants are made again, the arguments are handed on with what is known of
// them; what has no use any more is gone.
// CHECK-LABEL: func.func @long(
// CHECK-SAME: %[[IN:.*]]: memref<8xf32> {llvm.noalias, qopt.name = "in"}, %[[OUT:.*]]: memref<8xf32> {llvm.noalias})
// CHECK-NEXT: call @long_part0(%[[IN]]) : (memref<8xf32>) -> ()
// CHECK-NEXT: call @long_part1(%[[OUT]]) : (memref<8xf32>) -> ()
// CHECK-NEXT: return
// CHECK: func.func private @long_part0(%[[A:.*]]: memref<8xf32> {llvm.noalias}) attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["noinline"]} {
// CHECK-DAG: %[[ARENA:.*]] = memref.get_global @arena
// CHECK-DAG: %[[VIEW:.*]] = memref.view %[[ARENA]][%{{.*}}][]
// CHECK: scf.for
// CHECK: memref.load %[[A]]
// CHECK: memref.store %{{.*}}, %[[VIEW]]
// CHECK: return
// CHECK: func.func private @long_part1(%[[B:.*]]: memref<8xf32> {llvm.noalias}) attributes
// CHECK: memref.get_global @arena
// CHECK: scf.for
// CHECK: memref.store %{{.*}}, %[[B]]
memref.global "private" @arena : memref<64xi8> = dense<0>
func.func @long(%in: memref<8xf32> {llvm.noalias, qopt.name = "in"}, %out: memref<8xf32> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %arena = memref.get_global @arena : memref<64xi8>
  %mid = memref.view %arena[%c8][] : memref<64xi8> to memref<8xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %in[%i] : memref<8xf32>
    memref.store %x, %mid[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %mid[%i] : memref<8xf32>
    memref.store %x, %out[%i] : memref<8xf32>
  }
  return
}

// -----

// A value that lives through the first two loops keeps them, and what computes it
// and indices from it, together. The third one does not need it.
// CHECK-LABEL: func.func @alive(
// CHECK-NEXT: call @alive_part0(
// CHECK-NEXT: call @alive_part1(
// CHECK-NEXT: return
// CHECK: func.func private @alive_part0(
// CHECK: memref.load
// CHECK: arith.index_cast
// CHECK-COUNT-2: scf.for
// CHECK: return
// CHECK: func.func private @alive_part1(
// CHECK-COUNT-1: scf.for
// CHECK: return
func.func @alive(%places: memref<1xi64>, %out: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %place = memref.load %places[%c0] : memref<1xi64>
  %index = arith.index_cast %place : i64 to index
  scf.for %i = %c0 to %index step %c1 {
    memref.store %zero, %out[%i] : memref<8xf32>
  }
  scf.for %i = %index to %c8 step %c1 {
    memref.store %zero, %out[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %out[%i] : memref<8xf32>
    memref.store %x, %out[%i] : memref<8xf32>
  }
  return
}

// -----

// What the function returns is alive until its end: from there on, all stays.
// CHECK-LABEL: func.func @returns(
// CHECK: call @returns_part0(
// CHECK: %[[SUM:.*]] = memref.load
// CHECK-NOT: call
// CHECK: scf.for
// CHECK: return %[[SUM]]
func.func @returns(%buffer: memref<8xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %buffer[%i] : memref<8xf32>
    memref.store %x, %buffer[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %buffer[%i] : memref<8xf32>
    memref.store %x, %buffer[%i] : memref<8xf32>
  }
  %sum = memref.load %buffer[%c0] : memref<8xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %x = memref.load %buffer[%i] : memref<8xf32>
    memref.store %x, %buffer[%i] : memref<8xf32>
  }
  return %sum : f32
}

// -----

// Operations of linalg count as the loops that they become, and names that are
// taken get a number.
// CHECK-LABEL: func.func @loops(
// CHECK-NEXT: call @loops_part0_0(
// CHECK-NEXT: call @loops_part1(
// CHECK-NEXT: return
// CHECK: func.func private @loops_part0_0(
// CHECK: func.func @loops_part0(
func.func @loops(%out: memref<8xf32>, %other: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%out : memref<8xf32>)
  linalg.fill ins(%zero : f32) outs(%other : memref<8xf32>)
  return
}
func.func @loops_part0() {
  return
}
