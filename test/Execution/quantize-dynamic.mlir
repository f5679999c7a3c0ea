// qopt.quantize_dynamic as machine code: the worked examples of its schemes, with
// values that others compute, and the edges: zeros, NaN, infinities, subnormals.

// RUN: split-file %s %t
// RUN: %python %t/samples.py %S/../Inputs/npz.py %t/x.npz
// RUN: %python %t/check.py %t/per-token-symmetric.mlir %t/x.npz q=0 s=1
// RUN: %python %t/check.py %t/dynamic-quantize-linear.mlir %t/x.npz mixed=0 positive=1 negative=2
// RUN: %python %t/check.py %t/edges.mlir %t/x.npz edge_q=0 edge_s=1 edge_r=2 edge_t=3 edge_z=4
// RUN: %python %t/check.py %t/columns.mlir %t/x.npz columns_s=1

// SmoothQuant's and BitNet's tokens: [[1, -2, .5], [10, 0, -4]] gives
// s = [.015748, .078740] and q = [[64, -127, 32], [127, 0, -51]].
//--- per-token-symmetric.mlir
func.func @f(%x: tensor<2x3xf32> {qopt.name = "tokens"}) -> (tensor<2x3xi8>, tensor<2xf32>) {
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<2x3xf32>) -> (tensor<2x3xi8>, tensor<2xf32>)
  return %q, %s : tensor<2x3xi8>, tensor<2xf32>
}

// ONNX's DynamicQuantizeLinear, less 128: [-1, 0, 2] gives s = .0117647, z = 85 and
// [0, 85, 255]; [1, 2, 3] gives [85, 170, 255]; [-3, -1] gives z = 255 and [0, 170].
//--- dynamic-quantize-linear.mlir
func.func @f(%x: tensor<3xf32> {qopt.name = "x1"}, %y: tensor<3xf32> {qopt.name = "x2"}, %z: tensor<2xf32> {qopt.name = "x3"})
    -> (tensor<3xi8>, tensor<3xi8>, tensor<2xi8>) {
  %q1, %s1, %z1 = qopt.quantize_dynamic %x per [] : (tensor<3xf32>) -> (tensor<3xi8>, tensor<f32>, tensor<i32>)
  %q2, %s2, %z2 = qopt.quantize_dynamic %y per [] : (tensor<3xf32>) -> (tensor<3xi8>, tensor<f32>, tensor<i32>)
  %q3, %s3, %z3 = qopt.quantize_dynamic %z per [] : (tensor<2xf32>) -> (tensor<2xi8>, tensor<f32>, tensor<i32>)
  return %q1, %q2, %q3 : tensor<3xi8>, tensor<3xi8>, tensor<2xi8>
}

// Rows of zeros, of a NaN, of an infinity, of subnormals, of NaN alone, and of
// values whose scale would be below 2^-100.
//--- edges.mlir
func.func @f(%x: tensor<6x2xf32> {qopt.name = "edges"})
    -> (tensor<6x2xi8>, tensor<6xf32>, tensor<6x2xi8>, tensor<6xf32>, tensor<6xi32>) {
  %q, %s = qopt.quantize_dynamic %x per [0] : (tensor<6x2xf32>) -> (tensor<6x2xi8>, tensor<6xf32>)
  %r, %t, %z = qopt.quantize_dynamic %x per [0] : (tensor<6x2xf32>) -> (tensor<6x2xi8>, tensor<6xf32>, tensor<6xi32>)
  return %q, %s, %r, %t, %z : tensor<6x2xi8>, tensor<6xf32>, tensor<6x2xi8>, tensor<6xf32>, tensor<6xi32>
}

// Nine columns of five channels, of which the largest is in the last: LLVM 22 left it
// out of reductions by maxnum in plain loops, where vectors have eight elements.
//--- columns.mlir
func.func @f(%x: tensor<1x9x9x5xf32> {qopt.name = "columns"}) -> (tensor<1x9x9x5xi8>, tensor<1x5xf32>) {
  %q, %s = qopt.quantize_dynamic %x per [0, 3] : (tensor<1x9x9x5xf32>) -> (tensor<1x9x9x5xi8>, tensor<1x5xf32>)
  return %q, %s : tensor<1x9x9x5xi8>, tensor<1x5xf32>
}

//--- samples.py
import subprocess, sys

edges = "0,-0.0, nan,2, inf,1, 1e-39,-1e-39, nan,nan, 1e-29,-9e-29"
arrays = [
    "tokens=f32[1,2,3]:1,-2,0.5,10,0,-4", "q=i8[1,2,3]:64,-127,32,127,0,-51",
    "s=f32[1,2]:0.015748031,0.078740157",
    "x1=f32[1,3]:-1,0,2", "x2=f32[1,3]:1,2,3", "x3=f32[1,2]:-3,-1",
    "mixed=i8[1,3]:-128,-43,127", "positive=i8[1,3]:-43,42,127", "negative=i8[1,2]:-128,42",
    "edges=f32[1,6,2]:" + edges.replace(" ", ""),
    # A scale below 2^-100 is 1; NaN does not count and is stored as the least value.
    "edge_q=i8[1,6,2]:0,0,-127,127,-127,0,0,0,-127,-127,0,0",
    "edge_s=f32[1,6]:1,0.015748031,inf,1,1,1",
    "edge_r=i8[1,6,2]:-128,-128,-128,127,-128,-128,-128,-128,-128,-128,-128,-128",
    "edge_t=f32[1,6]:1,0.0078431377,inf,1,1,1",
    "edge_z=i32[1,6]:-128,-128,-128,-128,-128,-128",
]
columns = [1.0] * 405
for channel in range(5):
    columns[(channel * 9 + 8) * 5 + channel] = -127.0 * (channel + 2)
arrays += ["columns=f32[1,1,9,9,5]:" + ",".join(map(str, columns)), "columns_s=f32[1,1,5]:2,3,4,5,6"]
subprocess.run([sys.executable, sys.argv[1], "make", sys.argv[2], *arrays], check=True)

//--- check.py
import subprocess, sys

model, samples = sys.argv[1:3]
for expected in sys.argv[3:]:
    for kernels in ["auto", "scalar"]:
        run = ["quant-run", model, "--inputs=" + samples, "--expected=" + expected]
        out = subprocess.run(run + ["--kernels=" + kernels, "--non-finite=ignore"],
                             check=True, capture_output=True, text=True).stdout
        assert "max abs error    0\n" in out, (model, expected, kernels, out)
