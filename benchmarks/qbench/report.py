"""Tables for the terminal and for Markdown, and the JSON file."""

from __future__ import annotations

import json
import math
import os
import pathlib

import compile_cost

from .context import OURS, Case, Context

GOALS = pathlib.Path(__file__).resolve().parent.parent / "goals.json"
#: Between these lines of a document are figures that --markdown replaces.
MARK_BEGIN = "<!-- figures, by run.py --markdown -->"
MARK_END = "<!-- end of figures -->"
#: Behind a ratio: below the floor, between floor and goal, at the goal.
MARKS = {"below": " ▼", "floor": " ✓", "goal": " ★"}
TITLES = {
    "gemm": "GEMM, u8 × s8 to i32 (M×N×K)",
    "gemm requantized": "GEMM, u8 × s8, requantized per column to u8 (M×N×K)",
    "conv": "Convolutions, u8 × s8 per channel, requantized to u8",
    "models": "Models, int8",
    "float": "Models, float",
}


def load_goals() -> dict:
    return json.loads(GOALS.read_text())


def goals_of(goals: dict, case: Case) -> dict[str, list]:
    """Contender -> [floor, goal] for a case; those of "*" hold for all."""
    suite = goals.get(case.suite, {})
    return {**suite.get("*", {}), **suite.get(case.name, {})}


def judge(ratio: float | None, bounds: list | None) -> str:
    """Which of MARKS a ratio deserves, or nothing. Compared as printed."""
    if ratio is None or not bounds:
        return ""
    floor, goal = bounds
    if goal is not None and round(ratio, 2) >= goal:
        return "goal"
    return "floor" if round(ratio, 2) >= floor else "below"


def contenders_of(cases: list[Case]) -> list[str]:
    """Everyone in these cases besides ours, in the order of appearance."""
    names: dict[str, None] = {}
    for case in cases:
        for name in [*case.timings, *case.absent]:
            if name != OURS:
                names.setdefault(name)
    return sorted(names, key=lambda name: name != "peak")


def number(value: float) -> str:
    """Three digits."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.{2 if value < 10 else 1}f}"


def rows_of(cases: list[Case], goals: dict) -> tuple[list[str], list[list[str]]]:
    """Header and lines of one suite's table."""
    others = contenders_of(cases)
    header = ["case"]
    header += ["of peak" if o == "peak" else f"× {o}" for o in others]
    header += ["floor", "goal", "ours µs", "median"]
    header += [f"{o} µs" for o in others if o != "peak"]
    judged = [
        n
        for n in [OURS, *others]
        if any("sqnr_db" in notes_of(case, n) for case in cases)
    ]
    header += [f"{n} dB" for n in judged]
    has_work = any(case.macs for case in cases)
    if has_work:
        header.append("ours GOPS")
    lines = []
    for case in cases:
        bounds = goals_of(goals, case)
        line = [case.name + (" (interrupted)" if case.partial else "")]
        for other in others:
            ratio = case.ratio(other)
            if ratio is None:
                line.append("–")
                continue
            mark = MARKS.get(judge(ratio, bounds.get(other)), "")
            line.append(f"{ratio:.2f}{mark}")
        told = [o for o in others if o in bounds]
        line.append(", ".join(f"{bounds[o][0]:g} {o}" for o in told))
        line.append(
            ", ".join(f"{bounds[o][1]:g} {o}" for o in told if bounds[o][1] is not None)
        )
        mine = case.timings.get(OURS)
        line.append(number(mine.fastest_ns / 1e3) if mine else "–")
        line.append(number(mine.median_ns / 1e3) if mine else "–")
        for other in others:
            if other != "peak":
                theirs = case.timings.get(other)
                line.append(number(theirs.fastest_ns / 1e3) if theirs else "–")
        for name in judged:
            decibels = notes_of(case, name).get("sqnr_db")
            line.append(f"{decibels:.1f}" if decibels is not None else "–")
        if has_work:
            gops = case.gops(OURS)
            line.append(f"{gops:.0f}" if gops else "–")
        lines.append(line)
    # Columns that say nothing anywhere are left out.
    keep = [
        i
        for i in range(len(header))
        if header[i] not in ("floor", "goal") or any(line[i] for line in lines)
    ]
    return [header[i] for i in keep], [[line[i] for i in keep] for line in lines]


