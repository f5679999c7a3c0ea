#!/usr/bin/env python3
"""Runs layers in integer form with vector kernels and with plain loops.

  kernels.py QUANT_RUN FOLDER [--cpu=NAME] [--only=TEXT]

Writes a module and samples for each case to FOLDER, runs
`quant-run --compare-kernels` on it and exits with 1 if any output differs in any
bit. Weights, biases and samples come from a fixed generator.
"""

import math
import os
import random
import struct
import subprocess
import sys

sys.path.insert(
    0, os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, os.pardir, "Inputs")
)
import npz


class Numbers:
    """A linear congruential generator: the same numbers everywhere."""

    def __init__(self):
        self.state = 12345

    def next(self, low, high):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (self.state >> 33) % (high - low + 1)


numbers = Numbers()


def tensor(shape, element):
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


def nested(values, shape):
    if not shape:
        return str(values.pop(0))
    return "[" + ", ".join(nested(values, shape[1:]) for _ in range(shape[0])) + "]"


def constant(name, shape, element, low, high):
    count = 1
    for size in shape:
        count *= size
    if element == "i8" and count > 10000:
        data = random.Random(count).randbytes(count).hex().upper()
        return f'  %{name} = arith.constant dense<"0x{data}"> : {tensor(shape, element)}\n'
    values = [numbers.next(low, high) for _ in range(count)]
    return f"  %{name} = arith.constant dense<{nested(values, shape)}> : {tensor(shape, element)}\n"


def requantize(source, shape, axis, channels, terms, to="i8<-10:127>:f32, 2.0e-02:-10",
               factor=1.0, result="r"):
    scales = ", ".join(
        f"{factor * numbers.next(50, 150) * 2e-4 / (60 * terms ** 0.5):.8e}"
        for _ in range(channels)
    )
    return (
        f"  %{result} = qopt.requantize %{source} from !quant.uniform<i32:f32:{axis}, {{{scales}}}> "
        f"to !quant.uniform<{to}> : {tensor(shape, 'i32')} -> {tensor(shape, stored(to))}\n"
    )


def stored(to):
    """The element type that holds a quantized type."""
    return "i16" if to.startswith("i16") else "i8"


IDENTITY = "affine_map<(a, b, c, d) -> (a, b, c, d)>"


def residual(shape):
    """Adds the quantized input, each side with its own scale."""
    i8 = tensor(shape, "i8")
    return (
        f"  %re = tensor.empty() : {i8}\n"
        f"  %sum = linalg.generic {{indexing_maps = [{IDENTITY}, {IDENTITY}, {IDENTITY}], "
        'iterator_types = ["parallel", "parallel", "parallel", "parallel"]} '
        f"ins(%r, %q : {i8}, {i8}) outs(%re : {i8}) {{\n"
        "  ^bb0(%a0: i8, %b0: i8, %o: i8):\n"
        "    %x0 = qopt.dequantize %a0 as !quant.uniform<i8:f32, 2.0e-02:-10> : i8 -> f32\n"
        "    %x1 = qopt.dequantize %b0 as !quant.uniform<i8:f32, 3.0e-02:-7> : i8 -> f32\n"
        "    %x2 = arith.addf %x0, %x1 : f32\n"
        "    %x3 = qopt.quantize %x2 as !quant.uniform<i8:f32, 4.0e-02:5> : f32 -> i8\n"
        "    linalg.yield %x3 : i8\n"
        f"  }} -> {i8}\n"
    )


