#!/usr/bin/env python3
"""Checks what a report says of values against the calibration table, and the SQNR of
its layers against `quant-run --layers`.

  check-report.py REPORT.json TABLE.json [--layers=LAYERS.json]
"""

import argparse
import json
import math

parser = argparse.ArgumentParser()
parser.add_argument("report")
parser.add_argument("table")
parser.add_argument("--layers")
arguments = parser.parse_args()


def load(path):
    with open(path) as file:
        return json.load(file)


report = load(arguments.report)
table = {tensor["id"]: tensor for tensor in load(arguments.table)["tensors"]}
observed = [value for value in report["values"] if "statistics" in value]
assert {value["name"] for value in observed} == set(table), set(table)
for value in observed:
    tensor, seen = table[value["name"]], value["statistics"]
    assert seen["zeros"] == tensor["zeros"], value["name"]
    for key in ["min", "max"]:  # The table has as many digits as f32 needs.
        assert math.isclose(seen[key], tensor[key], rel_tol=1e-7), value["name"]
    total = tensor["zeros"] + sum(sum(run[1:]) for run in tensor["bins"])
    assert seen["count"] == total, value["name"]

    # Nothing gets lost on the way to the picture.
    shown = seen["histogram"]
    assert len(shown["counts"]) == 128 and min(shown["counts"]) >= 0
    assert shown["below"] + sum(shown["counts"]) + shown["above"] == total
    kind = value["type"]
    assert kind["min"] == (kind["qmin"] - kind["zero_point"]) * kind["scale"]
    assert shown["lower"] <= kind["min"] < kind["max"] <= shown["upper"]
    # Parameters are never chosen so that most is lost.
    assert 0 <= seen["clipped_below"] + seen["clipped_above"] < 0.01, value["name"]

if arguments.layers:
    layers = {layer["name"]: layer for layer in load(arguments.layers)["layers"]}
    measured = {v["name"]: v for v in report["values"] if "sqnr_db" in v}
    assert measured.keys() == layers.keys() and len(layers) == 7, layers.keys()
    for name, layer in layers.items():
        for key in ["sqnr_db", "sqnr_alone_db"]:
            assert math.isclose(measured[name][key], layer[key], rel_tol=1e-9), name
