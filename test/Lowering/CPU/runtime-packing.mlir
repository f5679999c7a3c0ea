// RUN: quant-opt %s --qopt-emit-kernels=cpu=cascadelake --canonicalize | FileCheck %s
// RUN: quant-opt %s --qopt-emit-kernels=cpu=haswell --canonicalize | FileCheck %s --check-prefix=AVX2

// Weights that are computed at run time are packed in groups of four terms a
// column. That both ways give what plain loops give is kernels.test.

// Neighbouring columns: four rows of a vector's columns are interleaved.
// CHECK-LABEL: func.func @columns
// CHECK: %[[EVEN:.+]] = vector.interleave %{{.+}}, %{{.+}} : vector<16xi8>
// CHECK: %[[ODD:.+]] = vector.interleave %{{.+}}, %{{.+}} : vector<16xi8>
// CHECK: %[[GROUPS:.+]] = vector.interleave %[[EVEN]], %[[ODD]] : vector<32xi8> -> vector<64xi8>
// CHECK: vector.store %[[GROUPS]]
// CHECK: vpdpbusd

// Neighbouring terms: blocks of eight columns by eight words of four terms are
// transposed; three words of eleven are left over for a plain loop.
// CHECK-LABEL: func.func @terms
// CHECK: scf.for
// CHECK: vector.bitcast %{{.+}} : vector<32xi8> to vector<8xi32>
// CHECK-COUNT-24: vector.shuffle %{{.+}}, %{{.+}} [{{.+}}] : vector<8xi32>, vector<8xi32>
// CHECK-COUNT-8: vector.store %{{.+}} : memref<{{.+}}xi8>, vector<32xi8>
// CHECK: scf.for
// CHECK: memref.load %{{.+}} : memref<{{.+}}xi8>
// CHECK: vpdpbusd

// Vectors of eight columns.
// AVX2-LABEL: func.func @columns
// AVX2: vector.interleave %{{.+}}, %{{.+}} : vector<16xi8> -> vector<32xi8>
// AVX2-LABEL: func.func @terms
// AVX2-COUNT-24: vector.shuffle %{{.+}}, %{{.+}} [{{.+}}] : vector<8xi32>, vector<8xi32>
module attributes {llvm.target_triple = "x86_64-linux-gnu"} {
  func.func @columns(%a: memref<2x7x32xi8>, %b: memref<2x32x48xi8>, %out: memref<2x7x48xi32>) {
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<2x7x48xi32>)
    linalg.batch_matmul ins(%a, %b : memref<2x7x32xi8>, memref<2x32x48xi8>) outs(%out : memref<2x7x48xi32>)
    return
  }
  func.func @terms(%a: memref<2x7x44xi8>, %b: memref<2x48x44xi8>, %out: memref<2x7x48xi32>) {
    %zero = arith.constant 0 : i32
    linalg.fill ins(%zero : i32) outs(%out : memref<2x7x48xi32>)
    linalg.batch_matmul
        indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>,
                         affine_map<(b, m, n, k) -> (b, n, k)>,
                         affine_map<(b, m, n, k) -> (b, m, n)>]
        ins(%a, %b : memref<2x7x44xi8>, memref<2x48x44xi8>) outs(%out : memref<2x7x48xi32>)
    return
  }
}
