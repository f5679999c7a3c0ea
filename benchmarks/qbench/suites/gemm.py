"""Products of matrices: u8 activations times constant s8 weights.

Every shape twice: with i32 results, bit for bit the same for all contenders, and
requantized per column to u8, which is what a layer of a model is.

Activations stay below 128, so that peers that read them as signed bytes compute the
same. Weights are constants for those who can pack them beforehand.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

import numpy as np

from .. import arrays
from ..context import OURS, Case, Context, overhead
from ..rounds import Entry

SHAPES = pathlib.Path(__file__).resolve().parents[2] / "shapes" / "gemm.json"
ZERO_POINT = 10
OUTPUT_ZERO_POINT = 120
#: Larger products are not computed in numpy, only compared with each other.
REFERENCE_MACS = 3_000_000_000


@dataclasses.dataclass
class Problem:
    """A shape with its data."""

    m: int
    n: int
    k: int
    x: np.ndarray = dataclasses.field(init=False)
    w: np.ndarray = dataclasses.field(init=False)
    scales: np.ndarray = dataclasses.field(init=False)

    def __post_init__(self):
        random = np.random.default_rng(self.m * 31 + self.n * 17 + self.k)
        self.x = arrays.aligned_copy(
            random.integers(0, 128, (self.m, self.k), np.uint8)
        )
        self.w = arrays.aligned_copy(
            random.integers(-127, 128, (self.k, self.n), np.int8)
        )
        # Results spread over most of the 256 steps.
        spread = 64 * 73 * np.sqrt(self.k)
        self.scales = (random.uniform(0.5, 1.5, self.n) * 50 / spread).astype(
            np.float32
        )

    @property
    def name(self) -> str:
        return f"{self.m}x{self.n}x{self.k}"

    @property
    def macs(self) -> int:
        return self.m * self.n * self.k

    def bytes(self, requantize: bool) -> int:
        result = 1 if requantize else 4
        return self.m * self.k + self.k * self.n + result * self.m * self.n

    @functools.cached_property
    def product(self) -> np.ndarray | None:
        """The exact i32 product, through f64, where that is quick enough."""
        if self.macs > REFERENCE_MACS:
            return None
        return (self.x.astype(np.float64) @ self.w.astype(np.float64)).astype(np.int32)

    def requantized(self) -> np.ndarray | None:
        """The product's zero points and scales, in numpy."""
        if self.product is None:
            return None
        sums = self.w.astype(np.int64).sum(0)
        real = (self.product - ZERO_POINT * sums).astype(np.float32) * self.scales
        return np.clip(np.rint(real) + OUTPUT_ZERO_POINT, 0, 255).astype(np.uint8)


def module_text(p: Problem, requantize: bool) -> str:
    """The product as linalg: unsigned by signed, the zero point in the initial
    accumulators, as --qopt-quantize writes a layer."""
    x, w = f"tensor<{p.m}x{p.k}xi8>", f"tensor<{p.k}x{p.n}xi8>"
    acc = f"tensor<{p.m}x{p.n}xi32>"
    result = f"tensor<{p.m}x{p.n}xi8>" if requantize else acc
    row = f"tensor<{p.n}xi32>"
    init = -ZERO_POINT * p.w.astype(np.int64).sum(0) if requantize else np.zeros(p.n)
    init_hex = init.astype("<i4").tobytes().hex().upper()
    lines = [
        "#x = affine_map<(m, n, k) -> (m, k)>",
        "#w = affine_map<(m, n, k) -> (k, n)>",
        "#y = affine_map<(m, n, k) -> (m, n)>",
        f"func.func @gemm(%x: {x}) -> {result} {{",
        f'  %w = arith.constant dense<"0x{p.w.tobytes().hex().upper()}"> : {w}',
        f"  %e = tensor.empty() : {acc}",
    ]
    if requantize:
        lines += [
            f'  %b = arith.constant dense<"0x{init_hex}"> : {row}',
            f"  %i = linalg.broadcast ins(%b : {row}) outs(%e : {acc}) dimensions = [0]",
        ]
    else:
        lines += [
            "  %zero = arith.constant 0 : i32",
            f"  %i = linalg.fill ins(%zero : i32) outs(%e : {acc}) -> {acc}",
        ]
    lines += [
        "  %a = linalg.generic {indexing_maps = [#x, #w, #y],"
        ' iterator_types = ["parallel", "parallel", "reduction"]}'
        f" ins(%x, %w : {x}, {w}) outs(%i : {acc}) {{",
        "  ^bb0(%l: i8, %r: i8, %s: i32):",
        "    %l32 = arith.extui %l : i8 to i32",
        "    %r32 = arith.extsi %r : i8 to i32",
        "    %p = arith.muli %l32, %r32 : i32",
        "    %t = arith.addi %s, %p : i32",
        "    linalg.yield %t : i32",
        f"  }} -> {acc}",
    ]
    if requantize:
        scales = ", ".join(f"{s:.9e}" for s in p.scales)
        lines.append(
            f"  %q = qopt.requantize %a from !quant.uniform<i32:f32:1, {{{scales}}}>"
            f" to !quant.uniform<u8:f32, 1.0:{OUTPUT_ZERO_POINT}> : {acc} -> {result}"
        )
    lines += [f"  return {'%q' if requantize else '%a'} : {result}", "}"]
    return "\n".join(lines)


