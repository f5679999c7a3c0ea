"""IREE: llvm-cpu for this processor, data tiling and microkernels on, one thread.

Called from Python through the virtual machine's own binding, with the lists of
arguments made beforehand.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import pathlib
import subprocess
import sys

import numpy as np

from ..native import Call, Timer

FLAGS = [
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-opt-level=O3",
    "--iree-opt-data-tiling",
    "--iree-llvmcpu-enable-ukernels=all",
    # Its limit of 32 KiB refuses some large layers.
    "--iree-llvmcpu-stack-allocation-limit=262144",
]
IDENTITY = (
    "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
)


class IreeError(Exception):
    """IREE refused; the text is its first error."""


def compile_text(text: str, cache: pathlib.Path) -> pathlib.Path:
    """Compiles a module, unless it is compiled already."""
    version = importlib.metadata.version("iree-base-compiler")
    key = " ".join([*FLAGS, version, text])
    place = cache / "iree" / hashlib.sha256(key.encode()).hexdigest()[:24]
    result = place.with_suffix(".vmfb")
    if not result.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        source = place.with_suffix(".mlir")
        source.write_text(text)
        tool = pathlib.Path(sys.executable).parent / "iree-compile"
        done = subprocess.run(
            [tool, source, *FLAGS, "-o", result], capture_output=True, text=True
        )
        source.unlink()
        if done.returncode != 0:
            raise IreeError((done.stderr.strip().splitlines() or ["?"])[0][:300])
    return result


class Module:
    """A compiled module and one function's arguments."""

    def __init__(self, binary: pathlib.Path, inputs: list[np.ndarray]):
        import iree.runtime as runtime

        self._runtime = runtime
        # local-sync runs everything on the calling thread.
        self._config = runtime.Config("local-sync")
        self._context = runtime.SystemContext(config=self._config)
        module = runtime.VmModule.mmap(self._config.vm_instance, str(binary))
        self._context.add_vm_module(module)
        names = [
            n
            for n in module.function_names
            if not n.startswith("__") and not n.endswith("$async")
        ]
        self._function = module.lookup_function(names[0])
        self.set_inputs(inputs)

    def set_inputs(self, inputs: list[np.ndarray]) -> None:
        runtime = self._runtime
        self._arguments = runtime.VmVariantList(len(inputs))
        self._held = [runtime.asdevicearray(self._config.device, x) for x in inputs]
        for array in self._held:
            self._arguments.push_ref(array._buffer_view)

    def _invoke(self):
        results = self._runtime.VmVariantList(1)
        self._context.vm_context.invoke(self._function, self._arguments, results)
        return results

    def call(self) -> Call:
        return Call(python=self._invoke, owners=[self])

    def run(self) -> list[np.ndarray]:
        runtime = self._runtime
        results = self._invoke()
        views = [
            results.get_as_object(i, runtime.HalBufferView) for i in range(results.size)
        ]
        return [
            np.asarray(
                runtime.DeviceArray(
                    self._config.device, view, implicit_host_transfer=True
                )
            )
            for view in views
        ]


def overhead_ns(timer: Timer, cache: pathlib.Path) -> float:
    """What calling a function takes that returns its argument."""
    module = Module(compile_text(IDENTITY, cache), [np.zeros(4, np.float32)])
    return min(timer.time(module.call(), 5.0))


def import_onnx(model: pathlib.Path) -> str:
    """An ONNX model as IREE's frontend writes it."""
    tool = pathlib.Path(sys.executable).parent / "iree-import-onnx"
    done = subprocess.run(
        [tool, model, "--opset-version", "17"], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise IreeError((done.stderr.strip().splitlines() or ["?"])[-1][:300])
    return done.stdout
