"""Convolutions: u8 activations times constant s8 weights, bias, requantized to u8.

Channels are innermost for everyone, as all of these peers compute. Weights have a scale
for each output channel, paddings hold the activations' zero point.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

import numpy as np

from .. import arrays
from ..context import OURS, Case, Context, overhead
from ..quantopt import Tools
from ..rounds import Entry

SHAPES = pathlib.Path(__file__).resolve().parents[2] / "shapes" / "conv.json"
ZERO_POINT = 10
OUTPUT_ZERO_POINT = 120


@dataclasses.dataclass
class Layer:
    """A layer with its data: `x` is HxWxC, `w` is KHxKWx(C/groups)xF."""

    name: str
    h: int
    c: int
    f: int
    k: int
    stride: int = 1
    pad: int = 0
    dilation: int = 1
    groups: int = 1

    def __post_init__(self):
        random = np.random.default_rng(self.h * 31 + self.c * 17 + self.f + self.k)
        shape = (1, self.h, self.h, self.c)
        self.x = arrays.aligned_copy(random.integers(0, 256, shape, np.uint8))
        self.w = random.integers(
            -127, 128, (self.k, self.k, self.depth, self.f), np.int8
        )
        self.bias = random.integers(-2000, 2000, self.f).astype(np.int32)
        spread = 145 * 73 * np.sqrt(self.k * self.k * self.depth)
        self.scales = (random.uniform(0.5, 1.5, self.f) * 50 / spread).astype(
            np.float32
        )

    @property
    def depth(self) -> int:
        """Input channels of a group."""
        return self.c // self.groups

    @property
    def is_depthwise(self) -> bool:
        return self.groups == self.c == self.f

    @property
    def size(self) -> int:
        """Height and width of the result."""
        reach = self.dilation * (self.k - 1) + 1
        return (self.h + 2 * self.pad - reach) // self.stride + 1

    @property
    def macs(self) -> int:
        return self.size**2 * self.f * self.k**2 * self.depth

    @property
    def bytes(self) -> int:
        return self.x.size + self.w.size + self.size**2 * self.f

    @property
    def initial(self) -> np.ndarray:
        """The bias with the activations' zero point folded in."""
        sums = self.w.astype(np.int64).sum((0, 1, 2))
        return (self.bias - ZERO_POINT * sums).astype(np.int32)

    @functools.cached_property
    def expected(self) -> np.ndarray:
        """The layer in numpy: exact accumulators through f64, then one rounding."""
        p, size, g = self.pad, self.size, self.groups
        x = np.pad(self.x[0].astype(np.float64) - ZERO_POINT, ((p, p), (p, p), (0, 0)))
        sums = np.zeros((size, size, g, self.f // g))
        span = (size - 1) * self.stride + 1
        for i in range(self.k):
            for j in range(self.k):
                y0, x0 = i * self.dilation, j * self.dilation
                window = x[y0 : y0 + span : self.stride, x0 : x0 + span : self.stride]
                window = window.reshape(size, size, g, self.depth)
                tap = self.w[i, j].astype(np.float64).reshape(self.depth, g, -1)
                sums += np.einsum("yxgc,cgf->yxgf", window, tap, optimize=True)
        sums = sums.reshape(1, size, size, self.f) + self.bias
        real = sums.astype(np.float32) * self.scales
        return np.clip(np.rint(real) + OUTPUT_ZERO_POINT, 0, 255).astype(np.uint8)


def hex_of(array: np.ndarray) -> str:
    return f'dense<"0x{np.ascontiguousarray(array).tobytes().hex().upper()}">'


def module_text(l: Layer) -> str:
    """The layer as linalg, unsigned by signed, as --qopt-quantize writes one."""
    padded, g, f = l.h + 2 * l.pad, l.groups, l.f // l.groups
    d, s = l.dilation, l.stride
    x, p = f"tensor<1x{l.h}x{l.h}x{l.c}xi8>", f"tensor<1x{padded}x{padded}x{l.c}xi8>"
    y = f"tensor<1x{l.size}x{l.size}x{l.f}xi32>"
    rows, columns = f"a * {s} + i * {d}", f"b * {s} + j * {d}"
    outer, inner, weights = f"tensor<{l.f}xi32>", p, l.w
    before, after, source, total = "", "", "%p", "%t"
    init_type = y
    if l.is_depthwise:
        weights = l.w.reshape(l.k, l.k, l.c)
        maps = (
            f"(n, a, b, f, i, j) -> (n, {rows}, {columns}, f)",
            "(n, a, b, f, i, j) -> (i, j, f)",
            "(n, a, b, f, i, j) -> (n, a, b, f)",
        )
        loops = ["parallel"] * 4 + ["reduction"] * 2
    elif g == 1:
        maps = (
            f"(n, a, b, f, i, j, c) -> (n, {rows}, {columns}, c)",
            "(n, a, b, f, i, j, c) -> (i, j, c, f)",
            "(n, a, b, f, i, j, c) -> (n, a, b, f)",
        )
        loops = ["parallel"] * 4 + ["reduction"] * 3
    else:
        weights = l.w.reshape(l.k, l.k, l.depth, g, f)
        maps = (
            f"(n, a, b, g, f, i, j, c) -> (n, {rows}, {columns}, g, c)",
            "(n, a, b, g, f, i, j, c) -> (i, j, c, g, f)",
            "(n, a, b, g, f, i, j, c) -> (n, a, b, g, f)",
        )
        loops = ["parallel"] * 5 + ["reduction"] * 3
        inner = f"tensor<1x{padded}x{padded}x{g}x{l.depth}xi8>"
        init_type = f"tensor<1x{l.size}x{l.size}x{g}x{f}xi32>"
        outer = f"tensor<{g}x{f}xi32>"
        source, total = "%grouped", "%sums"
        before = (
            f"  %grouped = tensor.expand_shape %p [[0], [1], [2], [3, 4]]"
            f" output_shape [1, {padded}, {padded}, {g}, {l.depth}]"
            f" : {p} into {inner}\n"
        )
        after = (
            f"  %t = tensor.collapse_shape %sums [[0], [1], [2], [3, 4]]"
            f" : {init_type} into {y}\n"
        )
    w = "tensor<" + "x".join(map(str, weights.shape)) + "xi8>"
    pad = (
        f"  %p = tensor.pad %x low[0, {l.pad}, {l.pad}, 0]"
        f" high[0, {l.pad}, {l.pad}, 0] {{\n"
        "  ^bb0(%0: index, %1: index, %2: index, %3: index):\n"
        "    tensor.yield %zp : i8\n"
        f"  }} : {x} to {p}\n"
    )
    if not l.pad:
        source = "%x" if source == "%p" else source
        pad, before = "", before.replace("%p ", "%x ")
    kinds = ", ".join(f'"{kind}"' for kind in loops)
    scales = ", ".join(f"{scale:.9e}" for scale in l.scales)
    result = f"tensor<1x{l.size}x{l.size}x{l.f}xi8>"
    return f"""#x = affine_map<{maps[0]}>
#w = affine_map<{maps[1]}>
#y = affine_map<{maps[2]}>
func.func @conv(%x: {x}) -> {result} {{
  %zp = arith.constant {ZERO_POINT} : i8
  %w = arith.constant {hex_of(weights)} : {w}
  %b = arith.constant {hex_of(l.initial)} : {outer}
{pad}{before}  %e = tensor.empty() : {init_type}
  %i = linalg.broadcast ins(%b : {outer}) outs(%e : {init_type}) dimensions = [0, 1, 2]
  {total} = linalg.generic {{indexing_maps = [#x, #w, #y], iterator_types = [{kinds}]}}
    ins({source}, %w : {inner}, {w}) outs(%i : {init_type}) {{
  ^bb0(%l: i8, %r: i8, %s: i32):
    %l32 = arith.extui %l : i8 to i32
    %r32 = arith.extsi %r : i8 to i32
    %m = arith.muli %l32, %r32 : i32
    %u = arith.addi %s, %m : i32
    linalg.yield %u : i32
  }} -> {init_type}
{after}  %q = qopt.requantize %t from !quant.uniform<i32:f32:3, {{{scales}}}>
    to !quant.uniform<u8:f32, 1.0:{OUTPUT_ZERO_POINT}> : {y} -> {result}
  return %q : {result}
}}"""


def onnx_model(l: Layer, path: pathlib.Path) -> None:
    """QLinearConv with channels innermost: what ONNX Runtime makes of the standard
    operation in a larger graph."""
    from onnx import TensorProto, helper, numpy_helper, save

    def constant(name, value):
        return numpy_helper.from_array(np.asarray(value), name)

    x = helper.make_tensor_value_info("x", TensorProto.UINT8, l.x.shape)
    y = helper.make_tensor_value_info("y", TensorProto.UINT8, [1, l.size, l.size, l.f])
    constants = [
        constant("xs", np.float32(1)),
        constant("xz", np.uint8(ZERO_POINT)),
        constant("w", np.ascontiguousarray(l.w.transpose(3, 2, 0, 1))),
        constant("ws", l.scales),
        constant("wz", np.zeros(l.f, np.int8)),
        constant("ys", np.float32(1)),
        constant("yz", np.uint8(OUTPUT_ZERO_POINT)),
        constant("b", l.bias),
    ]
    node = helper.make_node(
        "QLinearConv",
        ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"],
        ["y"],
        domain="com.microsoft",
        channels_last=1,
        group=l.groups,
        kernel_shape=[l.k, l.k],
        strides=[l.stride] * 2,
        pads=[l.pad] * 4,
        dilations=[l.dilation] * 2,
    )
    model = helper.make_model(
        helper.make_graph([node], "conv", [x], [y], constants),
        opset_imports=[
            helper.make_opsetid("", 17),
            helper.make_opsetid("com.microsoft", 1),
        ],
    )
    model.ir_version = 8
    save(model, str(path))


def ours(tools: Tools, name: str, l: Layer):
    function = tools.compile_text(module_text(l))
    function.set_inputs([l.x.view(np.int8)])
    return Entry(name, function.call()), function.run()[0].view(np.uint8)


def ort(context: Context, l: Layer):
    from ..contenders.ort import Session

    path = context.cache / "conv.onnx"
    onnx_model(l, path)
    session = Session(path, context.threads)
    session.set_inputs([l.x])
    return Entry("ort", session.call()), session.run()[0]


def torch(context: Context, l: Layer):
    from ..contenders import pytorch

    extra = overhead(lambda: pytorch.overhead_ns(context.timer, True, context.threads))
    layer = pytorch.QConv(l, ZERO_POINT, OUTPUT_ZERO_POINT, context.threads)
    return Entry("torch", layer.call(), extra), layer.run()


def run(context: Context) -> None:
    """All layers of shapes/conv.json."""
    shapes = json.loads(SHAPES.read_text())
    if context.quick:
        shapes = [
            {"name": "3x3", "h": 9, "c": 8, "f": 16, "k": 3, "pad": 1},
            {
                "name": "depthwise",
                "h": 7,
                "c": 16,
                "f": 16,
                "k": 3,
                "pad": 1,
                "stride": 2,
                "groups": 16,
            },
            {"name": "grouped 1x1", "h": 5, "c": 16, "f": 32, "k": 1, "groups": 2},
        ]
    for shape in shapes:
        if not context.selected("conv", shape["name"]):
            continue
        layer = Layer(**shape)
        case = Case("conv", layer.name, layer.macs, layer.bytes)
        context.note_absent(case, ["ort", "torch"])
        entries = []
        makers = {OURS: lambda: ours(context.tools, OURS, layer)}
        if context.base:
            makers["base"] = lambda: ours(context.base, "base", layer)
        for name, make in (("ort", ort), ("torch", torch)):
            if context.wants(name):
                makers[name] = lambda make=make: make(context, layer)
        for name, make in makers.items():
            made = context.prepare(case, name, make)
            if made:
                entry, output = made
                entries.append(entry)
                compare(case, name, output, layer.expected)
        context.measure(case, entries + context.peak_entry())


def compare(case: Case, name: str, output: np.ndarray, expected: np.ndarray) -> None:
    """Outputs may differ by one step where a result lies between two."""
    difference = np.abs(
        output.astype(np.int64).reshape(expected.shape) - expected.astype(np.int64)
    )
    case.note_difference(name, difference, "numpy", exact=name == OURS)
