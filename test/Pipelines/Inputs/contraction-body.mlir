func.func @m(%a: tensor<2x4xf32> {qopt.name = "x"}) -> tensor<2x2xf32> {
  %z = arith.constant 0.0 : f32
  %w = arith.constant dense<WEIGHTS> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%a, %w : tensor<2x4xf32>, tensor<4x2xf32>) outs(%f : tensor<2x2xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    BODY
    linalg.yield %r : f32
  } -> tensor<2x2xf32>
  return %q : tensor<2x2xf32>
}
