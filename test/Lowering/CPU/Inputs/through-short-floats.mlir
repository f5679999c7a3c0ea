// f32 by way of bf16, and by way of f16.
#id = affine_map<(i) -> (i)>
func.func @m(%x: tensor<4xf32> {qopt.name = "x"}) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c = arith.truncf %a : f32 to bf16
    %d = arith.extf %c : bf16 to f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c = arith.truncf %a : f32 to f16
    %d = arith.extf %c : f16 to f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
