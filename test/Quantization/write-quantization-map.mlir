// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s --qopt-write-quantization-map=file=%t/map.yaml -o %t/out.mlir
// RUN: FileCheck %s --input-file=%t/map.yaml --match-full-lines
// RUN: FileCheck %s --check-prefix=OUT --input-file=%t/out.mlir
// RUN: quant-opt %s --qopt-write-quantization-map=file=- -o /dev/null | cmp - %t/map.yaml

// Each value with what was decided, in the model's order. What follows from the rest
// is a comment; what the user asked for is a scheme.
// CHECK: version: 1
// CHECK-NEXT: values:
// CHECK-NEXT: - name: "x"
// CHECK-NEXT:   op: "input"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: static
// CHECK-NEXT:   params: {type: i8, range: [-128, 127], scale: 0.1, zero-point: 3}
// CHECK-NEXT:   why: "auto took percentile"
// CHECK-NEXT: - name: "dense"
// CHECK-NEXT:   op: "linalg.matmul"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: static
// CHECK-NEXT:   weights:
// CHECK-NEXT:   - operand: 1
// CHECK-NEXT:     params: {type: i8, range: [-127, 127], axis: 1, scale: [0.1, 0.2, 0.3, 0.4]}
// CHECK-NEXT: - name: "trained"
// CHECK-NEXT:   op: "qopt.fake_quant"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: static
// CHECK-NEXT:   params: {type: u8, range: [0, 255], scale: 0.5, zero-point: 128}
// CHECK-NEXT: - name: "kept"
// CHECK-NEXT:   op: "linalg.matmul"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: float
// CHECK-NEXT:   params: {type: i16, range: [-32768, 32767], scale: 0.001}
// CHECK-NEXT: - name: "softmax"
// CHECK-NEXT:   op: "linalg.softmax"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: static
// CHECK-NEXT:   # stays in float: exponentials
// CHECK-NEXT: - name: "dynamic"
// CHECK-NEXT:   op: "linalg.matmul"
// CHECK-NEXT:   tensor: "tensor<4x4xf32>"
// CHECK-NEXT:   scheme: dynamic
// CHECK-NEXT:   dynamic: {granularity: tensor, symmetric: false}
// CHECK-NOT: {{.}}

// Nobody asks for explanations any more.
// OUT-NOT: qopt.explain
module attributes {qopt.explain} {
  func.func @model(%x: tensor<4x4xf32> {qopt.name = "x"}) -> tensor<4x4xf32> {
    %ox = qopt.observe %x id "x" as !quant.uniform<i8:f32, 1.0e-1:3> {qopt.why = "auto took percentile"} : tensor<4x4xf32>
    %q = arith.constant dense<1> : tensor<4x4xi8>
    %w = qopt.dequantize %q as !quant.uniform<i8<-127:127>:f32:1, {0.1, 0.2, 0.3, 0.4}> : tensor<4x4xi8> -> tensor<4x4xf32>
    %f = arith.constant dense<0.5> : tensor<4x4xf32>
    %z = arith.constant dense<0.0> : tensor<4x4xf32>
    %e = tensor.empty() : tensor<4x4xf32>
    // OUT: linalg.matmul {qopt.integer, qopt.name = "dense"}
    %m = linalg.matmul {qopt.integer, qopt.name = "dense", qopt.why = "given"} ins(%ox, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    %t = qopt.observe %m id "trained" as !quant.uniform<u8:f32, 5.0e-1:128> final : tensor<4x4xf32>
    %k = linalg.matmul {qopt.float = "the configuration keeps it in float", qopt.name = "kept"} ins(%t, %f : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    %ok = qopt.observe %k id "kept" as !quant.uniform<i16:f32, 1.0e-3> : tensor<4x4xf32>
    %s = linalg.softmax {qopt.float = "exponentials", qopt.name = "softmax"} dimension(1) ins(%ok : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
    %d = linalg.matmul {qopt.dynamic = #qopt.dynamic<granularity = tensor, symmetric = false>, qopt.name = "dynamic"} ins(%s, %f : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %d : tensor<4x4xf32>
  }
}
