"""What compiling costs: time and memory per byte of weights (compile_cost.py).

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
    """Measures the sizes that were asked for; kept as `compile` in the JSON file."""
    rows: list[dict] = []
    context.extra["compile"] = rows
    result = context.cache / "compile.json"
    result.unlink(missing_ok=True)
    command = [
        sys.executable,
        SCRIPT,
        f"--json={result}",
        f"--sizes={'1M' if context.quick else context.compile_sizes}",
        f"--quant-opt-build={context.tools.bin.parent}",
        f"--directory={context.cache / 'compile'}",
    ]
    pinned = os.sched_getaffinity(0)
    # Compilers may use what there is.
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, pinned)
        if result.exists():
            rows += json.loads(result.read_text())
    if done.returncode not in (0, 1) or not rows:
        context.warn(f"compile: exit status {done.returncode}")
