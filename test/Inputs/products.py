#!/usr/bin/env python3
"""Writes a chain of matrix products with large constant weights.

usage: products.py LAYERS WIDTH MODEL [SAMPLES]

Weights are resource blobs, biases dense elements; every product has a bias and a
relu. SAMPLES is an .npz of four samples of the input. Only Python's standard library
is used, and the files are the same on every machine.
"""

import array
import io
import sys
import zipfile

ROWS = 2
SAMPLES = 4


def numbers(seed, count, scale):
    """`count` numbers in (-scale, scale], of a multiplicative generator."""
    period, state = [], seed
    for _ in range(min(count, 65521)):
        state = state * 48271 % 2147483647
        period.append((state / 2147483647 * 2 - 1) * scale)
    values = array.array("f", period)
    while len(values) < count:
        values.extend(values[: count - len(values)])
    return values


def write_model(path, layers, width):
    x = f"tensor<{ROWS}x{width}xf32>"
    w = f"tensor<{width}x{width}xf32>"
    b = f"tensor<{width}xf32>"
    maps = "[affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"func.func @products(%x: {x}) -> {x} {{\n")
        file.write(f"  %zero = arith.constant 0.0 : f32\n  %empty = tensor.empty() : {x}\n")
        file.write(f"  %init = linalg.fill ins(%zero : f32) outs(%empty : {x}) -> {x}\n")
        value = "%x"
        for i in range(layers):
            bias = numbers(i + 100, width, 0.1).tobytes().hex()
            file.write(
                f"  %w{i} = arith.constant dense_resource<w{i}> : {w}\n"
                f'  %b{i} = arith.constant dense<"0x{bias}"> : {b}\n'
                f"  %m{i} = linalg.matmul ins({value}, %w{i} : {x}, {w}) outs(%init : {x}) -> {x}\n"
                f'  %y{i} = linalg.generic {{indexing_maps = {maps}, iterator_types = ["parallel", "parallel"]}}\n'
                f"    ins(%m{i}, %b{i} : {x}, {b}) outs(%empty : {x}) {{\n"
                "  ^bb0(%p: f32, %q: f32, %o: f32):\n"
                "    %s = arith.addf %p, %q : f32\n"
                "    %c = arith.cmpf ugt, %s, %zero : f32\n"
                "    %r = arith.select %c, %s, %zero : f32\n"
                "    linalg.yield %r : f32\n"
                f"  }} -> {x}\n"
            )
            value = f"%y{i}"
        file.write(f"  return {value} : {x}\n}}\n{{-#\n  dialect_resources: {{\n    builtin: {{\n")
        for i in range(layers):
            weights = numbers(i + 1, width * width, 2.0 / width**0.5)
            end = ",\n" if i + 1 < layers else "\n"
            file.write(f'      w{i}: "0x04000000{weights.tobytes().hex()}"{end}')
        file.write("    }\n  }\n#-}\n")


def write_samples(path, width):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({SAMPLES}, {ROWS}, {width}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = io.BytesIO()
    data.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
    data.write(header.encode())
    data.write(numbers(7, SAMPLES * ROWS * width, 1.0).tobytes())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("input0.npy", data.getvalue())


if __name__ == "__main__":
    write_model(sys.argv[3], int(sys.argv[1]), int(sys.argv[2]))
    if len(sys.argv) > 4:
        write_samples(sys.argv[4], int(sys.argv[2]))
