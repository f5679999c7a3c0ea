"""Checks the profile in a report of quant-run.

check-profile.py REPORT OP KERNEL: some line is of an operation whose name begins
with OP, was emitted as KERNEL and counts products; every line has its fields.
"""

import json
import sys

path, op, kernel = sys.argv[1:]
with open(path) as file:
    lines = json.load(file)["profile"]
for line in lines:
    assert line["calls"] == 1 and line["ns"] >= 0 and line["bytes"] > 0, line
    assert line["macs"] >= 0 and ".mlir:" in line["location"], line
found = [line for line in lines if line["op"].startswith(op) and line["kernel"] == kernel]
assert found and all(line["macs"] > 0 and line["ns"] > 0 for line in found), lines
