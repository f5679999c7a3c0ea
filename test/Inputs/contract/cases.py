"""What the numeric contract is compared on: inputs, parameters, and our side of each case.

utils/make-reference-vectors.py computes the same cases with other programs and writes
what they give to the .npz files beside this one; test/Execution/Inputs/contract.py runs
ours and compares. Inputs are made here, from a seed, so that they need not be stored.
They ascend wherever one value follows from one input, so that outputs compress well.

Nothing but Python's standard library.
"""

import functools
import math
import pathlib
import random
import struct
import sys
import zipfile
from array import array
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import npz  # noqa: E402

CODES = {"i8": "b", "u8": "B", "i16": "h", "i32": "i", "f32": "f"}
RANGES = {"i8": (-128, 127), "u8": (0, 255), "i16": (-(2**15), 2**15 - 1)}
RANGES["i32"] = (-(2**31), 2**31 - 1)

# Our modes: what stands in #qopt.numerics.
NUMERICS = {
    "half_even": "rounding = half_even",
    "half_away": "rounding = half_away",
    "half_up": "rounding = half_up",
    "q31_single": "multiplier = q31_single",
    "q31_double": "multiplier = q31_double",
}


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


@dataclass
class Tensor:
    """Stored or real values and, of stored ones, their parameters."""

    dtype: str
    scale: float = 1.0
    zero: int = 0
    shape: tuple = ()
    values: array = None

    def __post_init__(self):
        self.scale = f32(self.scale)
        if self.values is not None and not self.shape:
            self.shape = (len(self.values),)

    def element(self):
        return "i8" if self.dtype == "u8" else self.dtype

    def type(self, shape=None):
        sizes = self.shape if shape is None else shape
        return f"tensor<{''.join(f'{s}x' for s in sizes)}{self.element()}>"

    def quantized(self):
        scale = f"{self.scale!r}"
        if "." not in scale:  # MLIR wants a digit after the point
            scale = scale.replace("e", ".0e")
        return f"!quant.uniform<{self.dtype}:f32, {scale}:{self.zero}>"


@dataclass
class Case:
    name: str
    kind: str
    inputs: list
    output: Tensor
    # What is compared with what: {reference: our modes}.
    modes: dict
    weights: Tensor = None
    function: str = ""

    def outputs(self):
        """Pairs of a value's name in body_of and what it is."""
        result = [("y", self.output)]
        if self.kind == "dynamic":
            rows = self.output.shape[:1]
            result += [("s", Tensor("f32", shape=rows)), ("z", Tensor("i32", shape=rows))]
        return result


# ---------------------------------------------------------------------------------------
# Inputs
# ---------------------------------------------------------------------------------------


@functools.lru_cache(None)
def every(dtype):
    low, high = RANGES[dtype]
    return array(CODES[dtype], range(low, high + 1))


@functools.lru_cache(None)
def pairs(dtype):
    """All pairs of two 8-bit values."""
    one = every(dtype)
    first = array(one.typecode, (v for v in one for _ in one))
    return first, one * len(one)


@functools.lru_cache(None)
def short_floats():
    """All 2^16 values of binary16 and all 2^16 of bfloat16."""
    patterns = range(1 << 16)
    values = struct.unpack(f"<{1 << 16}e", struct.pack(f"<{1 << 16}H", *patterns))
    raised = struct.pack(f"<{1 << 16}I", *(p << 16 for p in patterns))
    return values + struct.unpack(f"<{1 << 16}f", raised)


def reals(scale, special=True, limit=math.inf):
    """All short floats, the ties of `scale` and their neighbours. Without `special` no
    NaN, and none above `limit` times the scale."""
    values = list(short_floats())
    scale = f32(scale)
    for k in range(-300, 301):
        tie = f32((k + 0.5) * scale)
        bits = struct.unpack("<i", struct.pack("<f", tie))[0]
        values += struct.unpack("<3f", struct.pack("<3i", bits - 1, bits, bits + 1))
    nans = sum(math.isnan(v) for v in values)
    values = sorted(v for v in values if not math.isnan(v) and abs(v) <= limit * scale)
    return array("f", values + [math.nan] * (nans if special else 0))


