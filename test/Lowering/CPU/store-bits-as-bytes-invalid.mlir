// RUN: quant-opt %s --qopt-store-bits-as-bytes -split-input-file -verify-diagnostics

func.func @vector(%x: memref<8xi1>) -> vector<8xi1> {
  %c0 = arith.constant 0 : index
  // expected-error @below {{reads or writes a buffer of i1 in a way that is not known: use linalg, memref.load or memref.store}}
  %v = vector.load %x[%c0] : memref<8xi1>, vector<8xi1>
  return %v : vector<8xi1>
}

// -----

// expected-error @below {{has bits in an attribute that is neither dense nor dense_resource: write it as one of them}}
memref.global "private" constant @mask : memref<8xi1> = sparse<[[0]], [true]>