def layer(channels, filters, kernel, size=(7, 9), stride=1, dilation=1, pad=1, batch=1,
          nchw=True, depthwise=False, after=""):
    """A convolution between quantize and requantize; `after` adds a step."""
    def shape(c, h, w):
        return [batch, c, h, w] if nchw else [batch, h, w, c]

    height, width = size
    inputs = shape(channels, height, width)
    padded = shape(channels, height + 2 * pad, width + 2 * pad)
    out = [(s + 2 * pad - dilation * (k - 1) - 1) // stride + 1 for s, k in zip(size, kernel)]
    outputs = shape(filters, *out)
    low = shape(0, pad, pad)
    low[0] = 0
    text = f"func.func @main(%x: {tensor(inputs, 'f32')}) -> {tensor(outputs, 'i8')} {{\n"
    text += (
        f"  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : "
        f"{tensor(inputs, 'f32')} -> {tensor(inputs, 'i8')}\n  %zp = arith.constant -7 : i8\n"
        f"  %p = tensor.pad %q low{low} high{low} {{\n"
        "  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):\n    tensor.yield %zp : i8\n"
        f"  }} : {tensor(inputs, 'i8')} to {tensor(padded, 'i8')}\n"
    )
    if depthwise:
        weights = [channels, *kernel] if nchw else [*kernel, channels]
        name = "linalg.depthwise_conv_2d_" + ("nchw_chw" if nchw else "nhwc_hwc")
    else:
        weights = [filters, channels, *kernel] if nchw else [*kernel, channels, filters]
        name = "linalg.conv_2d_" + ("nchw_fchw" if nchw else "nhwc_hwcf")
    text += constant("w", weights, "i8", -127, 127)
    text += constant("b", [filters], "i32", -3000, 3000)
    accumulators = tensor(outputs, "i32")
    text += (
        f"  %e = tensor.empty() : {accumulators}\n"
        f"  %i = linalg.broadcast ins(%b : {tensor([filters], 'i32')}) outs(%e : {accumulators}) "
        f"dimensions = {[0, 2, 3] if nchw else [0, 1, 2]}\n"
        f"  %acc = {name} {{dilations = dense<{dilation}> : vector<2xi64>, "
        f"strides = dense<{stride}> : vector<2xi64>}} ins(%p, %w : {tensor(padded, 'i8')}, "
        f"{tensor(weights, 'i8')}) outs(%i : {accumulators}) -> {accumulators}\n"
    )
    terms = kernel[0] * kernel[1] * (1 if depthwise else channels)
    text += requantize("acc", outputs, 1 if nchw else 3, filters, terms)
    result = "r"
    if after == "residual":
        text += residual(outputs)
        result = "sum"
    elif after == "lookup":
        table = nested([numbers.next(-128, 127) for _ in range(256)], [256])
        text += (
            f"  %l = qopt.lookup %r in dense<{table}> : tensor<256xi8> : "
            f"{tensor(outputs, 'i8')} -> {tensor(outputs, 'i8')}\n"
        )
        result = "l"
    return text + f"  return %{result} : {tensor(outputs, 'i8')}\n}}\n", inputs


def grouped(groups, channels, filters):
    """A grouped convolution, which linalg names with a dimension for groups."""
    inputs = [1, groups, channels, 6, 7]
    weights, outputs = [groups, filters, channels, 3, 3], [1, groups, filters, 4, 5]
    i32 = tensor(outputs, "i32")
    text = f"func.func @main(%x: {tensor(inputs, 'f32')}) -> {i32} {{\n"
    text += (
        "  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : "
        f"{tensor(inputs, 'f32')} -> {tensor(inputs, 'i8')}\n"
    )
    text += constant("w", weights, "i8", -127, 127)
    return (
        text + "  %z = arith.constant 9 : i32\n"
        f"  %e = tensor.empty() : {i32}\n"
        f"  %i = linalg.fill ins(%z : i32) outs(%e : {i32}) -> {i32}\n"
        "  %acc = linalg.conv_2d_ngchw_gfchw {dilations = dense<1> : vector<2xi64>, "
        f"strides = dense<1> : vector<2xi64>}} ins(%q, %w : {tensor(inputs, 'i8')}, "
        f"{tensor(weights, 'i8')}) outs(%i : {i32}) -> {i32}\n  return %acc : {i32}\n}}\n",
        inputs,
    )


def pooling(channels, window, size, stride=1, unsigned=False):
    """Sums of windows, of bytes at both ends of their range."""
    inputs = [1, *size, channels]
    outputs = [1, *((s - w) // stride + 1 for s, w in zip(size, window)), channels]
    i8, i32, shape = tensor(inputs, "i8"), tensor(outputs, "i32"), tensor(window, "i32")
    kind = "i8:f32, 1.0e-02:-7" if not unsigned else "u8:f32, 1.0e-02:100"
    name = "linalg.pooling_nhwc_sum"
    sums = (
        f"{name} {{dilations = dense<1> : vector<2xi64>, strides = dense<{stride}> : vector<2xi64>}} "
        f"ins(%q, %w : {i8}, {shape}) outs(%i : {i32}) -> {i32}"
    )
    if unsigned:
        sums = (
            "linalg.generic {indexing_maps = [affine_map<(n, h, w, c, kh, kw) -> "
            f"(n, h * {stride} + kh, w * {stride} + kw, c)>, affine_map<(n, h, w, c, kh, kw) -> (kh, kw)>, "
            "affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>], iterator_types = "
            '["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} '
            f"ins(%q, %w : {i8}, {shape}) outs(%i : {i32}) {{\n  ^bb0(%a: i8, %b: i32, %o: i32):\n"
            "    %a0 = arith.extui %a : i8 to i32\n    %s = arith.addi %o, %a0 : i32\n"
            f"    linalg.yield %s : i32\n  }} -> {i32}"
        )
    return (
        f"func.func @main(%x: {tensor(inputs, 'f32')}) -> {i32} {{\n"
        f"  %q = qopt.quantize %x as !quant.uniform<{kind}> : {tensor(inputs, 'f32')} -> {i8}\n"
        f"  %z = arith.constant -11 : i32\n  %e = tensor.empty() : {i32}\n  %w = tensor.empty() : {shape}\n"
        f"  %i = linalg.fill ins(%z : i32) outs(%e : {i32}) -> {i32}\n"
        f"  %r = {sums}\n  return %r : {i32}\n}}\n",
        inputs,
    )


def average(channels, window, to, unsigned=False):
    """A mean of windows, which divides a sum by the number of its terms."""
    text, inputs = pooling(channels, window, window, unsigned=unsigned)
    shape = [1, 1, 1, channels]
    element = stored(to)
    text = text.replace(f"-> {tensor(shape, 'i32')} {{", f"-> {tensor(shape, element)} {{", 1)
    maps = f"[{IDENTITY}, {IDENTITY}]"
    return (
        text[: text.index("  return ")]
        + f"  %n = arith.constant {float(window[0] * window[1]):e} : f32\n"
        f"  %o = tensor.empty() : {tensor(shape, element)}\n"
        f"  %m = linalg.generic {{indexing_maps = {maps}, iterator_types = "
        '["parallel", "parallel", "parallel", "parallel"]} '
        f"ins(%r : {tensor(shape, 'i32')}) outs(%o : {tensor(shape, element)}) {{\n"
        f"  ^bb0(%a: i32, %b: {element}):\n"
        "    %d = qopt.dequantize %a as !quant.uniform<i32:f32, 1.3e-02> : i32 -> f32\n"
        "    %v = arith.divf %d, %n : f32\n"
        f"    %s = qopt.quantize %v as !quant.uniform<{to}> : f32 -> {element}\n"
        f"    linalg.yield %s : {element}\n  }} -> {tensor(shape, element)}\n"
        f"  return %m : {tensor(shape, element)}\n}}\n",
        inputs,
    )


# Stored types with different bounds, signs and parities of the zero point.
STORED = ("i8:f32, 2.0e-02:-10", "i8<-10:127>:f32, 2.0e-02:-10", "i8<-20:19>:f32, 2.0e-02:-3",
          "i8:f32, 2.0e-02", "i8:f32, 2.0e-02:-128", "i8:f32, 2.0e-02:127",
          "u8:f32, 2.0e-02:117", "u8<5:250>:f32, 2.0e-02:6", "u8:f32, 2.0e-02",
          "i16:f32, 8.0e-05", "i16<-3000:9999>:f32, 8.0e-05:-2001")


def matmul(m, k, n, **to):
    i32, result = tensor([m, n], "i32"), tensor([m, n], stored(to.get("to", "i8")))
    text = f"func.func @main(%x: {tensor([m, k], 'f32')}) -> {result} {{\n"
    text += (
        "  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : "
        f"{tensor([m, k], 'f32')} -> {tensor([m, k], 'i8')}\n"
    )
    text += constant("w", [k, n], "i8", -127, 127) + constant("b", [n], "i32", -3000, 3000)
    text += (
        f"  %e = tensor.empty() : {i32}\n"
        f"  %i = linalg.broadcast ins(%b : tensor<{n}xi32>) outs(%e : {i32}) dimensions = [0]\n"
        f"  %acc = linalg.matmul ins(%q, %w : {tensor([m, k], 'i8')}, {tensor([k, n], 'i8')}) "
        f"outs(%i : {i32}) -> {i32}\n"
    )
    text += requantize("acc", [m, n], 1, n, k, **to)
    return text + f"  return %r : {result}\n}}\n", [m, k]


def chain(m, k, n, **to):
    """A product whose bytes only another one reads: they may lie there flipped."""
    text, inputs = matmul(m, k, n, **to)
    element = stored(to.get("to", "i8"))
    text = text.replace(f"-> {tensor([m, n], element)} {{", f"-> {tensor([m, k], 'i32')} {{", 1)
    i32 = tensor([m, k], "i32")
    return (
        text[: text.index("  return ")]
        + constant("w2", [n, k], "i8", -127, 127)
        + f"  %z = arith.constant 9 : i32\n  %e2 = tensor.empty() : {i32}\n"
        f"  %i2 = linalg.fill ins(%z : i32) outs(%e2 : {i32}) -> {i32}\n"
        f"  %acc2 = linalg.matmul ins(%r, %w2 : {tensor([m, n], element)}, {tensor([n, k], 'i8')}) "
        f"outs(%i2 : {i32}) -> {i32}\n  return %acc2 : {i32}\n}}\n",
        inputs,
    )


def attention(batch, m, k, n, transposed):
    """A product of two values that are computed at run time."""
    a, c = [batch, m, k], [batch, m, n]
    b = [batch, n, k] if transposed else [batch, k, n]
    maps = (
        "[affine_map<(b, m, n, k) -> (b, m, k)>, "
        f"affine_map<(b, m, n, k) -> (b, {'n, k' if transposed else 'k, n'})>, "
        "affine_map<(b, m, n, k) -> (b, m, n)>]"
    )
    i32 = tensor(c, "i32")
    half = [batch, m * k + n * k]
    text = f"func.func @main(%x: {tensor(half, 'f32')}) -> {i32} {{\n"
    text += (
        "  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : "
        f"{tensor(half, 'f32')} -> {tensor(half, 'i8')}\n"
    )
    for name, shape, first in (("a", a, 0), ("b", b, m * k)):
        flat = [batch, shape[1] * shape[2]]
        text += (
            f"  %{name}f = tensor.extract_slice %q[0, {first}] {flat} [1, 1] : "
            f"{tensor(half, 'i8')} to {tensor(flat, 'i8')}\n"
            f"  %{name} = tensor.expand_shape %{name}f [[0], [1, 2]] output_shape {shape} : "
            f"{tensor(flat, 'i8')} into {tensor(shape, 'i8')}\n"
        )
    return (
        text + "  %z = arith.constant 0 : i32\n"
        f"  %e = tensor.empty() : {i32}\n"
        f"  %i = linalg.fill ins(%z : i32) outs(%e : {i32}) -> {i32}\n"
        f"  %acc = linalg.generic {{indexing_maps = {maps}, "
        'iterator_types = ["parallel", "parallel", "parallel", "reduction"]} '
        f"ins(%a, %b : {tensor(a, 'i8')}, {tensor(b, 'i8')}) outs(%i : {i32}) {{\n"
        "  ^bb0(%u: i8, %v: i8, %o: i32):\n"
        "    %u0 = arith.extsi %u : i8 to i32\n    %v0 = arith.extsi %v : i8 to i32\n"
        "    %m0 = arith.muli %u0, %v0 : i32\n    %s0 = arith.addi %o, %m0 : i32\n"
        f"    linalg.yield %s0 : i32\n  }} -> {i32}\n  return %acc : {i32}\n}}\n",
        half,
    )


def interpolation(channels, rows, columns, to, nchw=False):
    """Mixes the elements of four lists of rows and columns, by weights."""
    shape = [2, channels, 5, 6] if nchw else [2, 5, 6, channels]
    dims = [2, 3] if nchw else [1, 2]
    result = list(shape)
    result[dims[0]], result[dims[1]] = rows, columns
    i8, taken = tensor(shape, "i8"), tensor(result, "i8")
    out = tensor(result, stored(to))
    text = f"func.func @main(%x: {tensor(shape, 'f32')}) -> {out} {{\n"
    for axis, size, limit in (("r", rows, 4), ("c", columns, 5)):
        for side in (0, 1):
            text += constant(f"{axis}{side}", [size], "i32", 0, limit)
        values = ", ".join(f"{numbers.next(0, 100) / 100:e}" for _ in range(size))
        text += f"  %w{axis} = arith.constant dense<[{values}]> : tensor<{size}xf32>\n"
    text += (
        "  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : "
        f"{tensor(shape, 'f32')} -> {i8}\n"
    )
    for i in (0, 1):
        for j in (0, 1):
            text += (
                f"  %t{i}{j} = qopt.take %q along {dims} at %r{i}, %c{j} : "
                f"({i8}, tensor<{rows}xi32>, tensor<{columns}xi32>) -> {taken}\n"
            )
    names = "abcd"
    along = [f"affine_map<(a, b, c, d) -> ({names[dim]})>" for dim in dims]
    text += (
        f"  %e = tensor.empty() : {out}\n"
        f"  %y = linalg.generic {{indexing_maps = [{', '.join([IDENTITY] * 4 + along + [IDENTITY])}], "
        'iterator_types = ["parallel", "parallel", "parallel", "parallel"]} '
        f"ins(%t00, %t01, %t10, %t11, %wr, %wc : {', '.join([taken] * 4)}, "
        f"tensor<{rows}xf32>, tensor<{columns}xf32>) outs(%e : {out}) {{\n"
        "  ^bb0(%a: i8, %b: i8, %c: i8, %d: i8, %u: f32, %v: f32, %o: "
        f"{stored(to)}):\n"
    )
    for name in names:
        text += f"    %f{name} = qopt.dequantize %{name} as !quant.uniform<i8:f32, 3.0e-02:-7> : i8 -> f32\n"
    for left, right, weight, mixed in (("fa", "fb", "v", "p"), ("fc", "fd", "v", "q0"), ("p", "q0", "u", "m")):
        text += (
            f"    %{mixed}s = arith.subf %{right}, %{left} : f32\n"
            f"    %{mixed}m = arith.mulf %{mixed}s, %{weight} : f32\n"
            f"    %{mixed} = arith.addf %{left}, %{mixed}m : f32\n"
        )
    return (
        text + f"    %s = qopt.quantize %m as !quant.uniform<{to}> : f32 -> {stored(to)}\n"
        f"    linalg.yield %s : {stored(to)}\n  }} -> {out}\n  return %y : {out}\n}}\n",
        shape,
    )


def transposition(shape, order):
    """Stored values in another order in memory, a quantization on the way."""
    moved = [shape[dim] for dim in order]
    x, y = tensor(shape, "f32"), tensor(moved, "f32")
    q, t = tensor(shape, "i8"), tensor(moved, "i8")
    return (
        f"func.func @main(%x: {x}) -> ({t}, {t}) {{\n"
        f"  %e = tensor.empty() : {y}\n"
        f"  %t = linalg.transpose ins(%x : {x}) outs(%e : {y}) permutation = {order}\n"
        f"  %a = qopt.quantize %t as !quant.uniform<i8:f32, 3.0e-02:-7> : {y} -> {t}\n"
        f"  %q = qopt.quantize %x as !quant.uniform<i8:f32, 2.0e-02:3> : {x} -> {q}\n"
        f"  %f = tensor.empty() : {t}\n"
        f"  %b = linalg.transpose ins(%q : {q}) outs(%f : {t}) permutation = {order}\n"
        f"  return %a, %b : {t}, {t}\n}}\n",
        shape,
    )


def extremum(shape, operation, first):
    """The largest or smallest byte of each image of a batch, and the parameters of
    all values."""
    x, q = tensor(shape, "f32"), tensor(shape, "i8")
    return (
        f"func.func @main(%x: {x}) -> (tensor<2xi8>, {q}, tensor<f32>, {q}, tensor<f32>, "
        "tensor<i32>) {\n"
        f"  %q = qopt.quantize %x as !quant.uniform<i8:f32, 1.0e-02:-7> : {x} -> {q}\n"
        f"  %z = arith.constant dense<{first}> : tensor<2xi8>\n"
        f"  %m = linalg.reduce ins(%q : {q}) outs(%z : tensor<2xi8>) dimensions = [1, 2, 3]\n"
        f"    (%a: i8, %b: i8) {{ %c = arith.{operation} %a, %b : i8  linalg.yield %c : i8 }}\n"
        f"  %d, %s = qopt.quantize_dynamic %x per [] : ({x}) -> ({q}, tensor<f32>)\n"
        f"  %e, %t, %u = qopt.quantize_dynamic %x per [] : ({x}) -> ({q}, tensor<f32>, tensor<i32>)\n"
        "  return %m, %d, %s, %e, %t, %u : tensor<2xi8>, "
        f"{q}, tensor<f32>, {q}, tensor<f32>, tensor<i32>\n}}\n",
        shape,
    )


def masks(batch, rows, columns):
    """Elements that a constant mask replaces; masks that are computed, moved,
    combined, reduced, read and returned."""
    shape, turned = [batch, rows, columns], [batch, columns, rows]
    x, bits = tensor(shape, "f32"), tensor(shape, "i1")
    y, moved = tensor(turned, "f32"), tensor(turned, "i1")
    any_of = tensor([batch, rows], "i1")
    row = nested(["true" if numbers.next(0, 2) else "false" for _ in range(rows * columns)],
                 [rows, columns])
    identity = "affine_map<(a, b, c) -> (a, b, c)>"
    each = 'iterator_types = ["parallel", "parallel", "parallel"]'
    return (
        f"func.func @main(%x: {x}) -> ({x}, {bits}, {y}, {any_of}) {{\n"
        f"  %mask = arith.constant dense<{row}> : {tensor([rows, columns], 'i1')}\n"
        "  %least = arith.constant 0xFF800000 : f32\n  %zero = arith.constant 0.0 : f32\n"
        f"  %e = tensor.empty() : {x}\n  %ee = tensor.empty() : {bits}\n"
        f"  %f = tensor.empty() : {y}\n  %ff = tensor.empty() : {moved}\n"
        "  %filled = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (b, c)>, "
        f"{identity}, {identity}], {each}}} ins(%mask, %x : {tensor([rows, columns], 'i1')}, {x}) "
        f"outs(%e : {x}) {{\n  ^bb0(%m: i1, %a: f32, %o: f32):\n"
        "    %s = arith.select %m, %least, %a : f32\n    linalg.yield %s : f32\n"
        f"  }} -> {x}\n"
        "  %positive = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (b, c)>, "
        f"{identity}, {identity}], {each}}} ins(%mask, %x : {tensor([rows, columns], 'i1')}, {x}) "
        f"outs(%ee : {bits}) {{\n  ^bb0(%m: i1, %a: f32, %o: i1):\n"
        "    %p = arith.cmpf ogt, %a, %zero : f32\n    %s = arith.xori %p, %m : i1\n"
        f"    linalg.yield %s : i1\n  }} -> {bits}\n"
        f"  %turned = linalg.transpose ins(%positive : {bits}) outs(%ff : {moved}) "
        "permutation = [0, 2, 1]\n"
        f"  %x1 = linalg.transpose ins(%x : {x}) outs(%f : {y}) permutation = [0, 2, 1]\n"
        f"  %chosen = linalg.generic {{indexing_maps = [{identity}, {identity}, {identity}], {each}}} "
        f"ins(%turned, %x1 : {moved}, {y}) outs(%f : {y}) {{\n  ^bb0(%m: i1, %a: f32, %o: f32):\n"
        "    %n = arith.negf %a : f32\n    %s = arith.select %m, %n, %zero : f32\n"
        f"    linalg.yield %s : f32\n  }} -> {y}\n"
        f"  %false = arith.constant dense<false> : {any_of}\n"
        f"  %any = linalg.reduce {{arith.ori}} ins(%positive : {bits}) outs(%false : {any_of}) "
        "dimensions = [2]\n"
        f"  return %filled, %positive, %chosen, %any : {x}, {bits}, {y}, {any_of}\n}}\n",
        shape,
    )


def cases():
    for channels in (1, 3, 5, 16, 17, 64, 100):
        for filters in (1, 5, 16, 17, 64, 100):
            if channels * filters <= 1700:
                yield f"conv 3x3 {channels} to {filters}", layer(channels, filters, (3, 3))
        for stride in (1, 2):
            yield (
                f"depthwise {channels} stride {stride}",
                layer(channels, channels, (3, 3), stride=stride, depthwise=True),
            )
    for stride, dilation in ((2, 1), (1, 2), (2, 2)):
        for channels, batch in ((16, 1), (3, 2)):
            yield (
                f"conv stride {stride} dilation {dilation} of {channels}",
                layer(channels, 17, (3, 3), (11, 13), stride, dilation, batch=batch),
            )
    yield "conv of one term", layer(1, 2, (1, 1), (3, 3), pad=0)
    yield "depthwise of one term", layer(20, 20, (1, 1), (3, 3), pad=0, depthwise=True)
    yield "conv 1x1", layer(64, 64, (1, 1), (9, 5), pad=0)
    yield "conv 1x1 stride 2", layer(16, 33, (1, 1), (9, 9), 2, pad=0)
    yield "conv nhwc", layer(16, 33, (3, 3), nchw=False)
    yield "conv without padding", layer(3, 16, (3, 3), pad=0)
    yield "conv 10x4", layer(1, 64, (10, 4), (21, 10), 2)
    yield "conv residual", layer(16, 16, (3, 3), after="residual")
    yield "conv lookup", layer(16, 20, (3, 3), after="lookup")
    yield "depthwise nhwc 5x5", layer(24, 24, (5, 5), pad=2, nchw=False, depthwise=True)
    yield "depthwise dilated", layer(24, 24, (3, 3), dilation=2, pad=2, depthwise=True)
    yield "depthwise residual", layer(18, 18, (3, 3), depthwise=True, after="residual")
    yield "groups", grouped(3, 5, 18)
    # Sums in 16 bits hold 256 taps.
    for channels in (16, 20, 48, 64, 100, 128):
        for unsigned in (False, True):
            yield (
                f"pooling of {channels} {unsigned}",
                pooling(channels, (3, 3), (6, 7), 2, unsigned),
            )
    # Eight and more are means, of up to 32 taps at once.
    for taps in (3, 4, 7, 8, 9, 16, 31, 32, 33, 125, 256, 257):
        for unsigned in (False, True):
            yield (
                f"pooling of {taps} taps {unsigned}",
                pooling(64, (1, taps), (2, taps + 1), unsigned=unsigned),
            )
    for window in ((4, 4), (7, 7), (8, 8), (15, 5), (2, 100)):
        for unsigned in (False, True):
            yield (
                f"pooling of {window} {unsigned}",
                pooling(80, window, (window[0] + 1, window[1]), unsigned=unsigned),
            )
    for to in STORED:
        for window in ((2, 2), (3, 3), (4, 4), (7, 7)):
            yield f"average of {window} to {to}", average(100, window, to, to[0] == "u")
    for m, k, n in ((1, 640, 128), (1, 128, 8), (1, 8, 128), (7, 64, 10), (33, 100, 100),
                    (1, 3, 1), (6, 5, 3), (64, 256, 64)):
        yield f"matmul {m} {k} {n}", matmul(m, k, n)
    # Weights of words, which are stored as such while they are few.
    for m, k, n in ((1, 64, 10), (1, 128, 8), (1, 8, 128), (3, 65, 17), (2, 300, 40)):
        yield f"matmul of words {m} {k} {n}", chain(m, n, k, to="i16:f32, 8.0e-05")
    for to in STORED:
        # Multipliers below one never leave i32; those of the last factor do.
        for factor in (1.0, 1e6):
            for n in (50, 64) if factor == 1.0 else (50,):
                yield f"matmul to {to} {n} {factor}", matmul(7, 24, n, to=to, factor=factor)
        if to[0] == "i":
            yield f"chain through {to}", chain(7, 24, 50, to=to)
    # Activations that outgrow the cache, beside small and beside large weights.
    yield "matmul in blocks of rows", matmul(2100, 256, 70)
    yield "matmul that fetches ahead", matmul(270, 2100, 500)
    yield "matmul that fetches rows ahead", matmul(300, 2048, 512)
    yield "matmul of copied rows", matmul(200, 1024, 1100)
    yield "matmul of copied rows in parts of a run", matmul(516, 4160, 530)
    yield "matmul in parts of a run", chain(516, 272, 4096, to="i8:f32, 3.0e-02:-7")
    for transposed in (False, True):
        yield f"attention {transposed}", attention(2, 9, 35, 21, transposed)
        yield f"attention wide {transposed}", attention(1, 5, 64, 64, transposed)
        yield f"attention rest {transposed}", attention(2, 7, 44, 48, transposed)
    for channels in (1, 3, 16, 20, 64, 100):
        for nchw in (False, True):
            yield (
                f"interpolation of {channels} {nchw}",
                interpolation(channels, 7, 9, "i8:f32, 2.9e-02:5", nchw),
            )
    for shape in ([2, 3, 5, 7], [2, 7, 9, 16], [2, 1, 1, 32], [2, 20, 5, 13], [2, 1, 2, 8]):
        yield f"extremum of {shape}", extremum(shape, "maxsi", -128)
        yield f"extremum of {shape}, least", extremum(shape, "minsi", 100)
    for shape in ([2, 16, 5, 7], [1, 40, 3, 16], [3, 35, 1, 50], [2, 9, 4, 4], [1, 64, 4, 4]):
        for order in ([0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0]):
            yield f"transposition of {shape} {order}", transposition(shape, order)
    for batch, rows, columns in ((1, 1, 1), (2, 5, 7), (1, 8, 16), (2, 17, 20), (3, 32, 33)):
        yield f"masks of {rows} x {columns}", masks(batch, rows, columns)
    yield "interpolation to words", interpolation(48, 3, 4, "i16:f32, 8.0e-05")
    # A power of two, others, two without exact factors, small and large ones.
    for scale in (0.125, 0.1, 0.0213, 1.7, 0.0292861667, 0.0597498082, 3e-9, 4e-20, 2e-33, 5e7, 1e24):
        for layout in ("row", "pixels"):
            yield f"quantization by {scale} of {layout}", quantization(
                scale, "i8", -128, 127, -7, layout
            )
        yield f"quantization by {scale} to words", quantization(
            scale, "i16", -32768, 32767, 0, "row"
        )


def neighbours(value, count):
    """The floats from `count` below to `count` above a number that is not zero."""
    bits = struct.unpack("<i", struct.pack("<f", value))[0]
    return [struct.unpack("<f", struct.pack("<i", bits + i))[0] for i in range(-count, count + 1)]


def quantization(scale, storage, low, high, zero, layout):
    """Divisions by a scale, of all ties and their neighbours and of what no tie is near."""
    values = [0.0, -0.0, math.inf, -math.inf, math.nan, -math.nan, 1e-45, -1e-45, 1e-38, -2e-38]
    values += [3.4028235e38, -3.4028235e38, 1e30, -1e30, 1e20, 1e10, -1e10, 70000 * scale]
    for k in range(low - 2, high + 2, max(1, (high - low) // 250)):
        values += neighbours((k - zero + 0.5) * scale, 2)
    planes = 3 if layout == "pixels" else 1
    values += [0.25] * (-len(values) % (planes * 8))
    shape = [1, planes, len(values) // planes]
    quantized = tensor(shape, storage)
    text = (
        f"func.func @main(%x: {tensor(shape, 'f32')}) -> {{result}} {{{{\n"
        f"  %q = qopt.quantize %x as !quant.uniform<{storage}:f32, {scale:.12e}:{zero}> : "
        f"{tensor(shape, 'f32')} -> {quantized}\n"
    )
    if layout == "pixels":
        shape = [1, shape[2], planes]
        result = tensor(shape, storage)
        text += (
            f"  %e = tensor.empty() : {result}\n  %t = linalg.transpose ins(%q : {quantized}) "
            f"outs(%e : {result}) permutation = [0, 2, 1]\n  return %t : {result}\n}}}}\n"
        )
    else:
        result = quantized
        text += f"  return %q : {quantized}\n}}}}\n"
    return text.format(result=result), [planes, len(values) // planes], values


def main():
    quant_run, folder = sys.argv[1:3]
    options = dict(argument.split("=", 1) for argument in sys.argv[3:])
    os.makedirs(folder, exist_ok=True)
    count = different = 0
    for name, (text, inputs, *values) in cases():
        if options.get("--only", "") not in name:
            continue
        model, samples = os.path.join(folder, "m.mlir"), os.path.join(folder, "m.npz")
        with open(model, "w") as file:
            file.write(text)
        sizes = ",".join(str(size) for size in [1 if values else 2] + inputs)
        fill = ",".join(repr(value) for value in values[0]) if values else "ramp"
        npz.make(samples, f"x=f32[{sizes}]:{fill}")
        run = subprocess.run(
            [quant_run, model, f"--inputs={samples}", "--compare-kernels", "--non-finite=ignore"]
            + [f"--cpu={options.get('--cpu', 'native')}"]
            + [f"--threads={options.get('--threads', 1)}"],
            capture_output=True,
            text=True,
        )
        count += 1
        if run.returncode != 0:
            different += 1
            print(f"{name}: {run.stdout}{run.stderr}")
    print(f"cases {count}, different {different}")
    return different != 0


if __name__ == "__main__":
    sys.exit(main())
