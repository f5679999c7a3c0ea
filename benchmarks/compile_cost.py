#!/usr/bin/env python3
"""What compiling costs, as a function of the bytes of a model's weights and of its length.

Generates float models that differ in their weights only: the same number of layers,
each a matrix product with a bias and a relu, in the spelling of torch-mlir, with the
weights in resource blobs. Then times `quant-opt --qopt-quantize` and `quant-compile`
on each and reports the time and the peak memory above those of a tiny model of the
same graph, per byte of float weights.

With --layers, the models differ in the number of layers only, and what is reported is
the time per layer above that of the shortest one: the same in each line where the
time is linear.

usage: compile_cost.py [--sizes=10M,100M,1G | --layers=10,20,40,80] [--directory=DIR]
The standard library suffices. `run.py --only=compile` runs the same measurements.
"""

from __future__ import annotations

import argparse
import array
import dataclasses
import io
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

#: Rows of activations that pass through the model, and samples to calibrate on.
ROWS = 16
SAMPLES = 4
LAYERS = 10
#: Width of the model whose cost is the graph's own, and of those of --layers.
TINY_WIDTH = 64


def parse_size(text: str) -> int:
    """`10M`, `1G` or a plain number, in bytes (decimal prefixes)."""
    units = {"K": 10**3, "M": 10**6, "G": 10**9}
    unit = units.get(text[-1:].upper())
    return int(float(text[:-1]) * unit) if unit else int(text)


def width_for(weight_bytes: int) -> int:
    """The multiple of 32 whose square, LAYERS times in f32, is nearest."""
    return max(32, round(math.sqrt(weight_bytes / LAYERS / 4) / 32) * 32)


@dataclasses.dataclass
class Model:
    """A generated model on disk."""

    path: pathlib.Path
    calibration: pathlib.Path
    width: int
    layers: int = LAYERS

    @property
    def weight_bytes(self) -> int:
        return self.layers * self.width * self.width * 4


def normal_block(count: int) -> array.array:
    """`count` samples of the standard normal distribution, seeded."""
    generator = random.Random(4)
    return array.array("f", (generator.gauss(0.0, 1.0) for _ in range(count)))


def write_hex(file, block: array.array, width: int, layer: int) -> None:
    """The blob of one layer: its alignment, then width x width floats.

    Rows are cut from `block` at places that differ by row and by layer, so that no
    two blobs are equal, and scaled so that a relu layer keeps its input's variance.
    """
    scale = math.sqrt(2.0 / width)
    scaled = array.array("f", (value * scale for value in block))
    data = memoryview(scaled).cast("B")
    file.write("0x04000000")
    span = len(block) - width
    for row in range(width):
        start = 4 * ((row * 7919 + layer * 104729) % span)
        file.write(data[start : start + 4 * width].hex())


def write_model_text(path: pathlib.Path, width: int, layers: int = LAYERS) -> None:
    """The model as MLIR text, its blobs at the end in hexadecimal."""
    activation = f"tensor<{ROWS}x{width}xf32>"
    weight = f"tensor<{width}x{width}xf32>"
    bias = f"tensor<{width}xf32>"
    rows = "affine_map<(d0, d1) -> (d0, d1)>"
    columns = "affine_map<(d0, d1) -> (d1)>"
    parallel = '["parallel", "parallel"]'
    block = normal_block(max(1 << 18, 4 * width))
    with open(path, "w") as file:
        file.write(f"func.func @chain(%input: {activation}) -> {activation} {{\n")
        file.write("  %zero = arith.constant 0.0 : f32\n")
        file.write(f"  %empty = tensor.empty() : {activation}\n")
        file.write(
            f"  %start = linalg.fill ins(%zero : f32) outs(%empty : {activation})"
            f" -> {activation}\n"
        )
        value = "%input"
        for i in range(layers):
            file.write(
                f"  %w{i} = arith.constant dense_resource<w{i}> : {weight}\n"
                f"  %b{i} = arith.constant dense_resource<b{i}> : {bias}\n"
                f"  %m{i} = linalg.matmul ins({value}, %w{i} : {activation}, {weight})"
                f" outs(%start : {activation}) -> {activation}\n"
                f"  %y{i} = linalg.generic {{indexing_maps = [{rows}, {columns}, {rows}],"
                f" iterator_types = {parallel}}} ins(%m{i}, %b{i} : {activation}, {bias})"
                f" outs(%empty : {activation}) {{\n"
                "  ^bb0(%x: f32, %b: f32, %o: f32):\n"
                "    %s = arith.addf %x, %b : f32\n"
                "    %c = arith.cmpf ugt, %s, %zero : f32\n"
                "    %r = arith.select %c, %s, %zero : f32\n"
                "    linalg.yield %r : f32\n"
                f"  }} -> {activation}\n"
            )
            value = f"%y{i}"
        file.write(f"  return {value} : {activation}\n}}\n")
        file.write("{-# dialect_resources: { builtin: {\n")
        for i in range(layers):
            file.write(f'  w{i}: "')
            write_hex(file, block, width, i)
            small = array.array("f", (0.1 * v for v in block[i * 31 : i * 31 + width]))
            file.write(f'",\n  b{i}: "0x04000000{small.tobytes().hex()}"')
            file.write(",\n" if i + 1 < layers else "\n")
        file.write("} } #-}\n")


