// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s --qopt-write-explanation=file=%t/why.txt -o %t/out.mlir
// RUN: FileCheck %s --check-prefix=TEXT --input-file=%t/why.txt --match-full-lines --strict-whitespace
// RUN: FileCheck %s --check-prefix=OUT --input-file=%t/out.mlir
// RUN: quant-opt %s --qopt-write-explanation=file=%t/why.json -o %t/out.json.mlir
// RUN: cmp %t/out.mlir %t/out.json.mlir
// RUN: %python -m json.tool --compact %t/why.json | FileCheck %s --check-prefix=JSON
// RUN: quant-opt %s --qopt-write-explanation=file=- -o /dev/null | cmp - %t/why.txt

// What was recorded, and what had no integer form in spite of it.
//      TEXT:x (input), model.mlir:1:2
// TEXT-NEXT:  integer
// TEXT-NEXT:  i8, scale 0.1, zero point 3
// TEXT-NEXT:  auto took percentile
// TEXT-NEXT:dense (linalg.matmul), model.mlir:3:4
// TEXT-NEXT:  float: too many to sum in 32 bits
// TEXT-NEXT:softmax (linalg.softmax), model.mlir:5:6
// TEXT-NEXT:  float: exponentials
// TEXT-NEXT:other (linalg.matmul), model.mlir:7:8
// TEXT-NEXT:  dynamic
// TEXT-NEXT:  weights: 1 of 4 channels dead
// TEXT-NOT:{{.}}

// JSON: [{"name":"x","op":"input","location":"model.mlir:1:2","state":"integer","type":"i8, scale 0.1, zero point 3","why":"auto took percentile"},
// JSON-SAME: {"name":"dense","op":"linalg.matmul","location":"model.mlir:3:4","state":"float","reason":"too many to sum in 32 bits"},
// JSON-SAME: {"name":"softmax","op":"linalg.softmax","location":"model.mlir:5:6","state":"float","reason":"exponentials"},
// JSON-SAME: {"name":"other","op":"linalg.matmul","location":"model.mlir:7:8","state":"dynamic","weights":"1 of 4 channels dead"}]

// OUT-NOT: qopt.expla
module attributes {qopt.explain} {
  func.func @model(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {qopt.explanation = [
      {location = "model.mlir:1:2", name = "x", op = "input", state = "integer", type = !quant.uniform<i8:f32, 0.1:3>, why = "auto took percentile"},
      {location = "model.mlir:3:4", name = "dense", op = "linalg.matmul", state = "integer"},
      {location = "model.mlir:5:6", name = "softmax", op = "linalg.softmax", reason = "exponentials", state = "float"}]} {
    %w = arith.constant dense<0.5> : tensor<4x4xf32>
    %zeros = arith.constant dense<0.0> : tensor<4x4xf32>
    %m = linalg.matmul {qopt.float = "too many to sum in 32 bits", qopt.name = "dense"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %m : tensor<4x4xf32>
  }
  func.func @other(%x: tensor<4x4xf32>) -> tensor<4x4xf32> attributes {qopt.explanation = [
      {location = "model.mlir:7:8", name = "other", op = "linalg.matmul", state = "dynamic", weights = "1 of 4 channels dead"}]} {
    return %x : tensor<4x4xf32>
  }
  func.func @silent(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    return %x : tensor<4x4xf32>
  }
}
