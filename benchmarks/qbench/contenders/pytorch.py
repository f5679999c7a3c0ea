"""PyTorch, whose integer products are oneDNN's.

Called from Python: the timing loop calls a `functools.partial`, and what PyTorch takes
for the call itself is measured on the smallest product it accepts.
"""

from __future__ import annotations

import functools

import numpy as np

from ..native import Call, Timer


def setup(threads: int):
    """Imports PyTorch with so many threads."""
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    return torch


class IntMM:
    """`torch._int_mm`: i8 x i8 to i32, without a word about zero points."""

    def __init__(self, x: np.ndarray, w: np.ndarray, threads: int):
        torch = setup(threads)
        self._x = torch.from_numpy(x.view(np.int8))
        self._w = torch.from_numpy(w)
        self._y = torch.empty(x.shape[0], w.shape[1], dtype=torch.int32)
        self._function = functools.partial(torch._int_mm, self._x, self._w, out=self._y)

    def call(self) -> Call:
        return Call(python=self._function, owners=[self])

    def run(self) -> np.ndarray:
        self._function()
        return self._y.numpy()


class QLinear:
    """oneDNN's product with weights packed beforehand and a requantized result, as
    PyTorch's compiler calls it: u8 x s8 per channel to u8."""

    def __init__(
        self,
        x: np.ndarray,
        zero_point: int,
        w: np.ndarray,
        scales: np.ndarray,
        output_zero_point: int,
        threads: int,
    ):
        torch = setup(threads)
        ops = torch.ops.onednn
        packed = ops.qlinear_prepack(
            torch.from_numpy(np.ascontiguousarray(w.T)), list(x.shape)
        )
        self._function = functools.partial(
            ops.qlinear_pointwise.default,
            torch.from_numpy(x),
            1.0,
            zero_point,
            packed,
            torch.from_numpy(scales),
            torch.zeros(w.shape[1], dtype=torch.int32),
            None,
            1.0,
            output_zero_point,
            torch.uint8,
            "none",
            [],
            "",
        )

    def call(self) -> Call:
        return Call(python=self._function, owners=[self])

    def run(self) -> np.ndarray:
        return self._function().numpy()


class QConv:
    """oneDNN's convolution, as PyTorch's compiler calls it: channels innermost, u8 x
    s8 per channel with a bias to u8. `layer` is one of the suite `conv`."""

    def __init__(self, layer, zero_point: int, output_zero_point: int, threads: int):
        torch = setup(threads)
        ops = torch.ops.onednn
        x = torch.from_numpy(layer.x).permute(0, 3, 1, 2)
        weights = np.ascontiguousarray(layer.w.transpose(3, 2, 0, 1))
        scales = torch.from_numpy(layer.scales)
        zeros = torch.zeros(layer.f, dtype=torch.int32)
        geometry = [
            [layer.stride] * 2,
            [layer.pad] * 2,
            [layer.dilation] * 2,
            layer.groups,
        ]
        packed = ops.qconv_prepack(
            torch.from_numpy(weights), scales, 1.0, zero_point, *geometry, list(x.shape)
        )
        # The bias is in real numbers.
        bias = torch.from_numpy(layer.bias.astype(np.float32) * layer.scales)
        self._function = functools.partial(
            ops.qconv_pointwise.default,
            x,
            1.0,
            zero_point,
            packed,
            scales,
            zeros,
            bias,
            *geometry,
            1.0,
            output_zero_point,
            torch.uint8,
            "none",
            [],
            "",
        )

    def call(self) -> Call:
        return Call(python=self._function, owners=[self])

    def run(self) -> np.ndarray:
        return self._function().permute(0, 2, 3, 1).contiguous().numpy()


class FloatMM:
    """The same product in f32, for reference."""

    def __init__(self, x: np.ndarray, w: np.ndarray, threads: int):
        torch = setup(threads)
        self._function = functools.partial(
            torch.mm,
            torch.from_numpy(x.astype(np.float32)),
            torch.from_numpy(w.astype(np.float32)),
            out=torch.empty(x.shape[0], w.shape[1]),
        )

    def call(self) -> Call:
        return Call(python=self._function, owners=[self])


def overhead_ns(timer: Timer, requantize: bool, threads: int) -> float:
    """What the call takes for a product that is next to nothing."""
    x, w = np.zeros((17, 8), np.uint8), np.zeros((8, 8), np.int8)
    if requantize:
        tiny = QLinear(x, 0, w, np.ones(8, np.float32), 0, threads)
    else:
        tiny = IntMM(x, w, threads)
    return min(timer.time(tiny.call(), 5.0))
