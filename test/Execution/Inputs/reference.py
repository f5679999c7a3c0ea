#!/usr/bin/env python3
"""The conversions of docs/NumericContract.md once more, in Python's integers and
doubles, so that what the compiler makes is compared with something that shares
no line with it.

usage: reference.py KIND FILE.npz      KIND: quantize, dequantize, requantize

A double holds every product and quotient of two f32 exactly enough that rounding
it to f32 is the f32 result (53 >= 2 * 24 + 2 bits).
"""

import math
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Inputs"))
import npz  # noqa: E402


def f32(value):
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:  # rounds to infinity
        return math.copysign(math.inf, value)


def saturate(value, low, high):
    return max(low, min(high, value))


def quantize(x, scale, zero, low, high):
    if math.isnan(x):
        return low
    y = f32(x / f32(scale))
    if math.isinf(y):
        return low if y < 0 else high
    return saturate(round(y) + zero, low, high)  # round() is half to even


def dequantize(q, scale, zero):
    return f32((q - zero) * f32(scale))


def requantize(a, scale_from, scale_to, zero, low, high):
    multiplier = f32(scale_from / scale_to)
    return saturate(round(f32(f32(a) * multiplier)) + zero, low, high)


def floats(count):
    """Values that matter: ties, both zeros, tiny and huge ones, then a grid."""
    values = [0.0, -0.0, math.inf, -math.inf, math.nan, 3.4e38, -3.4e38, 1e-45]
    values += [0.05 * (2 * i + 1) for i in range(-140, 140)]
    values += [0.0371 * (i - 300) for i in range(count - len(values))]
    return [f32(v) for v in values]


def accumulators(count):
    values = [0, 1, -1, 2**31 - 1, -(2**31), 16777217, -16777219, 33554435]
    return values + [(i * 7919) % 40000 - 20000 for i in range(count - len(values))]


def main(kind, path):
    text = lambda values: ",".join(map(repr, values))  # noqa: E731
    if kind == "quantize":
        x = floats(1024)
        s8 = [quantize(v, 0.1, 3, -128, 127) for v in x]
        u8 = [quantize(v, 0.1, 128, 0, 255) for v in x]
        u8 = [v - 256 if v > 127 else v for v in u8]  # the same bits in an i8
        narrow = [quantize(v, 0.1, 0, -7, 7) for v in x]
        arrays = [("x", "f32", x), ("s8", "i8", s8), ("u8", "i8", u8)]
        arrays += [("narrow", "i8", narrow)]
    elif kind == "dequantize":
        q = list(range(-128, 128))
        s8 = [dequantize(v, 0.0123, -7) for v in q]
        u8 = [dequantize(v % 256, 0.0123, 200) for v in q]
        arrays = [("q", "i8", q), ("s8", "f32", s8), ("u8", "f32", u8)]
    else:
        a = accumulators(1024)
        scales = [0.5, 0.00173, 1e-6, 3.0]
        y = [requantize(v, scales[i % 4], 0.05, -5, -128, 127) for i, v in enumerate(a)]
        relu = [requantize(v, scales[i % 4], 0.05, -5, -5, 127) for i, v in enumerate(a)]
        arrays = [("a", "i32", a), ("y", "i8", y), ("relu", "i8", relu)]
    npz.make(
        path,
        *(f"{name}={type}[1,{len(v) // 4},4]:{text(v)}" for name, type, v in arrays),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
