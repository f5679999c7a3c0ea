"""Compares the peak memory of compiling two models that differ in their weights only.

usage: compile-memory.py FOLDER QUANT_OPT QUANT_COMPILE

Large weights cost the file that they come in, which is mapped into memory, and one copy
in the order of the generated code: two bytes for each byte of float weights. The slack
is for what a machine maps and allocates differently from run to run.
"""

import os
import subprocess
import sys

LAYERS = 5
WIDTHS = (64, 1024)
#: step -> bytes above those of the small model, at most, per byte of float weights
ALLOWED = {"quantize": 2.5, "float": 2.5, "int8": 1.0}


def peak(command):
    """Runs the command and returns its largest resident set in bytes."""
    pid = os.spawnvp(os.P_NOWAIT, command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: status {status}")
    return usage.ru_maxrss * 1024


folder, quant_opt, quant_compile = sys.argv[1:]
generator = os.path.join(os.path.dirname(__file__), "..", "..", "Inputs", "products.py")
peaks = {}
for width in WIDTHS:
    name = f"{folder}/{width}"
    arguments = [str(LAYERS), str(width), f"{name}.mlir", f"{name}.npz"]
    subprocess.run([sys.executable, generator, *arguments], check=True)
    bytecode = [f"{name}.mlir", "--emit-bytecode", "-o", f"{name}.mlirbc"]
    subprocess.run([quant_opt, *bytecode], check=True)
    os.remove(f"{name}.mlir")
    quantize = f"--qopt-quantize=calibration-data={name}.npz"
    object_file = ["--emit=obj", "-o", f"{name}.o"]
    peaks[width] = {
        "quantize": peak(
            [quant_opt, f"{name}.mlirbc", quantize, "--emit-bytecode", "-o", f"{name}.int8"]
        ),
        "float": peak([quant_compile, f"{name}.mlirbc", *object_file]),
        "int8": peak([quant_compile, f"{name}.int8", *object_file]),
    }

weights = 4 * LAYERS * (WIDTHS[1] ** 2 - WIDTHS[0] ** 2)
exceeded = False
for step, allowed in ALLOWED.items():
    cost = (peaks[WIDTHS[1]][step] - peaks[WIDTHS[0]][step]) / weights
    print(f"{step}: {cost:.2f} bytes per byte of weights, at most {allowed}")
    exceeded |= cost > allowed
sys.exit(exceeded)
