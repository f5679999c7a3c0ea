"""Prints a module with a body of N steps that each read the value before them twice, as
polynomials do: what follows each path of it takes 2^N steps.

usage: shared-values.py N
"""

import sys

steps = int(sys.argv[1])
print(
    """#id = affine_map<(d0) -> (d0)>
func.func @shared(%a: tensor<256xi8>) -> tensor<256xi8> {
  %half = arith.constant 0.5 : f32
  %scale = arith.constant 3.0e+08 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<256xi8>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%a : tensor<256xi8>) outs(%e : tensor<256xi8>) {
  ^bb0(%in: i8, %out: i8):
    %x0 = arith.sitofp %in : i8 to f32"""
)
for i in range(steps):
    print(f"    %h{i} = arith.mulf %x{i}, %half : f32")
    print(f"    %x{i + 1} = arith.addf %h{i}, %x{i} : f32")
print(
    f"""    %q = arith.divf %x{steps}, %scale : f32
    %r = math.roundeven %q : f32
    %m = arith.maximumf %r, %low : f32
    %k = arith.minimumf %m, %high : f32
    %i = arith.fptosi %k : f32 to i8
    linalg.yield %i : i8
  }} -> tensor<256xi8>
  return %s : tensor<256xi8>
}}"""
)