@functools.lru_cache(None)
def accumulators(limit=2**31, count=1 << 16):
    """`count` 32-bit values, less those beyond `limit`, ascending: powers of two and
    their neighbours, the ends, small ones and random ones of every magnitude."""
    values = {0, -(2**31), 2**31 - 1}
    for k in range(31):
        for step in (-1, 0, 1):
            values |= {(1 << k) + step, -(1 << k) + step}
    values |= set(range(-1000, 1001))
    source = random.Random(20240131)
    while len(values) < count:
        values.add((source.getrandbits(32) - (1 << 31)) >> source.randrange(24))
    return array("i", sorted(v for v in values if -limit <= v < limit))


def random_bytes(seed, count):
    source = random.Random(seed)
    return array("b", (source.randrange(-128, 128) for _ in range(count)))


def rows(count, size):
    """Rows for dynamic quantization: ranges of both signs and one, of every magnitude;
    the last two are zeros."""
    source = random.Random(7)
    values = array("f")
    for row in range(count - 2):
        width = 2.0 ** source.randrange(-60, 60)
        shift = (0.0, 0.5, -0.5, 2.0, -2.0)[row % 5]
        values.extend(f32((source.random() - 0.5 + shift) * width) for _ in range(size))
    values.extend([0.0] * (2 * size))
    return values


# ---------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------


def differences(data, typecode, undo):
    """Of bytes: the differences of successive elements, or what they came from."""
    width = array(typecode).itemsize
    values = array({1: "B", 2: "H", 4: "I"}[width])
    values.frombytes(data)
    mask, before = (1 << 8 * width) - 1, 0
    for i, value in enumerate(values):
        if undo:
            before = values[i] = (before + value) & mask
        else:
            values[i], before = (value - before) & mask, value
    return values.tobytes()