OP_GROUP_HEADER = [
    "model",
    "group begins with",
    "count",
    "× float",
    "worst",
    "int8 µs",
    "float µs",
]


def op_group_rows(context: Context, goals: dict) -> list[list[str]]:
    """One line per model and kind of group of operations (opgroups.py)."""
    lines = []
    for model, groups in context.extra.get("op_groups", {}).items():
        for group in groups:
            # Quantizing the input has nothing in float to be compared with.
            marks = (
                ["", ""]
                if group["kind"] == "input"
                else [
                    MARKS[judge(group[key], goals["op_groups"])]
                    for key in ("ratio", "worst")
                ]
            )
            lines.append(
                [
                    model,
                    group["kind"],
                    str(group["count"]),
                    f"{group['ratio']:.2f}{marks[0]}",
                    f"{group['worst']:.2f}{marks[1]}",
                    number(group["int8_ns"] / 1e3),
                    number(group["float_ns"] / 1e3),
                ]
            )
    return lines


def tables(context: Context) -> list[tuple[str, list[str], list[list[str]], list[str]]]:
    """Everything there is to print: title, header, lines, remarks."""
    goals = load_goals()
    found = []
    for suite, cases in suites_of(context.cases).items():
        header, lines = rows_of(cases, goals)
        found.append((TITLES.get(suite, suite), header, lines, remarks(cases)))
    groups = op_group_rows(context, goals)
    if groups:
        found.append(
            (
                "Groups of operations, int8 over our float",
                OP_GROUP_HEADER,
                groups,
                [
                    "a group is a kernel that multiplies or pools, and what"
                    " follows it until the next one"
                ],
            )
        )
    if context.extra.get("compile"):
        found.append(
            (
                "What compiling costs",
                compile_cost.HEADER,
                compile_cost.table(context.extra["compile"]),
                [
                    "above: more than a tiny model of the same graph takes, per"
                    " byte of float weights; floor 2 s/GB and 1.5 bytes/byte"
                ],
            )
        )
    if context.extra.get("compile_lengths"):
        found.append(
            (
                "What compiling costs by the length of a model",
                compile_cost.LENGTH_HEADER,
                compile_cost.length_table(context.extra["compile_lengths"]),
                [
                    "above: more than the shortest model takes, per layer; the"
                    " same in each line where the time is linear"
                ],
            )
        )
    return found


def notes_of(case: Case, name: str) -> dict:
    timing = case.timings.get(name)
    return timing.notes if timing else {}


def remarks(cases: list[Case]) -> list[str]:
    """What stands under a table: outputs, absences, overheads."""
    found = []
    outputs: dict[str, dict[str, list[str]]] = {}
    absent: dict[str, dict[str, list[str]]] = {}
    overheads: dict[str, float] = {}
    for case in cases:
        for name, text in case.outputs.items():
            outputs.setdefault(name, {}).setdefault(text, []).append(case.name)
        for name, text in case.absent.items():
            absent.setdefault(name, {}).setdefault(text, []).append(case.name)
        for name, timing in case.timings.items():
            if timing.overhead_ns is not None:
                overheads[name] = min(timing.overhead_ns, overheads.get(name, 1e18))
        for name in case.wrong:
            found.append(f"WRONG: {case.name}: {name}: {case.outputs[name]}")

    for case in cases:
        for key, what, digits in (
            ("top1", "top-1 agreement with float", 4),
            ("cosine", "mean cosine to float", 4),
            ("sqnr_to_ours_db", "dB of their int8 outputs to ours", 1),
        ):
            values = [
                f"{n} {notes_of(case, n)[key]:.{digits}f}"
                for n in case.timings
                if key in notes_of(case, n) and not n.endswith("f32")
            ]
            if case.suite == "models" and values:
                found.append(f"{what}, {case.name}: {', '.join(values)}")

    def listed(where: list[str]) -> str:
        if len(where) == len(cases):
            return "all" if len(cases) > 1 else where[0]
        others = [case.name for case in cases if case.name not in where]
        if len(others) < len(where):
            return "all but " + ", ".join(others)
        return ", ".join(where)

    for name, texts in outputs.items():
        found += [
            f"outputs of {name}: {text} ({listed(where)})"
            for text, where in texts.items()
        ]
    for name, texts in absent.items():
        found += [
            f"absent: {name}: {text} ({listed(where)})" for text, where in texts.items()
        ]
    found += [
        f"{name} is called from Python: of its times {ns / 1e3:.2f} µs are the"
        " call's, measured on a call that does next to nothing"
        for name, ns in overheads.items()
    ]
    return found


