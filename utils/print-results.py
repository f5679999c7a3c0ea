#!/usr/bin/env python3
"""Prints reports of `quant-run --json` side by side, as a Markdown table.

usage: print-results.py NAME=REPORT.json...
"""

import json
import sys


def microseconds(value):
    return f"{value:.2f} µs" if value < 10 else f"{value:.1f} µs"


# Heading and how a report's value is printed; a report may lack any of them.
COLUMNS = [
    ("accuracy", lambda r: f"{100 * r['accuracy']:.2f} %"),
    ("top-1 as float", lambda r: f"{100 * r['top1_agreement']:.2f} %"),
    ("SQNR", lambda r: f"{r['sqnr_db']:.1f} dB"),
    ("median latency", lambda r: microseconds(r["latency_us"]["median"])),
    ("fastest", lambda r: microseconds(r["latency_us"]["min"])),
]


def cell(value, report):
    try:
        return value(report)
    except (KeyError, TypeError):
        return "–"


def main():
    rows = [["model"] + [name for name, _ in COLUMNS]]
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        rows.append([name] + [cell(value, report) for _, value in COLUMNS])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for index, row in enumerate(rows):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


if __name__ == "__main__":
    main()
