"""quant-opt itself: runs the tools and calls what they make, in this process."""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import pathlib
import re
import subprocess

import numpy as np

from .arrays import aligned
from .native import Call, address

C_TYPES = {
    "float": np.float32,
    "double": np.float64,
    "int8_t": np.int8,
    "uint8_t": np.uint8,
    "int16_t": np.int16,
    "int32_t": np.int32,
    "int64_t": np.int64,
    "bool": np.bool_,
    "_Bool": np.bool_,
}


class ToolFailed(Exception):
    """One of our tools did not succeed; the text is its first error."""


class Function:
    """A compiled model in a shared library, with buffers for its arguments."""

    def __init__(self, library: pathlib.Path, header: pathlib.Path):
        text = re.search(r"^void (\w+)\((.*?)\);", header.read_text(), re.S | re.M)
        if not text:
            raise ToolFailed(f"{header}: no function is declared")
        self._library = ctypes.CDLL(str(library))
        self._function = getattr(self._library, text.group(1))
        self.inputs: list[np.ndarray] = []
        self.outputs: list[np.ndarray] = []
        self.names: list[str] = []
        pattern = r"(const )?(\w+) \*(\w+) /\* ([\dx]*) ?\*/"
        for const, type_, name, shape in re.findall(pattern, text.group(2)):
            sizes = tuple(int(size) for size in shape.split("x") if size)
            buffer = aligned(sizes, C_TYPES[type_])
            (self.inputs if const else self.outputs).append(buffer)
            if const:
                self.names.append(name)

    def call(self) -> Call:
        buffers = self.inputs + self.outputs
        return Call(
            address(self._function),
            [b.ctypes.data for b in buffers],
            owners=[self, buffers],
        )

    def run(self) -> list[np.ndarray]:
        """Runs on what the input buffers hold; the results are the buffers."""
        buffers = self.inputs + self.outputs
        self._function(*(ctypes.c_void_p(b.ctypes.data) for b in buffers))
        return self.outputs

    def set_inputs(self, arrays: list[np.ndarray]) -> None:
        for buffer, array in zip(self.inputs, arrays, strict=True):
            if math.prod(array.shape) != buffer.size:
                raise ToolFailed(
                    f"an input of shape {array.shape} does not fit" f" {buffer.shape}"
                )
            buffer[...] = array.reshape(buffer.shape)


class Tools:
    """The tools of one build, with a cache of what they made: of the same input with
    the same tools they make the same bytes."""

    def __init__(
        self,
        build: pathlib.Path,
        cache: pathlib.Path,
        threads: int = 1,
        features: str = "",
    ):
        self.bin = build / "bin"
        #: Of the processor, added and left out, as the tools read them.
        self.features = [f"--features={features}"] if features else []
        self.cache = cache
        self.threads = threads
        for tool in ("quant-opt", "quant-compile", "quant-run"):
            if not (self.bin / tool).exists():
                raise ToolFailed(
                    f"no {tool} in '{self.bin}': build it"
                    " (utils/build.sh), or say --quant-opt-build=DIR"
                )
        digest = hashlib.sha256()
        for tool in ("quant-opt", "quant-compile"):
            digest.update((self.bin / tool).read_bytes())
        self._tools_key = digest.hexdigest()
        help_ = subprocess.run(
            [str(self.bin / "quant-run"), "--help"], capture_output=True, text=True
        ).stdout
        self.can_profile = "--profile" in help_

    def _place(self, *parts: bytes) -> pathlib.Path:
        digest = hashlib.sha256(self._tools_key.encode())
        for part in parts:
            digest.update(hashlib.sha256(part).digest())
        return self.cache / "ours" / digest.hexdigest()[:24]

    def run(self, tool: str, *arguments: object) -> str:
        done = subprocess.run(
            [str(self.bin / tool), *map(str, arguments)], capture_output=True, text=True
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            errors = [line for line in lines if "error:" in line] or lines[-1:]
            raise ToolFailed(
                f"{tool}: exit status {done.returncode}: "
                + (errors[0] if errors else "")[:300]
            )
        return done.stderr

    def compile(self, model: pathlib.Path, *options: str) -> Function:
        """A model on disk, of any form, to a function in this process."""
        options = (*options, f"--threads={self.threads}", *self.features)
        place = self._place(model.read_bytes(), " ".join(options).encode())
        library, header = place / "model.so", place / "model.h"
        if not library.exists():
            place.mkdir(parents=True, exist_ok=True)
            self.run(
                "quant-compile",
                model,
                "--emit=so",
                "-o",
                library,
                f"--header={header}",
                *options,
            )
        return Function(library, header)

    def compile_text(self, text: str, *options: str) -> Function:
        place = self._place(text.encode())
        place.mkdir(parents=True, exist_ok=True)
        model = place / "model.mlir"
        model.write_text(text)
        return self.compile(model, *options)

    def profile(self, model: pathlib.Path, samples: pathlib.Path) -> list[dict]:
        """What `quant-run --profile` says of each operation."""
        features = " ".join(self.features).encode()
        place = self._place(model.read_bytes(), b"profile", features)
        place.mkdir(parents=True, exist_ok=True)
        result = place / "profile.json"
        self.run(
            "quant-run",
            model,
            f"--inputs={samples}",
            "--limit=1",
            "--profile",
            f"--json={result}",
            *self.features,
        )
        return json.loads(result.read_text())["profile"]

    def quantize(
        self, model: pathlib.Path, samples: pathlib.Path, config: pathlib.Path | None
    ) -> pathlib.Path:
        """The model's integer form, by `quant-opt --qopt-quantize`."""
        settings = config.read_bytes() if config else b""
        place = self._place(model.read_bytes(), samples.read_bytes(), settings)
        result = place / "int8.mlirbc"
        if not result.exists():
            place.mkdir(parents=True, exist_ok=True)
            options = f"calibration-data={samples}"
            if config:
                options += f" config={config}"
            self.run(
                "quant-opt",
                model,
                f"--qopt-quantize={options}",
                "--emit-bytecode",
                "-o",
                result,
            )
        return result