def write_samples(path: pathlib.Path, width: int) -> None:
    """SAMPLES samples of the input, as an .npz without numpy."""
    block = normal_block(1 << 16)
    values = array.array("f")
    while len(values) < SAMPLES * ROWS * width:
        values.extend(block)
    shape = (SAMPLES, ROWS, width)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    padding = -(10 + len(header) + 1) % 64
    header += " " * padding + "\n"
    npy = io.BytesIO()
    npy.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
    npy.write(header.encode())
    npy.write(memoryview(values).cast("B")[: SAMPLES * ROWS * width * 4])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("input0.npy", npy.getvalue())


def generate(
    directory: pathlib.Path,
    width: int,
    tools: pathlib.Path,
    text: bool = False,
    layers: int = LAYERS,
) -> Model:
    """Writes (or finds) the model of this width: bytecode, as frontends ship it,
    or `text`."""
    directory.mkdir(parents=True, exist_ok=True)
    name = f"chain-{width}" + (f"-{layers}" if layers != LAYERS else "")
    path = directory / f"{name}.{'mlir' if text else 'mlirbc'}"
    calibration = directory / f"chain-{width}.npz"
    if not calibration.exists():
        write_samples(calibration, width)
    if not path.exists():
        source = directory / f"{name}.part.mlir"
        write_model_text(source, width, layers)
        if not text:
            part = directory / f"{name}.part.mlirbc"
            subprocess.run(
                [tools / "quant-opt", source, "--emit-bytecode", "-o", part], check=True
            )
            source.unlink()
            source = part
        source.rename(path)
    return Model(path, calibration, width, layers)


@dataclasses.dataclass
class Cost:
    """What one process took."""

    seconds: float
    #: Of the processor: on a busy machine the time that means more.
    cpu_seconds: float
    peak_bytes: int
    #: Peak of the memory that no file backs, sampled every few milliseconds.
    anonymous_bytes: int


class CommandFailed(Exception):
    """A command did not succeed; the text says which and shows its errors."""


