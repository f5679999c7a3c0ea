#!/usr/bin/env python3
"""Doubles the scales by which one layer of an integer model is rescaled: what its
weights' scales are too large.

  plant-fault.py MODEL NAME OUT     NAME is the layer's `qopt.name`
"""

import re
import sys

model, name, out = sys.argv[1:]


def double(match):
    scales = [repr(2 * float(scale)) for scale in match.group(2).split(",")]
    return match.group(1) + ",".join(scales) + match.group(3)


planted = 0
with open(model) as file:
    lines = file.read().split("\n")
for index, line in enumerate(lines):
    if "qopt.requantize" in line and f'qopt.name = "{name}"' in line:
        lines[index] = re.sub(r"(from !quant\.uniform<i32:f32:\d+, \{)([^}]*)(\}>)", double, line)
        planted += lines[index] != line
if planted != 1:
    sys.exit(f"{model}: {planted} layers '{name}' that are rescaled")
with open(out, "w") as file:
    file.write("\n".join(lines))
