"""Inputs for functions of gradients, and what must come out.

  gradients.py make FOLDER     writes an .npz for each function
  gradients.py check FOLDER    compares the outputs bit by bit
"""

import math
import random
import struct
import sys

sys.path.insert(0, sys.path[0] + "/../../Inputs")
import npz
from fake_quant import Quantizer, bits, f32

# The functions of the .mlir file: storage, and parameters to try. Elements of x and
# dy come one a sample, so every result is that of one element.
CASES = {
    # scales of two, of tenths, and one whose quotients round
    "s8": (-128, 127, [(0.5, 3), (0.1, -128), (0.0274509806, 127), (0.0039215688593685627, -17)]),
    "narrow": (-127, 127, [(0.1, 0), (0.25, 0), (0.0123456, 0)]),
    "four": (-4, 3, [(0.5, 0), (0.3, 1)]),
}
# N and Qp of each: elements a scale, and the range's end less the zero point of the
# type that the function was made for.
G = {"s8": (1, 127 - 3), "narrow": (1, 127), "four": (1, 3 - 1)}


def steps(low, high, scale, zero):
    """All steps, all ties between two and those around, and beyond both ends."""
    s = f32(scale)
    values = []
    for k in range(2 * (low - zero) - 5, 2 * (high - zero) + 6):
        x = f32(k * s / 2)
        (word,) = struct.unpack("<i", bits(x))
        for near in (word - 1, word, word + 1) if x else (0,):
            values.append(struct.unpack("<f", struct.pack("<i", near))[0])
    return values + [0.0, -0.0, f32(1e30), f32(-1e30), f32(1e-40), math.nan, math.inf, -math.inf]


def samples(name):
    low, high, parameters = CASES[name]
    noise = random.Random(1)
    for scale, zero in parameters:
        for x in steps(low, high, scale, zero):
            yield x, f32(scale), float(zero), f32(noise.uniform(-2, 2))
    if name == "s8":  # a range of no width
        for x in (-3.0, 0.0, 2.0, math.nan):
            yield x, 0.0, 0.0, 1.5


def write(path, **arrays):
    texts = []
    for key, (shape, values) in arrays.items():
        dims = ",".join(map(str, shape))
        texts.append(f"{key}=f32[{dims}]:" + ",".join(map(repr, values)))
    npz.make(path, *texts)


def read(path):
    return {
        name: [v for (v,) in struct.iter_unpack("<f", data)]
        for name, _, _, data in npz.read(path)
    }


ROWS, COLUMNS = 70, 4
SCALES = [f32(s) for s in (0.01, 0.02, 0.004, 0.5)]


def sums():
    noise = random.Random(2)
    x = [f32(noise.uniform(-2, 2)) for _ in range(ROWS * COLUMNS)]
    return x, [f32(noise.uniform(-2, 2)) for _ in x]


def check_sums(folder):
    x, dy = sums()
    lsq, by_range = read(f"{folder}/sums.lsq.npz"), read(f"{folder}/sums.ste-range.npz")
    g = 1 / math.sqrt(ROWS * 127)
    count = 0
    for column, scale in enumerate(SCALES):
        own = Quantizer(scale, 0, -127, 127)
        ds = low = high = 0.0
        for i in range(column, len(x), COLUMNS):
            same(f"sums dx {i}", lsq["dx"][i], own.ste(x[i], dy[i]))
            ds += own.lsq(x[i], dy[i])[1]
            low += own.ste_range(x[i], dy[i])[1]
            high += own.ste_range(x[i], dy[i])[2]
        for what, got, wanted in (
            ("dscale", lsq["dscale"][column], ds * g),
            ("dmin", by_range["dmin"][column], low),
            ("dmax", by_range["dmax"][column], high),
        ):
            if abs(got - wanted) > 1e-5 * max(1, abs(wanted)):
                sys.exit(f"sums {what} of column {column}: {got!r}, not {wanted!r}")
            count += 1
    print(f"sums: {count} sums of {ROWS} elements")


def make(folder):
    x, dy = sums()
    shape = [ROWS, COLUMNS]
    write(f"{folder}/sums.npz", x=(shape, x), scale=([COLUMNS], SCALES), dy=(shape, dy))
    for name in CASES:
        x, scale, zero, dy = map(list, zip(*samples(name)))
        n = len(x)
        arrays = {"x": ([n, 1, 1], x), "scale": ([n], scale), "dy": ([n, 1, 1], dy)}
        if name != "narrow":
            arrays["zero_point"] = ([n], zero)
        write(f"{folder}/{name}.npz", **arrays)


def same(what, got, wanted):
    # -0 and 0 are one gradient, and so are all NaN.
    if bits(got + 0.0) != bits(wanted + 0.0) and not (math.isnan(got) and math.isnan(wanted)):
        sys.exit(f"{what}: {got!r}, not {wanted!r}")


def check(folder):
    for name, (low, high, _) in CASES.items():
        n, positive = G[name]
        g = f32(1 / math.sqrt(n * positive))
        outputs = {k: read(f"{folder}/{name}.{k}.npz") for k in ("ste", "ste-range", "lsq")}
        checked = slopes = 0
        for i, (x, scale, zero, dy) in enumerate(samples(name)):
            own = Quantizer(scale, zero, low, high)
            where = f"{name}: x={x!r} scale={scale!r} zero={zero} dy={dy!r}"
            same(f"{where} ste dx", outputs["ste"]["dx"][i], own.ste(x, dy))
            for key, wanted in zip(("dx", "dmin", "dmax"), own.ste_range(x, dy)):
                same(f"{where} ste-range {key}", outputs["ste-range"][key][i], wanted)
            if scale == 0:
                continue
            dx, ds, dz = own.lsq(x, dy)
            lsq = outputs["lsq"]
            same(f"{where} lsq dx", lsq["dx"][i], dx)
            same(f"{where} lsq dscale", lsq["dscale"][i], f32(f32(0.0 + ds) * g))
            if name != "narrow":
                same(f"{where} lsq dzero_point", lsq["dzero_point"][i], f32(f32(0.0 + dz) * g))
            checked += 1
            # Finite differences of the function that LSQ differentiates.
            if not math.isfinite(x) or abs(x) > 1e6:
                continue
            h = scale * 1e-4
            slope = (own.smooth(x, scale + h, zero, x) - own.smooth(x, scale - h, zero, x)) / (2 * h)
            shift = (own.smooth(x, scale, zero + 0.5, x) - own.smooth(x, scale, zero - 0.5, x))
            # Both ends of a quotient of f32 are half a step of 2^-24 away.
            error = 4e-5 + abs(x / scale) * 2**-22
            if abs(ds - dy * slope) > 2 * error:
                sys.exit(f"{where}: ds {ds!r}, finite difference {dy * slope!r}")
            if abs(dz - dy * shift) > 1e-5:
                sys.exit(f"{where}: dz {dz!r}, finite difference {dy * shift!r}")
            slopes += 1
        print(f"{name}: {checked} elements, {slopes} finite differences")
    check_sums(folder)


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
