"""The SQNR of two files of outputs, in dB, must be at least a number.

usage: compare-outputs.py EXPECTED.npz ACTUAL.npz DECIBELS
"""

import math
import struct
import sys

sys.path.insert(0, sys.path[0] + "/../../Inputs")
import npz


def read(path):
    return [v for *_, data in npz.read(path) for (v,) in struct.iter_unpack("<f", data)]


expected, actual = map(read, sys.argv[1:3])
assert len(expected) == len(actual)
noise = sum((x - y) ** 2 for x, y in zip(expected, actual))
ratio = 10 * math.log10(sum(x * x for x in expected) / noise) if noise else math.inf
print(f"{ratio:.1f} dB")
sys.exit(ratio < float(sys.argv[3]))
