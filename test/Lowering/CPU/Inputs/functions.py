#!/usr/bin/env python3
"""Writes a model that applies each function of math to the same samples.

  functions.py MODEL.mlir [NAME...]

The results are in the order of NAMES, or of the names given. It takes x, and y
for functions of two arguments.
"""

import sys

NAMES = ("exp erf erf_quotient tanh log exp2 expm1 log2 log10 log1p sin cos tan atan asin acos sinh cosh asinh acosh atanh "
         "cbrt powf atan2").split()
TWO = ("powf", "atan2")
COUNT = 4096


def body(name):
    """Of one function."""
    if name == "erf_quotient":
        return ("    %c = arith.constant 1.41421354 : f32\n    %q = arith.divf %a, %c : f32\n"
                "    %r = math.erf %q : f32\n")
    return f"    %r = math.{name} {'%a, %b' if name in TWO else '%a'} : f32\n"


def main():
    names = sys.argv[2:] or NAMES
    kind = f"tensor<{COUNT}xf32>"
    results = ", ".join([kind] * len(names))
    text = f"func.func @functions(%x: {kind}, %y: {kind}) -> ({results}) {{\n"
    text += f"  %e = tensor.empty() : {kind}\n"
    maps = ", ".join(["affine_map<(a) -> (a)>"] * 3)
    for name in names:
        text += (
            f"  %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [\"parallel\"]}} "
            f"ins(%x, %y : {kind}, {kind}) outs(%e : {kind}) {{\n  ^bb0(%a: f32, %b: f32, %o: f32):\n"
            f"{body(name)}    linalg.yield %r : f32\n  }} -> {kind}\n"
        )
    text += f"  return {', '.join('%' + name for name in names)} : {results}\n}}\n"
    with open(sys.argv[1], "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
