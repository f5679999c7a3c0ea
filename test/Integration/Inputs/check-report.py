"""Checks that fields of a `quant-run --json` report are at least some values.

usage: check-report.py REPORT.json FIELD=MINIMUM...
"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
status = 0
for argument in sys.argv[2:]:
    field, _, minimum = argument.partition("=")
    if not report[field] >= float(minimum):
        print(f"{sys.argv[1]}: {field} is {report[field]}, less than {minimum}")
        status = 1
sys.exit(status)
