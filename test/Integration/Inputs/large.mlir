// Work enough for several threads, of each kind of loop that kernels mark: rows
// and columns of a product, lanes and rows of elementwise operations, a
// depthwise convolution, and a batch of products whose weights are inputs.

func.func @large(%a: tensor<256x256xi8> {qopt.name = "a"},
                 %x: tensor<64x256xf32> {qopt.name = "x"},
                 %y: tensor<4x256x64xf32> {qopt.name = "y"})
    -> (tensor<256x320xi32>, tensor<64x256xf32>, tensor<4x256x256xf32>, tensor<1x30x64x64xf32>) {
  %zero = arith.constant 0 : i32
  %zero_f = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %w = arith.constant dense<3> : tensor<256x320xi8>
  %acc = tensor.empty() : tensor<256x320xi32>
  %init = linalg.fill ins(%zero : i32) outs(%acc : tensor<256x320xi32>) -> tensor<256x320xi32>
  %product = linalg.matmul ins(%a, %w : tensor<256x256xi8>, tensor<256x320xi8>)
                           outs(%init : tensor<256x320xi32>) -> tensor<256x320xi32>

  %empty = tensor.empty() : tensor<64x256xf32>
  %elementwise = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<64x256xf32>) outs(%empty : tensor<64x256xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.tanh %in : f32
    %1 = arith.mulf %0, %half : f32
    %2 = math.exp %1 : f32
    linalg.yield %2 : f32
  } -> tensor<64x256xf32>

  %scores_empty = tensor.empty() : tensor<4x256x256xf32>
  %scores_init = linalg.fill ins(%zero_f : f32) outs(%scores_empty : tensor<4x256x256xf32>) -> tensor<4x256x256xf32>
  %scores = linalg.generic {
      indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (b, j, k)>, affine_map<(b, i, j, k) -> (b, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%y, %y : tensor<4x256x64xf32>, tensor<4x256x64xf32>) outs(%scores_init : tensor<4x256x256xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %0 = arith.mulf %l, %r : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x256x256xf32>
  %softmax_empty = tensor.empty() : tensor<4x256x256xf32>
  %softmax = linalg.softmax dimension(2) ins(%scores : tensor<4x256x256xf32>) outs(%softmax_empty : tensor<4x256x256xf32>) -> tensor<4x256x256xf32>

  %image = tensor.expand_shape %y [[0, 1], [2], [3]] output_shape [1, 4, 256, 64] : tensor<4x256x64xf32> into tensor<1x4x256x64xf32>
  %pooled_empty = tensor.empty() : tensor<1x32x66x64xf32>
  %plane = linalg.generic {indexing_maps = [affine_map<(n, i, j, c) -> (n, i floordiv 8, i + j, c)>, affine_map<(n, i, j, c) -> (n, i, j, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%image : tensor<1x4x256x64xf32>) outs(%pooled_empty : tensor<1x32x66x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x32x66x64xf32>
  %taps = arith.constant dense<0.25> : tensor<3x3x64xf32>
  %depthwise_empty = tensor.empty() : tensor<1x30x64x64xf32>
  %depthwise_init = linalg.fill ins(%zero_f : f32) outs(%depthwise_empty : tensor<1x30x64x64xf32>) -> tensor<1x30x64x64xf32>
  %depthwise = linalg.depthwise_conv_2d_nhwc_hwc {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%plane, %taps : tensor<1x32x66x64xf32>, tensor<3x3x64xf32>) outs(%depthwise_init : tensor<1x30x64x64xf32>) -> tensor<1x30x64x64xf32>
  return %product, %elementwise, %softmax, %depthwise : tensor<256x320xi32>, tensor<64x256xf32>, tensor<4x256x256xf32>, tensor<1x30x64x64xf32>
}
