#!/usr/bin/env python3
"""Checks what benchmarks/ computes from times, without peers and without numpy.

  check-logic.py BENCHMARKS FOLDER

Times come from functions that are made up for it; nothing depends on how long
anything takes.
"""

import ctypes
import json
import pathlib
import sys

benchmarks, folder = sys.argv[1:]
sys.path.insert(0, benchmarks)

import compile_cost
from qbench import native, opgroups, report, roofline, rounds
from qbench.context import OURS, Case, Context


def check(what, condition):
    if not condition:
        print(f"check-logic: {what}", file=sys.stderr)
        sys.exit(1)


def timing(ns, **notes):
    return rounds.Timing(ns, ns, 1, "C", None, notes, {1: ns, 2: ns})


# Ratios and marks.
case = Case("gemm", "1024x1024x1024", macs=1000, bytes=100)
case.timings = {
    OURS: timing(100.0),
    "ort": timing(120.0),
    "peak": timing(50.0, macs=600),
}
case.absent["iree"] = "not installed"
check("a ratio is theirs over ours", case.ratio("ort") == 1.2)
check("the share of the peak", abs(case.ratio("peak") - 10 / 12) < 1e-12)
check("no ratio without a time", case.ratio("iree") is None)
check("two operations a multiply-add", case.gops(OURS) == 20.0)
for ratio, mark in ((0.99, "below"), (1.0, "floor"), (1.079, "goal"), (0.996, "floor")):
    check(f"mark of {ratio}", report.judge(ratio, [1.0, 1.08]) == mark)
check("no goal", report.judge(5.0, [1.0, None]) == "floor")
check("no bounds", report.judge(5.0, None) == "")
goals = report.load_goals()
check("goals of a case", report.goals_of(goals, case)["peak"] == [0.90, 0.97])
header, lines = report.rows_of([case], goals)
check("a column for the absent", "× iree" in header and "–" in lines[0])
check("below the floor of the peak", lines[0][1] == "0.83 ▼")
check("at the goal over ort", "1.20 ★" in lines[0])
check(
    "the absent are named",
    any("absent: iree: not installed" in text for text in report.remarks([case])),
)
check(
    "infinity is valid JSON",
    json.loads(json.dumps(report.finite({"a": [float("inf")]}))) == {"a": ["inf"]},
)

# The timing loop calls C and Python, and sees errors.
timer = native.Timer(pathlib.Path(folder))
calls = []
samples = timer.time(native.Call(python=lambda: calls.append(1) or 1), 0.1)
check("a Python callable is called", calls and samples and min(samples) > 0)
counter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda p: calls.append(p))
value = ctypes.c_int(3)
timer.time(native.Call(native.address(counter), [ctypes.addressof(value)]), 0.1)
check("a pointer arrives", calls[-1] == ctypes.addressof(value))
bad = ctypes.CFUNCTYPE(ctypes.c_void_p)(lambda: 1)
failing = native.Call(native.address(bad), [], native.Result.NULL_IS_GOOD)
try:
    timer.time(failing, 0.1)
    check("an error is seen", False)
except native.NativeError:
    pass

# One contender's failure is not the run's.
failures = []
timings = rounds.interleave(
    timer,
    [rounds.Entry("good", native.Call(python=lambda: 1)), rounds.Entry("bad", failing)],
    3,
    0.1,
    lambda text: None,
    lambda name, error: failures.append(name),
    once=True,
)
check("the failure is reported once", failures == ["bad"])
check("the others are timed", list(timings) == ["good"])
check("in all rounds", len(timings["good"].by_round) == 3)

# The fastest is what two rounds reached; the paired ratio looks within rounds.
record = rounds.Record(rounds.Entry("x", native.Call(python=lambda: 1)))
for number, least in enumerate([9.0, 5.0, 7.0, 8.0], 1):
    record.add(number, [least, 20.0])
check("one lucky round does not count", record.timing().fastest_ns == 7.0)
twice = rounds.Record(record.entry)
for number, least in enumerate([18.0, 5.0, 14.0], 1):
    twice.add(number, [least])
check("paired", rounds.paired_ratio(twice.timing(), record.timing()) == 2.0)


# Ctrl-C leaves what was measured.
def interrupt(text, seen=[]):
    seen.append(text)
    if len(seen) == 3:
        raise KeyboardInterrupt


try:
    rounds.interleave(
        timer,
        [rounds.Entry("good", native.Call(python=lambda: 1))],
        9,
        0.1,
        interrupt,
        None,
    )
    check("Ctrl-C is passed on", False)
except rounds.Interrupted as stop:
    check("what was measured is kept", stop.timings["good"].samples > 0)

# The peak's loops run.
peak = native.Peak(pathlib.Path(folder))
for kind in ("int8", "f32"):
    if peak.name(kind):
        call, macs = peak.multiply_adds(kind, steps=10)
        check(f"{kind} is timed", macs > 0 and min(timer.time(call, 0.1)) > 0)

# Points of the plot.
points = roofline.points({"cases": [case.to_json()]})
check("intensity", points[0]["intensity"] == 20.0)
check("the best peer is not the peak", abs(points[0]["peer"] - 2000 / 120) < 1e-9)
profile = {
    "profiles": {
        "m": [
            {"macs": 50, "bytes": 10, "ns": 20, "calls": 2},
            {"macs": 0, "bytes": 10, "ns": 20, "calls": 2},
        ]
    }
}
check("layers", roofline.profile_points(profile) == {"m": [(10.0, 5.0)]})

# Groups of operations.
integer = [
    {"op": "qopt.quantize", "ns": 5, "macs": 0},
    {"op": "linalg.conv_2d", "ns": 10, "macs": 7},
    {"op": "qopt.requantize", "ns": 2, "macs": 0},
    {"op": "linalg.conv_2d", "ns": 8, "macs": 7},
]
real = [
    {"op": "linalg.conv_2d", "ns": 18, "macs": 7},
    {"op": "linalg.conv_2d", "ns": 4, "macs": 7},
]
check(
    "groups",
    opgroups.compare(integer, real)
    == [
        {
            "kind": "conv_2d",
            "count": 2,
            "int8_ns": 20.0,
            "float_ns": 22.0,
            "worst": 0.5,
            "ratio": 1.1,
        }
    ],
)
check(
    "fastest of profiles",
    opgroups.fastest([[{"ns": 3.0}, {"ns": 5.0}], [{"ns": 4.0}, {"ns": 2.0}]])
    == [{"ns": 3.0}, {"ns": 2.0}],
)
check("groups that do not correspond", opgroups.compare(integer, real[:1]) is None)

# Sizes of generated models.
check("sizes", compile_cost.parse_size("1.5M") == 1500000)
check("widths", compile_cost.width_for(10**9) == 4992)
print("logic holds")
