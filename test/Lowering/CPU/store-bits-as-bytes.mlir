// RUN: quant-opt %s --qopt-store-bits-as-bytes --split-input-file | FileCheck %s
// RUN: quant-opt %s --qopt-store-bits-as-bytes --qopt-emit-kernels=cpu=znver4 --split-input-file | FileCheck %s --check-prefix=LANES

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (b)>

// A mask that is read is compared with 0, one that is written is extended.
// CHECK: memref.global "private" constant @mask : memref<16xi8> = dense<[1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]>
// CHECK-LABEL: func.func @select(%{{.*}}: memref<2x16xf32>, %{{.*}}: memref<2x16xi8>)
// CHECK: memref.get_global @mask : memref<16xi8>
// CHECK: ^bb0(%[[MASK:.*]]: i8, %[[X:.*]]: f32, %{{.*}}: f32):
// CHECK: %[[BIT:.*]] = arith.cmpi ne, %[[MASK]], %c0_i8 : i8
// CHECK: arith.select %[[BIT]], %{{.*}}, %[[X]] : f32
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: i8):
// CHECK: %[[LESS:.*]] = arith.cmpf olt
// CHECK: %[[BYTE:.*]] = arith.extui %[[LESS]] : i1 to i8
// CHECK: linalg.yield %[[BYTE]] : i8
//
// Both get lanes, as no vector of i1 stands in memory.
// LANES-LABEL: func.func @select
// LANES: %[[MASK:.*]] = vector.load {{.*}} : memref<16xi8>, vector<16xi8>
// LANES: arith.cmpi ne, %[[MASK]], %{{.*}} : vector<16xi8>
// LANES: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// LANES: arith.cmpf olt, {{.*}} : vector<16xf32>
// LANES: arith.extui {{.*}} : vector<16xi1> to vector<16xi8>
// LANES: vector.store {{.*}} : memref<32xi8>, vector<16xi8>
memref.global "private" constant @mask : memref<16xi1> = dense<[true, false, false, true, true, true, false, false, false, false, true, true, true, true, true, false]>
func.func @select(%x: memref<2x16xf32>, %less: memref<2x16xi1>) {
  %zero = arith.constant 0.0 : f32
  %mask = memref.get_global @mask : memref<16xi1>
  linalg.generic {indexing_maps = [#row, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%mask, %x : memref<16xi1>, memref<2x16xf32>) outs(%x : memref<2x16xf32>) {
  ^bb0(%c: i1, %a: f32, %o: f32):
    %s = arith.select %c, %zero, %a : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x16xf32>) outs(%less : memref<2x16xi1>) {
  ^bb0(%a: f32, %o: i1):
    %c = arith.cmpf olt, %a, %zero : f32
    linalg.yield %c : i1
  }
  return
}

// -----

// What is only moved stays a byte; a scalar stays a bit until it is stored.
// CHECK-LABEL: func.func @move(%{{.*}}: memref<4x2xi8>, %{{.*}}: i1) -> memref<2x4xi8>
// CHECK: memref.alloc() : memref<2x4xi8>
// CHECK: ^bb0(%{{.*}}: i1, %{{.*}}: i8):
// CHECK-NEXT: arith.extui %{{.*}} : i1 to i8
// CHECK: ^bb0(%[[BYTE:.*]]: i8, %{{.*}}: i8):
// CHECK-NEXT: linalg.yield %[[BYTE]] : i8
// CHECK: linalg.copy ins({{.*}} : memref<2x4xi8>) outs({{.*}} : memref<2x4xi8>)
// CHECK: %[[LOADED:.*]] = memref.load {{.*}} : memref<2x4xi8>
// CHECK: %[[BIT:.*]] = arith.cmpi ne, %[[LOADED]]
// CHECK: %[[NOT:.*]] = arith.xori %[[BIT]]
// CHECK: %[[STORED:.*]] = arith.extui %[[NOT]] : i1 to i8
// CHECK: memref.store %[[STORED]], {{.*}} : memref<2x4xi8>
func.func @move(%x: memref<4x2xi1>, %bit: i1) -> memref<2x4xi1> {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  %y = memref.alloc() : memref<2x4xi1>
  linalg.fill ins(%bit : i1) outs(%y : memref<2x4xi1>)
  linalg.transpose ins(%x : memref<4x2xi1>) outs(%y : memref<2x4xi1>) permutation = [1, 0]
  %z = memref.alloc() : memref<2x4xi1>
  linalg.copy ins(%y : memref<2x4xi1>) outs(%z : memref<2x4xi1>)
  %v = memref.load %z[%c0, %c0] : memref<2x4xi1>
  %n = arith.xori %v, %true : i1
  memref.store %n, %z[%c0, %c0] : memref<2x4xi1>
  return %z : memref<2x4xi1>
}
