"""What compiling costs: time and memory per byte of weights (compile_cost.py)."""

from __future__ import annotations

import compile_cost

from ..context import Context


def run(context: Context) -> None:
    """Measures the sizes that were asked for; kept as `compile` in the JSON file."""
    sizes = [compile_cost.parse_size(size)
             for size in context.extra["compile_sizes"].split(",") if size]
    if context.quick:
        sizes = [10**6]
    rows: list[dict] = []
    context.extra["compile"] = rows
    compile_cost.run(sizes, context.tools.bin, context.cache / "compile",
                     context.progress, rows=rows)
