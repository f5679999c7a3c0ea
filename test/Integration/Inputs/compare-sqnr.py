#!/usr/bin/env python3
"""Fails unless the first of two reports of quant-run has at least so many dB more.

usage: compare-sqnr.py REPORT.json OTHER.json DECIBELS
"""

import json
import sys

ours, other = (json.load(open(path))["sqnr_db"] for path in sys.argv[1:3])
print(f"{ours:.2f} dB, {other:.2f} dB")
assert ours >= other + float(sys.argv[3]), (ours, other)
