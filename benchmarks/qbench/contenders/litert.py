"""LiteRT with XNNPACK, which it uses by default.

The wheel's interpreter has no C entry that a program outside could call: the timing
loop calls the bound method of the binding, below the Python class.
"""

from __future__ import annotations

import contextlib
import os
import pathlib

import numpy as np

from ..native import Call, Timer


class Model:
    """An interpreter and its tensors. Inputs and outputs are f32: what a model stores
    as integers is converted, outside of what is timed."""

    def __init__(self, path: pathlib.Path, threads: int):
        with _quiet_stderr():
            from ai_edge_litert.interpreter import Interpreter

            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        self.inputs = self._interpreter.get_input_details()
        self.outputs = self._interpreter.get_output_details()

    def set_inputs(self, arrays: list[np.ndarray]) -> None:
        for detail, array in zip(self.inputs, arrays, strict=True):
            values = array.reshape(detail["shape"])
            scale, zero = detail["quantization"]
            if scale:
                limits = np.iinfo(detail["dtype"])
                values = np.clip(np.rint(values / scale) + zero, limits.min, limits.max)
            self._interpreter.set_tensor(
                detail["index"], values.astype(detail["dtype"])
            )

    def run(self) -> list[np.ndarray]:
        self._interpreter.invoke()
        results = []
        for detail in self.outputs:
            values = self._interpreter.get_tensor(detail["index"])
            scale, zero = detail["quantization"]
            if scale:
                values = (values.astype(np.float32) - zero) * np.float32(scale)
            results.append(values)
        return results

    def call(self) -> Call:
        return Call(python=self._interpreter._interpreter.Invoke, owners=[self])

    def overhead_ns(self, timer: Timer) -> float:
        """What another method of the same binding takes, that does nothing."""
        method = self._interpreter._interpreter.NumTensors
        try:
            method()
        except TypeError:  # Asks for a subgraph.
            bound, method = method, lambda: bound(0)
        return min(timer.time(Call(python=method), 5.0))


@contextlib.contextmanager
def _quiet_stderr():
    """The library says on standard error that it made the XNNPACK delegate."""
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