def iree_text(p: Problem) -> str:
    """The product as IREE likes it best: the named operation on signed bytes."""
    x, w = f"tensor<{p.m}x{p.k}xi8>", f"tensor<{p.k}x{p.n}xi8>"
    acc = f"tensor<{p.m}x{p.n}xi32>"
    return f"""func.func @gemm(%x: {x}) -> {acc} {{
  %w = arith.constant dense<"0x{p.w.tobytes().hex().upper()}"> : {w}
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : {acc}
  %i = linalg.fill ins(%zero : i32) outs(%e : {acc}) -> {acc}
  %a = linalg.matmul ins(%x, %w : {x}, {w}) outs(%i : {acc}) -> {acc}
  return %a : {acc}
}}"""


def onnx_model(p: Problem, requantize: bool, path: pathlib.Path) -> None:
    """MatMulInteger, or QLinearMatMul per column."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    def constant(name, value):
        return numpy_helper.from_array(np.asarray(value), name)

    x = helper.make_tensor_value_info("x", TensorProto.UINT8, [p.m, p.k])
    constants = [constant("w", p.w)]
    if requantize:
        constants += [
            constant("xs", np.float32(1)),
            constant("xz", np.uint8(ZERO_POINT)),
            constant("ws", p.scales),
            constant("wz", np.zeros(p.n, np.int8)),
            constant("ys", np.float32(1)),
            constant("yz", np.uint8(OUTPUT_ZERO_POINT)),
        ]
        node = helper.make_node(
            "QLinearMatMul", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"]
        )
        kind = TensorProto.UINT8
    else:
        node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
        kind = TensorProto.INT32
    y = helper.make_tensor_value_info("y", kind, [p.m, p.n])
    model = helper.make_model(
        helper.make_graph([node], "gemm", [x], [y], constants),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    checker.check_model(model)
    save(model, str(path))


def contenders(context: Context, case: Case, p: Problem, requantize: bool) -> list:
    """(entry, outputs) of everyone who takes part."""
    found: list[tuple[Entry, np.ndarray | None]] = []

    def add(name, make):
        made = context.prepare(case, name, make)
        if made:
            found.append(made)

    def ours(name, tools):
        function = tools.compile_text(module_text(p, requantize))
        function.set_inputs([p.x.view(np.int8)])
        output = function.run()[0]
        return Entry(name, function.call()), (
            output.view(np.uint8) if requantize else output
        )

    def ort():
        from ..contenders.ort import Session

        path = context.cache / "gemm.onnx"
        onnx_model(p, requantize, path)
        session = Session(path, context.threads)
        session.set_inputs([p.x])
        return Entry("ort", session.call()), session.run()[0]

    def torch():
        from ..contenders import pytorch

        extra = overhead(
            lambda: pytorch.overhead_ns(context.timer, requantize, context.threads)
        )
        if requantize:
            product = pytorch.QLinear(
                p.x, ZERO_POINT, p.w, p.scales, OUTPUT_ZERO_POINT, context.threads
            )
        else:
            product = pytorch.IntMM(p.x, p.w, context.threads)
        return Entry("torch", product.call(), extra), product.run()

    def torch_float():
        from ..contenders import pytorch

        return (
            Entry("torch-f32", pytorch.FloatMM(p.x, p.w, context.threads).call()),
            None,
        )

    def iree():
        from ..contenders import iree

        extra = overhead(lambda: iree.overhead_ns(context.timer, context.cache))
        module = iree.Module(
            iree.compile_text(iree_text(p), context.cache), [p.x.view(np.int8)]
        )
        return Entry("iree", module.call(), extra), module.run()[0]

    add(OURS, lambda: ours(OURS, context.tools))
    if context.base:
        add("base", lambda: ours("base", context.base))
    for name, make in (("ort", ort), ("torch", torch), ("iree", iree)):
        if context.wants(name) and not (requantize and name == "iree"):
            add(name, make)
    if context.wants("torch") and not requantize:
        add("torch-f32", torch_float)
    return found


def compare(case: Case, p: Problem, requantize: bool, found: list) -> None:
    """Says of everyone how the outputs differ from the exact ones, or from ours."""
    expected = p.requantized() if requantize else p.product
    against = "numpy"
    if expected is None:
        against = found[0][0].name
        expected = found[0][1]
    for entry, output in found:
        if output is None or entry.name == against:
            continue
        difference = np.abs(output.astype(np.int64) - expected.astype(np.int64))
        case.note_difference(
            entry.name, difference, against, exact=not requantize or entry.name == OURS
        )


def run(context: Context) -> None:
    """All shapes, each in both forms."""
    shapes = json.loads(SHAPES.read_text())
    if context.quick:
        shapes = [{"m": 17, "n": 48, "k": 33}, {"m": 1, "n": 64, "k": 128}]
    for shape in shapes:
        p = Problem(**shape)
        for requantize in (False, True):
            suite = "gemm requantized" if requantize else "gemm"
            if not context.selected(suite, p.name):
                continue
            case = Case(suite, p.name, p.macs, p.bytes(requantize))
            context.note_absent(case, ["ort", "torch", "iree"])
            found = contenders(context, case, p, requantize)
            if not found:
                context.cases.append(case)
                continue
            compare(case, p, requantize, found)
            context.measure(case, [entry for entry, _ in found] + context.peak_entry())