def measure(command: list) -> Cost:
    """Runs a command and takes its wall time and its peak resident memory."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=errors
        )
        anonymous = 0
        done = threading.Event()

        def watch() -> None:
            nonlocal anonymous
            while not done.wait(0.005):
                try:
                    with open(f"/proc/{process.pid}/status") as status:
                        for line in status:
                            if line.startswith("RssAnon"):
                                anonymous = max(anonymous, int(line.split()[1]) * 1024)
                except (OSError, ValueError):
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        watcher.join()
        if process.returncode != 0:
            errors.seek(0)
            tail = errors.read().decode(errors="replace").strip().splitlines()[-3:]
            raise CommandFailed(
                f"{' '.join(str(part) for part in command)}: exit status "
                f"{process.returncode}\n" + "\n".join(tail)
            )
    return Cost(
        seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, anonymous
    )


def steps(model: Model, tools: pathlib.Path, work: pathlib.Path) -> list:
    """(name, command) of what is measured, each on what the one before wrote."""
    quantized = work / f"chain-{model.width}.int8.mlirbc"
    return [
        (
            "parse",
            [
                tools / "quant-opt",
                model.path,
                "--emit-bytecode",
                "-o",
                work / "copy.mlirbc",
            ],
        ),
        (
            "quant-compile float",
            [tools / "quant-compile", model.path, "--emit=obj", "-o", work / "float.o"],
        ),
        (
            "quant-opt",
            [
                tools / "quant-opt",
                model.path,
                f"--qopt-quantize=calibration-data={model.calibration}",
                "--emit-bytecode",
                "-o",
                quantized,
            ],
        ),
        (
            "quant-compile int8",
            [tools / "quant-compile", quantized, "--emit=obj", "-o", work / "int8.o"],
        ),
    ]


def best_of(command: list, repeat: int) -> Cost:
    """The least of each cost in `repeat` runs."""
    costs = [measure(command) for _ in range(repeat)]
    return Cost(
        min(c.seconds for c in costs),
        min(c.cpu_seconds for c in costs),
        min(c.peak_bytes for c in costs),
        min(c.anonymous_bytes for c in costs),
    )


def run(
    sizes: list[int],
    tools: pathlib.Path,
    directory: pathlib.Path,
    say=lambda text: None,
    repeat: int = 1,
    text: bool = False,
    only: str = "",
    keep=lambda rows: None,
) -> list[dict]:
    """Measures every step for every size. One dictionary per size and step:
    weight_bytes, step, seconds, peak_bytes, and those above the tiny model's, per
    weight byte; or `error`. `keep` sees the rows after each size."""
    rows: list[dict] = []
    own: dict[str, Cost] = {}
    for size in [0] + sizes:
        width = width_for(size) if size else TINY_WIDTH
        say(f"chain of {LAYERS} products {width}x{width}: generating")
        model = generate(directory, width, tools, text)
        with tempfile.TemporaryDirectory(dir=directory) as work:
            for name, command in steps(model, tools, pathlib.Path(work)):
                # A step that others need runs whether or not it is asked for.
                if only and only not in name and name != "quant-opt":
                    continue
                say(f"chain of {LAYERS} products {width}x{width}: {name}")
                row = {
                    "weight_bytes": model.weight_bytes,
                    "width": width,
                    "step": name,
                    "graph_only": size == 0,
                }
                try:
                    best = best_of(command, repeat if size else max(2, repeat))
                except CommandFailed as failure:
                    row["error"] = str(failure)
                    rows.append(row)
                    if name == "quant-opt":
                        break
                    continue
                if size == 0:
                    own[name] = best
                row.update(dataclasses.asdict(best))
                base = own.get(name)
                if size and base:
                    bytes_ = model.weight_bytes
                    row["seconds_per_gb"] = (best.seconds - base.seconds) / bytes_ * 1e9
                    row["cpu_seconds_per_gb"] = (
                        (best.cpu_seconds - base.cpu_seconds) / bytes_ * 1e9
                    )
                    row["peak_per_byte"] = (best.peak_bytes - base.peak_bytes) / bytes_
                    row["anonymous_per_byte"] = (
                        best.anonymous_bytes - base.anonymous_bytes
                    ) / bytes_
                rows.append(row)
        keep(rows)
    return rows


def run_lengths(
    lengths: list[int],
    tools: pathlib.Path,
    directory: pathlib.Path,
    say=lambda text: None,
    repeat: int = 1,
    text: bool = False,
    only: str = "",
    keep=lambda rows: None,
) -> list[dict]:
    """Measures every step for every number of layers, of TINY_WIDTH. One dictionary per
    length and step: layers, step, seconds, cpu_seconds, peak_bytes, and
    cpu_seconds_per_layer above the shortest; or `error`."""
    rows: list[dict] = []
    shortest: dict[str, dict] = {}
    for layers in sorted(lengths):
        model = generate(directory, TINY_WIDTH, tools, text, layers)
        with tempfile.TemporaryDirectory(dir=directory) as work:
            for name, command in steps(model, tools, pathlib.Path(work)):
                # A step that others need runs whether or not it is asked for.
                if only and only not in name and name != "quant-opt":
                    continue
                say(f"chain of {layers} products: {name}")
                row = {"layers": layers, "step": name}
                rows.append(row)
                try:
                    row.update(dataclasses.asdict(best_of(command, repeat)))
                except CommandFailed as failure:
                    row["error"] = str(failure)
                    if name == "quant-opt":
                        break
                    continue
                least = shortest.setdefault(name, row)
                if least is not row:
                    row["cpu_seconds_per_layer"] = (
                        row["cpu_seconds"] - least["cpu_seconds"]
                    ) / (layers - least["layers"])
        keep(rows)
    return rows


LENGTH_HEADER = [
    "step",
    "layers",
    "seconds",
    "CPU s",
    "peak MB",
    "CPU ms/layer above",
]


def length_table(rows: list[dict]) -> list[list[str]]:
    """One line per step and length, under LENGTH_HEADER."""
    lines = []
    for row in sorted(rows, key=lambda r: (r["step"], r["layers"])):
        line = [row["step"], str(row["layers"])]
        if "error" in row:
            lines.append([*line, row["error"].splitlines()[0], "", "", ""])
            continue
        above = row.get("cpu_seconds_per_layer")
        lines.append(
            [
                *line,
                f"{row['seconds']:.2f}",
                f"{row['cpu_seconds']:.2f}",
                f"{row['peak_bytes'] / 1e6:.0f}",
                "" if above is None else f"{above * 1e3:.1f}",
            ]
        )
    return lines


HEADER = [
    "step",
    "weights MB",
    "seconds",
    "CPU s",
    "peak MB",
    "s/GB above",
    "CPU s/GB",
    "bytes/byte above",
    "of these anonymous",
]


def table(rows: list[dict]) -> list[list[str]]:
    """One line per step and size, under HEADER."""
    lines = []
    for row in sorted(rows, key=lambda r: (r["step"], r["weight_bytes"])):
        line = [row["step"], f"{row['weight_bytes'] / 1e6:.1f}"]
        if "error" in row:
            lines.append(
                [*line, row["error"].splitlines()[0], *[""] * (len(HEADER) - 3)]
            )
            continue
        line += [
            f"{row['seconds']:.2f}",
            f"{row['cpu_seconds']:.2f}",
            f"{row['peak_bytes'] / 1e6:.0f}",
        ]
        keys = (
            "seconds_per_gb",
            "cpu_seconds_per_gb",
            "peak_per_byte",
            "anonymous_per_byte",
        )
        line += [f"{row[key]:.2f}" if key in row else "" for key in keys]
        lines.append(line)
    return lines


def format_table(lines: list[list[str]]) -> str:
    """The lines in columns."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:])),
            ]
        ).rstrip()
        for line in lines
    )


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--sizes",
        default="10M,100M,1G",
        help="bytes of float weights, e.g. 10M,100M,1G (default)",
    )
    parser.add_argument(
        "--quant-opt-build",
        default=str(root.parent / "build"),
        metavar="DIR",
        help="where the tools are built (default: build)",
    )
    parser.add_argument(
        "--directory",
        default=str(root / ".cache" / "compile"),
        metavar="DIR",
        help="where the models go, and stay",
    )
    parser.add_argument(
        "--layers",
        metavar="N,N,...",
        help="measure by length instead: models of so many layers, e.g. 10,20,40,80",
    )
    parser.add_argument("--generate-only", action="store_true")
    parser.add_argument(
        "--text", action="store_true", help="models as text instead of bytecode"
    )
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument(
        "--step",
        default="",
        metavar="NAME",
        help="only steps whose name has this, e.g. int8",
    )
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()

    tools = pathlib.Path(options.quant_opt_build) / "bin"
    if not (tools / "quant-opt").exists():
        print(
            f"error: no quant-opt in '{tools}': build it, or say --quant-opt-build",
            file=sys.stderr,
        )
        return 1
    directory = pathlib.Path(options.directory)
    sizes = [parse_size(size) for size in options.sizes.split(",") if size]
    lengths = [int(length) for length in (options.layers or "").split(",") if length]
    if lengths:
        sizes = []
    needed = 3 * max(sizes, default=0) + 10**8
    directory.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(directory).free < needed:
        print(
            f"error: '{directory}' has less than {needed / 1e9:.1f} GB left",
            file=sys.stderr,
        )
        return 1
    terminal = sys.stderr.isatty()

    def say(text: str) -> None:
        print(
            f"\r\033[K{text}" if terminal else text,
            end="" if terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def keep(rows: list[dict]) -> None:
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))

    if options.generate_only:
        for size in sizes:
            model = generate(directory, width_for(size), tools, options.text)
            print(model.path, model.calibration)
        for length in lengths:
            model = generate(directory, TINY_WIDTH, tools, options.text, length)
            print(model.path, model.calibration)
        return 0
    common = [tools, directory, say, options.repeat, options.text, options.step, keep]
    try:
        rows = run_lengths(lengths, *common) if lengths else run(sizes, *common)
    except KeyboardInterrupt:
        return 130
    if terminal:
        print("\r\033[K", end="", file=sys.stderr)
    if lengths:
        lines = [LENGTH_HEADER, *length_table(rows)]
    else:
        lines = [HEADER, *table(rows)]
    print(format_table(lines))
    return 1 if any("error" in row for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
