"""The roofline: what each layer attains, beside what the core could do.

Operations per second against operations per byte, both logarithmic. The roofs are the
register-only loop and the bandwidths that the run measured. A layer can lie above the
roof of the main memory, since what it reads may lie in a cache.
"""

from __future__ import annotations

import pathlib

OURS_COLOR = "#1f5fa8"
PEER_COLOR = "#c8502b"
MARKERS = {"gemm": "o", "gemm requantized": "s", "conv": "^"}
PROFILE_MARKERS = ["D", "v", "P", "X", "*", "<", ">"]


def points(value: dict) -> list[dict]:
    """Cases that count operations and bytes: ours, and the fastest peer."""
    found = []
    for case in value["cases"]:
        if not case.get("macs") or not case.get("bytes"):
            continue
        peers = {
            name: timing["fastest_ns"]
            for name, timing in case["timings"].items()
            if name not in ("ours", "peak") and not name.endswith("f32")
        }
        ours = case["timings"].get("ours")
        operations = 2 * case["macs"]
        found.append(
            {
                "suite": case["suite"],
                "name": case["case"],
                "intensity": operations / case["bytes"],
                "ours": operations / ours["fastest_ns"] if ours else None,
                "peer": operations / min(peers.values()) if peers else None,
            }
        )
    return found


def profile_points(value: dict) -> dict[str, list[tuple[float, float]]]:
    """Model -> (intensity, GOPS) of each operation that multiplies."""
    found = {}
    for model, rows in value.get("profiles", {}).items():
        found[model] = [
            (2 * row["macs"] / row["bytes"], 2 * row["macs"] / row["ns"])
            for row in rows
            if row.get("macs") and row.get("bytes") and row.get("ns")
        ]
    return {model: dots for model, dots in found.items() if dots}


def roofs(value: dict) -> list[tuple[str, float]]:
    """(label, GB/s), the fastest of each kind of memory."""
    rates = [
        (int(size), rate)
        for size, rate in value["machine"]["peak"]["read_gb_per_s"].items()
    ]

    def label(size: int) -> str:
        return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"

    chosen = []
    for size, rate in sorted(rates):
        # Working sets in the same level are about as fast: one line for them.
        if chosen and rate > 0.7 * chosen[-1][1]:
            continue
        chosen.append((f"{label(size)} {rate:.0f} GB/s", rate))
    return chosen


def plot(value: dict, path: pathlib.Path) -> None:
    """Draws the plot; the format is that of the file's name."""
    import matplotlib

    matplotlib.use("Agg")
    # Text stays text, and the same figures give the same file.
    matplotlib.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "roofline",
            "font.size": 9,
            "font.family": "sans-serif",
        }
    )
    from matplotlib import pyplot

    cases, profiles = points(value), profile_points(value)
    panels = []
    if profiles:
        dots = [dot for found in profiles.values() for dot in found]
        panels.append(
            (
                "layers of models in int8",
                dots,
                lambda axes: draw_profiles(axes, profiles),
            )
        )
    if cases:
        dots = [
            (p["intensity"], p[who])
            for p in cases
            for who in ("ours", "peer")
            if p[who]
        ]
        panels.append(("single layers", dots, lambda axes: draw_cases(axes, cases)))
    if not panels:
        raise ValueError("nothing to plot: no case counts its operations")
    figure, all_axes = pyplot.subplots(
        len(panels), squeeze=False, figsize=(8.5, 5.2 * len(panels))
    )
    machine = value["machine"]
    for axes, (title, dots, draw) in zip(all_axes[:, 0], panels):
        prepare(axes, dots, machine["peak"].get("int8_gops"))
        axes.set_title(
            f"{title}: {machine['cpu']}, one core, {machine['date'][:10]}", fontsize=9
        )
        draw(axes)
        axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    for axes in all_axes[:, 0]:
        draw_roofs(axes, value)  # Labels follow the slope, which the layout decides.
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(part, metadata=metadata, dpi=150)
    pyplot.close(figure)
    part.replace(path)


def prepare(axes, dots: list[tuple[float, float]], peak: float | None) -> None:
    """Axes that hold these dots and the peak."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(x for x, _ in dots) / 2, max(x for x, _ in dots) * 2)
    axes.set_ylim(
        min(y for _, y in dots) / 2, max([peak or 0, *(y for _, y in dots)]) * 1.8
    )
    axes.set_xlabel("operations per byte of operands and results")
    axes.set_ylabel("GOPS (a multiply-add is two)")
    axes.grid(True, which="major", linewidth=0.4, alpha=0.5)


def draw_profiles(axes, profiles: dict[str, list[tuple[float, float]]]) -> None:
    """Every layer of every model, by what `quant-run --profile` counted."""
    for i, (model, dots) in enumerate(profiles.items()):
        axes.plot(
            *zip(*dots),
            PROFILE_MARKERS[i % len(PROFILE_MARKERS)],
            color=f"C{i % 10}",
            markersize=5.5,
            fillstyle="none",
            label=model,
        )


def draw_roofs(axes, value: dict) -> None:
    """The peak, and a slope for each level of memory."""
    left, right = axes.get_xlim()
    low, top = axes.get_ylim()
    peak = value["machine"]["peak"].get("int8_gops")
    if peak:
        instruction = value["machine"]["peak"]["int8_instruction"]
        axes.axhline(peak, color="black", linewidth=1.2)
        axes.text(
            left * 1.1, peak * 1.06, f"{instruction}: {peak:.0f} GOPS", fontsize=8
        )
    for label, rate in roofs(value):
        end = min(right, (peak or top) / rate)
        axes.plot([left, end], [left * rate, end * rate], color="gray", linewidth=0.9)
        # Beside the line, where it enters the picture.
        x = max(left, low / rate) * 1.15
        if x * rate < (peak or top) * 0.4:
            axes.text(
                x,
                x * rate * 1.12,
                label,
                fontsize=7,
                color="dimgray",
                rotation=slope_angle(axes),
                rotation_mode="anchor",
            )


def slope_angle(axes) -> float:
    """How steep a line of slope one is drawn, in degrees."""
    import math

    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    box = axes.get_window_extent()
    per_decade = (box.width / math.log10(x1 / x0), box.height / math.log10(y1 / y0))
    return math.degrees(math.atan2(per_decade[1], per_decade[0]))


def draw_cases(axes, cases: list[dict]) -> None:
    """Ours filled, the fastest peer hollow, a thin line between the two."""
    named: set[str] = set()
    for case in cases:
        marker = MARKERS.get(case["suite"], "o")
        x = case["intensity"]
        if case["ours"] and case["peer"]:
            axes.plot(
                [x, x],
                [case["ours"], case["peer"]],
                color="lightgray",
                linewidth=0.8,
                zorder=1,
            )
        for who, color, fill in (
            ("peer", PEER_COLOR, "none"),
            ("ours", OURS_COLOR, "full"),
        ):
            if not case[who]:
                continue
            label = f"{case['suite']}, {'quant-opt' if who == 'ours' else 'best peer'}"
            axes.plot(
                x,
                case[who],
                marker,
                color=color,
                fillstyle=fill,
                markersize=5,
                label=None if label in named else label,
            )
            named.add(label)