def write_packed(path, arrays):
    """Writes {name: (type, shape, bytes)}: an .npz whose arrays hold the differences of
    successive elements (the first less zero, in the arithmetic of the type's width, for
    f32 those of the bit patterns)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, (dtype, shape, data) in arrays.items():
            descr, code = npz.TYPES[dtype]
            entry = zipfile.ZipInfo(f"{name}.npy")  # of no date: the same bytes again
            entry.compress_type = zipfile.ZIP_LZMA
            archive.writestr(entry, npz.npy(descr, shape, differences(data, code, False)))


def read_packed(path):
    """{name: bytes} of what write_packed wrote."""
    return {
        name: differences(data, code, True) for name, code, _, data in npz.read(path)
    }


# ---------------------------------------------------------------------------------------
# Cases
# ---------------------------------------------------------------------------------------

ROUNDINGS = ("half_even", "half_away")
ALL = ("half_even", "half_away", "q31_single", "q31_double")
ONNX = {"onnx": ("half_even",), "ort": ("half_even",)}
LITERT = {"litert": ROUNDINGS}
BOTH = {**ONNX, **LITERT}


def make_cases(reference):
    """The cases that `reference` computes."""
    cases = []

    def quantize(name, dtype, scale, zero, modes, **limits):
        if reference not in modes:
            return
        x = Tensor("f32", values=reals(scale, **limits))
        out = Tensor(dtype, scale, zero, x.shape)
        cases.append(Case(name, "quantize", [x], out, modes))

    exact = {"exact": ("half_even", "half_away", "half_up")}
    quantize("quantize_i8", "i8", 0.1, 3, {**ONNX, **exact})
    quantize("quantize_u8", "u8", 6 / 255, 128, {**ONNX, **exact})
    quantize("quantize_i16", "i16", 0.001, -7, {**ONNX, **exact})
    # ONNX's evaluator and LiteRT convert before they clamp: what fits 32 bits.
    within = dict(special=False, limit=2**30)
    finite = {"onnx": ("half_even",), **LITERT}
    quantize("quantize_i8_finite", "i8", 0.1, 3, finite, **within)
    quantize("quantize_u8_finite", "u8", 6 / 255, 128, finite, **within)
    quantize("quantize_i16_finite", "i16", 0.001, 0, finite, **within)

    def dequantize(name, dtype, scale, zero, modes, values=None):
        q = Tensor(dtype, scale, zero, values=values or every(dtype))
        out = Tensor("f32", shape=q.shape)
        cases.append(Case(name, "dequantize", [q], out, modes))

    one = {"onnx": ("half_even",), "ort": ("half_even",), "litert": ("half_even",)}
    dequantize("dequantize_i8", "i8", 0.0123, -7, one)
    dequantize("dequantize_u8", "u8", 0.0123, 200, one)
    dequantize("dequantize_i16", "i16", 0.001, 0, one)
    onnx = {"onnx": ("half_even",), "ort": ("half_even",)}
    dequantize("dequantize_i32", "i32", 1.7e-5, 0, onnx, accumulators(count=4096))

    def requantize(name, q, out):
        out.shape = q.shape
        modes = {"litert": ALL}
        if q.dtype == "i32":
            modes["exact"] = ("half_even", "half_away", "half_up")
        cases.append(Case(name, "requantize", [q], out, modes))

    def stored(dtype, scale, zero, **limits):
        values = accumulators(**limits) if dtype == "i32" else every(dtype)
        return Tensor(dtype, scale, zero, values=values)

    requantize("i8_to_i8", stored("i8", 0.037, 5), Tensor("i8", 0.1, -3))
    requantize("i8_to_i8_quarter", stored("i8", 0.1, 0), Tensor("i8", 0.4, 0))
    requantize("i8_to_i8_larger", stored("i8", 0.1, 1), Tensor("i8", 0.057, -9))
    requantize("i8_to_u8", stored("i8", 0.05, -3), Tensor("u8", 0.05, 125))
    requantize("u8_to_i8", stored("u8", 0.02, 30), Tensor("i8", 0.031, 5))
    requantize("i16_to_i8", stored("i16", 0.001, 0), Tensor("i8", 0.2, -5))
    requantize("i16_to_i16", stored("i16", 0.001, 0), Tensor("i16", 0.0037, 0))
    # The output's clamp hides what large values become unless the multiplier is small.
    requantize("i32_to_i8", stored("i32", 1e-7, 0), Tensor("i8", 0.7, -5))
    requantize("i32_to_i8_quarter", stored("i32", 0.25, 0), Tensor("i8", 1.0, 3))
    requantize("i32_to_i16", stored("i32", 3e-6, 0), Tensor("i16", 0.11, 0))
    requantize("i32_to_i16_half", stored("i32", 0.5, 0), Tensor("i16", 1.0, 0))
    # A multiplier of 2 and more shifts left, which overflows in LiteRT.
    requantize(
        "i32_to_i16_larger", stored("i32", 5.3, 0, limit=2**28), Tensor("i16", 1.0, 0)
    )

    def binary(name, kind, scales, zeros, out):
        a, b = pairs("i8")
        inputs = [Tensor("i8", s, z, values=v) for s, z, v in zip(scales, zeros, (a, b))]
        out.shape = inputs[0].shape
        cases.append(Case(name, kind, inputs, out, BOTH))

    binary("add", "add", (0.1, 0.1), (0, 0), Tensor("i8", 0.2, 0))
    binary("add_zeros", "add", (0.1, 0.037), (3, -20), Tensor("i8", 0.12, 5))
    binary("mul", "mul", (0.1, 0.2), (0, 0), Tensor("i8", 1.0, 0))
    binary("mul_zeros", "mul", (0.05, 0.03), (7, -11), Tensor("i8", 0.16, -5))

    def pool(name, scale, zero):
        a, b = pairs("i8")
        both = array("b", (v for pair in zip(a, b) for v in pair))
        x = Tensor("i8", scale, zero, (len(a), 2), both)
        out = Tensor("i8", scale, zero, (len(a),))
        cases.append(Case(name, "pool", [x], out, {"litert": ROUNDINGS}))

    pool("pool", 0.1, 0)
    pool("pool_zero", 0.1, 5)

    def matmul(name, x, w, out):
        out.shape = (x.shape[0], w.shape[1])
        modes = {**ONNX, "litert": ALL, "litert_optimized": ("q31_single", "q31_double")}
        cases.append(Case(name, "matmul", [x], out, modes, weights=w))

    def outer(x_scale, x_zero, w_scale):
        x = Tensor("i8", x_scale, x_zero, (256, 1), every("i8"))
        return x, Tensor("i8", w_scale, 0, (1, 256), every("i8"))

    matmul("matmul", *outer(0.1, 3, 0.05), Tensor("i8", 0.5, -5))
    matmul("matmul_ties_odd", *outer(0.5, 0, 0.5), Tensor("i8", 64.0, -5))
    matmul("matmul_ties_even", *outer(0.5, 0, 0.5), Tensor("i8", 64.0, 4))
    deep = Tensor("i8", 0.02, -9, (64, 64), random_bytes(1, 4096))
    weights = Tensor("i8", 0.013, 0, (64, 64), random_bytes(2, 4096))
    matmul("matmul_deep", deep, weights, Tensor("i8", 0.21, 7))

    def table(name, function, scale, zero, out):
        q = Tensor("i8", scale, zero, values=every("i8"))
        out.shape = q.shape
        cases.append(Case(name, "table", [q], out, BOTH, function=function))

    table("sigmoid", "sigmoid", 1 / 16, 0, Tensor("i8", 1 / 256, -128))
    table("sigmoid_zero", "sigmoid", 0.05, 17, Tensor("i8", 1 / 256, -128))
    table("tanh", "tanh", 1 / 16, 0, Tensor("i8", 1 / 128, 0))
    table("tanh_zero", "tanh", 0.03, -40, Tensor("i8", 1 / 128, 0))

    x = Tensor("f32", shape=(512, 16), values=rows(512, 16))
    out = Tensor("i8", shape=x.shape)
    cases.append(Case("dynamic", "dynamic", [x], out, onnx))
    return [case for case in cases if reference in case.modes]


# ---------------------------------------------------------------------------------------
# Our side
# ---------------------------------------------------------------------------------------

TABLES = {
    "sigmoid": """%n = arith.negf %in : f32
    %p = math.exp %n : f32
    %a = arith.addf %p, %one : f32
    %r = arith.divf %one, %a : f32""",
    "tanh": "%r = math.tanh %in : f32",
}


def elementwise(inputs, results, body, attributes=""):
    """A linalg.generic of rank 1: inputs and results are (name, type) pairs."""
    names = ", ".join(n for n, _ in inputs), ", ".join(n for n, _ in results)
    types = ", ".join(t for _, t in inputs), ", ".join(t for _, t in results)
    maps = ", ".join(["affine_map<(d0) -> (d0)>"] * (len(inputs) + len(results)))
    return (
        f"linalg.generic {{indexing_maps = [{maps}], iterator_types = "
        f'["parallel"]}} ins({names[0]} : {types[0]}) outs({names[1]} : {types[1]})'
        f" {attributes} {{\n{body}\n  }} -> {types[1]}"
    )


def dense(values, width):
    code = {8: "B", 32: "i"}[width]
    data = struct.pack(f"<{len(values)}{code}", *((v & 255) if width == 8 else v for v in values))
    return f'dense<"0x{data.hex().upper()}">'


def body_of(case, arguments):
    """Lines of MLIR that compute `case` of values of the given names."""
    x, out = case.inputs[0], case.output
    if case.kind == "quantize":
        return (
            f"%y = qopt.quantize {arguments[0]} as {out.quantized()}"
            f" : {x.type()} -> {out.type()}"
        )
    if case.kind == "dequantize":
        return (
            f"%y = qopt.dequantize {arguments[0]} as {x.quantized()}"
            f" : {x.type()} -> {out.type()}"
        )
    if case.kind == "requantize":
        return (
            f"%y = qopt.requantize {arguments[0]} from {x.quantized()} to "
            f"{out.quantized()} : {x.type()} -> {out.type()}"
        )
    if case.kind in ("add", "mul"):
        y = case.inputs[1]
        body = f"""  ^bb0(%l: i8, %r: i8, %o: i8):
    %0 = qopt.dequantize %l as {x.quantized()} : i8 -> f32
    %1 = qopt.dequantize %r as {y.quantized()} : i8 -> f32
    %2 = arith.{case.kind}f %0, %1 : f32
    %3 = qopt.quantize %2 as {out.quantized()} : f32 -> i8
    linalg.yield %3 : i8"""
        inputs = list(zip(arguments, (x.type(), y.type())))
        return f"%e = tensor.empty() : {out.type()}\n  %y = " + elementwise(
            inputs, [("%e", out.type())], body
        )
    if case.kind == "pool":
        n = out.shape[0]
        accumulator = Tensor("i32", x.scale / 2)
        return f"""%init = arith.constant dense<{-2 * x.zero}> : tensor<{n}xi32>
  %sum = linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}} ins({arguments[0]} : {x.type()}) outs(%init : tensor<{n}xi32>) {{
  ^bb0(%v: i8, %acc: i32):
    %0 = arith.extsi %v : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    linalg.yield %1 : i32
  }} -> tensor<{n}xi32>
  %y = qopt.requantize %sum from {accumulator.quantized()} to {out.quantized()} : tensor<{n}xi32> -> {out.type()}"""
    if case.kind == "matmul":
        w = case.weights
        depth, columns = w.shape
        sums = [sum(w.values[k * columns + c] for k in range(depth)) for c in range(columns)]
        init = [-x.zero * s for s in sums] * out.shape[0]
        wide = f"tensor<{out.shape[0]}x{columns}xi32>"
        accumulator = Tensor("i32", f32(x.scale * w.scale))
        return f"""%w = arith.constant {dense(w.values, 8)} : {w.type()}
  %init = arith.constant {dense(init, 32)} : {wide}
  %acc = linalg.matmul ins({arguments[0]}, %w : {x.type()}, {w.type()}) outs(%init : {wide}) -> {wide}
  %y = qopt.requantize %acc from {accumulator.quantized()} to {out.quantized()} : {wide} -> {out.type()}"""
    if case.kind == "table":
        real = Tensor("f32").type(x.shape)
        body = f"  ^bb0(%in: f32, %o: f32):\n    {TABLES[case.function]}\n    linalg.yield %r : f32"
        return f"""%one = arith.constant 1.0 : f32
  %e = tensor.empty() : {real}
  %x = qopt.dequantize {arguments[0]} as {x.quantized()} : {x.type()} -> {real}
  %f = {elementwise([("%x", real)], [("%e", real)], body, "attrs = {qopt.integer}")}
  %y = qopt.quantize %f as {out.quantized()} : {real} -> {out.type()}"""
    assert case.kind == "dynamic", case.kind
    n = x.shape[0]
    return (
        f"%y, %s, %z = qopt.quantize_dynamic {arguments[0]} per [0] : ({x.type()}) -> "
        f"({out.type()}, tensor<{n}xf32>, tensor<{n}xi32>)"
    )