def suites_of(cases: list[Case]) -> dict[str, list[Case]]:
    grouped: dict[str, list[Case]] = {}
    for case in cases:
        grouped.setdefault(case.suite, []).append(case)
    return grouped


def without_times(header: list[str], lines: list[list[str]]) -> tuple[list, list]:
    """Leaves out the peers' times, which follow from ours and the ratios, and the
    medians."""
    keep = [
        i
        for i, name in enumerate(header)
        if name != "median" and (not name.endswith(" µs") or name == "ours µs")
    ]
    return [header[i] for i in keep], [[line[i] for i in keep] for line in lines]


def markdown(context: Context, machine: dict, versions: dict[str, str]) -> str:
    """The machine and all tables, as Markdown, without the columns that would make
    them too wide."""
    peers = [f"{name} {version}" for name, version in versions.items()]
    parts = ["```", machine_line(machine), ", ".join(peers), "```", ""]
    for title, header, lines, notes in tables(context):
        if "ours µs" in header:
            header, lines = without_times(header, lines)
        parts.append(f"### {title}\n")
        parts += [
            "| " + " | ".join(line) + " |"
            for line in [header, ["---"] * len(header), *lines]
        ]
        parts += ["", *[f"- {text}" for text in notes], ""]
    return "\n".join(parts)


def terminal(context: Context) -> str:
    """All tables, in columns."""
    parts = []
    for title, header, lines, notes in tables(context):
        widths = [
            max(len(line[i]) for line in [header, *lines]) for i in range(len(header))
        ]
        parts.append(f"\n{title}")
        for line in [header, *lines]:
            cells = [
                cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i])
                for i, cell in enumerate(line)
            ]
            parts.append("  ".join(cells).rstrip())
        parts += [f"  {text}" for text in notes]
    if context.cases:
        parts.append(
            "\nRatios are times of theirs over times of ours, fastest of all"
            " rounds: above 1 ours is faster."
            f"\n{MARKS['below']} below the floor {MARKS['floor']} floor reached"
            f" {MARKS['goal']} goal reached"
        )
    return "\n".join(parts)


def to_json(context: Context, machine: dict, versions: dict) -> dict:
    return {
        "machine": machine,
        "versions": versions,
        "options": {
            "rounds": context.rounds,
            "slot_ms": context.slot_ms,
            "threads": context.threads,
            "peers": context.peers,
            "quick": context.quick,
        },
        "absent": context.absent,
        "interrupted": context.interrupted,
        "cases": [case.to_json() for case in context.cases],
        **context.extra,
    }


def write(path: pathlib.Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


def finite(value):
    """JSON has no infinity; what quant-run writes as 1e999 is a string here, since a
    number of this size is one that Python would not write."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def write_markdown(path: pathlib.Path, text: str) -> None:
    """Writes a file of its own, or what stands between two marks of a document."""
    if path.exists():
        begin, found, rest = path.read_text().partition(MARK_BEGIN)
        _, ended, end = rest.partition(MARK_END)
        if found and ended:
            text = f"{begin}{MARK_BEGIN}\n{text.strip()}\n{MARK_END}{end}"
    write(path, text)


def write_json(path: pathlib.Path, value: dict) -> None:
    write(path, json.dumps(finite(value), indent=1, allow_nan=False) + "\n")


def machine_line(machine: dict) -> str:
    """One paragraph that says where the figures come from."""
    peak = machine["peak"]
    text = (
        f"{machine['cpu']} (family/model {machine['family']}),"
        f" core {machine['pinned_to']} of {machine['cores']},"
        f" {machine['date']}, load average {machine['load_average']:.1f}"
    )
    for kind in ("int8", "f32"):
        if f"{kind}_gops" in peak:
            text += (
                f"\npeak {kind}: {peak[f'{kind}_gops']:.0f} GOPS"
                f" ({peak[f'{kind}_instruction']}, registers only)"
            )
    reads = ", ".join(
        f"{int(size) >> 10} KiB {rate:.0f}"
        for size, rate in peak["read_gb_per_s"].items()
    )
    return text + f"\nreading, GB/s: {reads}"
