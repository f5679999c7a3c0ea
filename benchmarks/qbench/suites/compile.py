"""What compiling costs: time and memory per byte of weights, and time per layer
(compile_cost.py).

In a process of its own: the peak memory that the system reports of a child is at
least that of the process that started it, and this one holds the peers.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from ..context import Context

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "compile_cost.py"


def run(context: Context) -> None:
    """Measures the sizes that were asked for, and a series of lengths; kept as
    `compile` and `compile_lengths` in the JSON file."""
    sizes = "1M" if context.quick else context.compile_sizes
    lengths = "2,4" if context.quick else "10,20,40,80,160"
    # Compilers may use what there is.
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        context.extra["compile"] = measure(context, f"--sizes={sizes}")
        context.extra["compile_lengths"] = measure(context, f"--layers={lengths}")
    finally:
        os.sched_setaffinity(0, pinned)


def measure(context: Context, what: str) -> list[dict]:
    """The rows that the script writes for one series."""
    result = context.cache / "compile.json"
    result.unlink(missing_ok=True)
    command = [
        sys.executable,
        SCRIPT,
        f"--json={result}",
        what,
        f"--quant-opt-build={context.tools.bin.parent}",
        f"--directory={context.cache / 'compile'}",
    ]
    done = subprocess.run(command, stdout=subprocess.DEVNULL)
    rows = json.loads(result.read_text()) if result.exists() else []
    if done.returncode not in (0, 1) or not rows:
        context.warn(f"compile {what}: exit status {done.returncode}")
    return rows
