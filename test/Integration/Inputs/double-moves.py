"""Moves a value of a model: joins it with itself and takes one half, again and again.

double-moves.py MODEL VALUE TIMES     writes the model to standard output

The softmax of MODEL reads VALUE, a tensor<2x4x4xf32>, after its moves.
"""

import sys

path, value, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
half, both = "tensor<2x4x4xf32>", "tensor<4x4x4xf32>"
for line in open(path):
    if "= linalg.softmax" not in line:
        print(line, end="")
        continue
    last = "%" + value
    for i in range(times):
        print(f"  %both{i} = tensor.concat dim(0) {last}, {last} : ({half}, {half}) -> {both}")
        print(f"  %half{i} = tensor.extract_slice %both{i}[0, 0, 0] [2, 4, 4] [1, 1, 1] : {both} to {half}")
        last = f"%half{i}"
    print(line.replace(f"%{value} :", f"{last} :"), end="")
