// RUN: quant-compile %s --device=cuda --chip=sm_90 --emit=llvm -o - | tr '\\' '\n' | sed 's/^0[A9]//' | FileCheck %s
// REQUIRES: quant-compile

// The tile of a product as PTX, which is in the object as text: copies that do
// not wait, tensor cores, nothing in local memory, no multiply-add that rounds
// once where the model rounds twice, and no approximate function.
// CHECK: .target sm_90
// CHECK-NOT: .local
// CHECK: cp.async.cg.shared.global
// CHECK: cp.async.commit_group
// CHECK: cp.async.wait_group
// CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// CHECK: mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32
// CHECK-NOT: fma.
// CHECK: mul.rn.f32
// CHECK: cvt.rni.f32.f32
// CHECK-NOT: {{\.approx|\.ftz|call\.uni}}
// CHECK: define void @dense(
// CHECK: call void @qopt_gpu_run(ptr {{.*}}@qopt_gpu_dense_program
func.func @dense(%a: tensor<1024x512xi8>) -> tensor<1024x256xi8> {
  %w = arith.constant dense<2> : tensor<512x256xi8>
  %bias = arith.constant dense<9> : tensor<256xi32>
  %e = tensor.empty() : tensor<1024x256xi32>
  %b = linalg.broadcast ins(%bias : tensor<256xi32>) outs(%e : tensor<1024x256xi32>) dimensions = [0]
  %p = linalg.matmul ins(%a, %w : tensor<1024x512xi8>, tensor<512x256xi8>) outs(%b : tensor<1024x256xi32>) -> tensor<1024x256xi32>
  %r = qopt.requantize %p from !quant.uniform<i32:f32, 0.001> to !quant.uniform<i8:f32, 0.1> : tensor<1024x256xi32> -> tensor<1024x256xi8>
  return %r : tensor<1024x256xi8>
}
