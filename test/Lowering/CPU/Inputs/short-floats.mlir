// Conversions of short floats, 65536 elements each, for short-floats.c.
#id = affine_map<(i) -> (i)>
func.func @m(%x: tensor<65536xf32>, %d: tensor<65536xf64>, %b: tensor<65536xbf16>, %h: tensor<65536xf16>)
    -> (tensor<65536xbf16>, tensor<65536xbf16>, tensor<65536xf32>, tensor<65536xbf16>,
        tensor<65536xf16>, tensor<65536xf16>, tensor<65536xf32>) {
  %eb = tensor.empty() : tensor<65536xbf16>
  %eh = tensor.empty() : tensor<65536xf16>
  %ef = tensor.empty() : tensor<65536xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<65536xf32>) outs(%eb : tensor<65536xbf16>) {
  ^bb0(%a: f32, %o: bf16):
    %c = arith.truncf %a : f32 to bf16
    linalg.yield %c : bf16
  } -> tensor<65536xbf16>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%d : tensor<65536xf64>) outs(%eb : tensor<65536xbf16>) {
  ^bb0(%a: f64, %o: bf16):
    %c = arith.truncf %a : f64 to bf16
    linalg.yield %c : bf16
  } -> tensor<65536xbf16>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%b : tensor<65536xbf16>) outs(%ef : tensor<65536xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %c = arith.extf %a : bf16 to f32
    linalg.yield %c : f32
  } -> tensor<65536xf32>
  // Arithmetic on bf16: rounded after each step.
  %3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%b, %x : tensor<65536xbf16>, tensor<65536xf32>) outs(%eb : tensor<65536xbf16>) {
  ^bb0(%a: bf16, %f: f32, %o: bf16):
    %c = arith.truncf %f : f32 to bf16
    %p = arith.mulf %a, %c : bf16
    %s = arith.addf %p, %c : bf16
    linalg.yield %s : bf16
  } -> tensor<65536xbf16>
  %4 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<65536xf32>) outs(%eh : tensor<65536xf16>) {
  ^bb0(%a: f32, %o: f16):
    %c = arith.truncf %a : f32 to f16
    linalg.yield %c : f16
  } -> tensor<65536xf16>
  %5 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%d : tensor<65536xf64>) outs(%eh : tensor<65536xf16>) {
  ^bb0(%a: f64, %o: f16):
    %c = arith.truncf %a : f64 to f16
    linalg.yield %c : f16
  } -> tensor<65536xf16>
  %6 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%h : tensor<65536xf16>) outs(%ef : tensor<65536xf32>) {
  ^bb0(%a: f16, %o: f32):
    %c = arith.extf %a : f16 to f32
    linalg.yield %c : f32
  } -> tensor<65536xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<65536xbf16>, tensor<65536xbf16>, tensor<65536xf32>, tensor<65536xbf16>,
      tensor<65536xf16>, tensor<65536xf16>, tensor<65536xf32>
}
