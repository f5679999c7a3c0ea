"""Runs a model as one function and as several, and compares the bytes of outputs.

compare-parts.py TOOLS FOLDER MODEL SAMPLES [--operations=N] [--lower=OPTIONS]

The expected outputs are those of quant-run, for which MODEL is short enough to be one
function. MODEL has one input and one output.
"""

import argparse
import ctypes
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, sys.path[0] + "/../../Inputs")
import npz

parser = argparse.ArgumentParser()
parser.add_argument("tools", type=pathlib.Path)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("model")
parser.add_argument("samples")
parser.add_argument("--operations", type=int, default=100)
parser.add_argument("--lower", default="", help="more options of --qopt-lower-to-cpu")
options = parser.parse_args()


def tool(name, *arguments):
    return subprocess.run([options.tools / name, *arguments], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def lower(operations, path):
    """The number of parts in the lowered module, and the function's name."""
    flags = f"function-operations={operations} {options.lower}"
    tool("quant-opt", options.model, f"--qopt-lower-to-cpu={flags}", "-o", path)
    text = path.read_text()
    entry = re.search(r"llvm\.func @(\w+)\(.*\{$", text, re.MULTILINE).group(1)
    return len(re.findall(rf"llvm\.func internal @{entry}_part\d+\(", text)), entry


def rows(path, name=None):
    """The bytes of each sample of the array `name`, or of the only one."""
    arrays = [a for a in npz.read(path) if name in (None, a[0])]
    (_, _, shape, data), = arrays
    size = len(data) // shape[0]
    return arrays[0][0], [data[i * size : (i + 1) * size] for i in range(shape[0])]


expected = options.folder / "expected.npz"
tool("quant-run", options.model, f"--inputs={options.samples}", f"--outputs={expected}")
if lower(10**9, options.folder / "whole.mlir")[0] != 0:
    sys.exit(f"{options.model} is split where functions may be of any length")
split, library = options.folder / "split.mlir", options.folder / "split.so"
parts, entry = lower(options.operations, split)
if parts < 2:
    sys.exit(f"{options.model} is not split by {options.operations} operations")
tool("quant-compile", split, "--emit=so", "-o", library)
function = getattr(ctypes.CDLL(str(library.resolve())), entry)
_, wanted = rows(expected)
_, inputs = rows(options.samples, "x")
for number, (data, output) in enumerate(zip(inputs, wanted)):
    # malloc aligns them enough for any element type.
    result = ctypes.create_string_buffer(len(output))
    function(ctypes.create_string_buffer(data, len(data)), result)
    if result.raw != output:
        sys.exit(f"{options.model}: sample {number} has other bytes in {parts} parts")
print(f"{len(wanted)} samples are equal in {parts} parts")
