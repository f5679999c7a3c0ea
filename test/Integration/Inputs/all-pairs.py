"""Every pair of int8 values a and b, and y, what DQ(a) + DQ(b) -> Q gives in f32 with
the scales 0.1, 0.1 and 0.2, each step rounded to f32, ties to even.

Prints for how many pairs y is not what exact arithmetic on the scales would give, which
is what ONNX Runtime's optimized QLinearAdd gives: the two roads that must not be mixed.

usage: all-pairs.py FILE.npz
"""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Inputs"))
import npz


def f32(value):
    """The nearest f32. Doubles hold the products and sums here exactly, and a quotient
    of two f32 rounds to f32 the same through a double."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def saturate(value):
    return max(-128, min(127, round(value)))


STEP, OUT = f32(0.1), f32(0.2)
pairs = [(a, b) for a in range(-128, 128) for b in range(-128, 128)]
y = [saturate(f32(f32(f32(a * STEP) + f32(b * STEP)) / OUT)) for a, b in pairs]
exact = [saturate((a + b) / 2) for a, b in pairs]
columns = [[a for a, _ in pairs], [b for _, b in pairs], y]
npz.make(
    sys.argv[1],
    *(
        f"{name}=i8[1,{len(pairs)}]:{','.join(map(str, values))}"
        for name, values in zip("aby", columns)
    ),
)
print(sum(p != q for p, q in zip(y, exact)), "pairs are ties in exact arithmetic only")
