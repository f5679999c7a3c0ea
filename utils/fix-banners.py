#!/usr/bin/env python3
"""The first line of a C++ or tablegen file is a banner of 80 columns.

Fills or cuts the dashes of "//===- Name - What it is ---===//", and joins one that
clang-format has broken in two because it was too long.

usage: fix-banners.py [--check] FILE...
"""

import re
import sys

WIDTH = 80


def fixed(text):
    broken = re.match(r"(//===- [^\n]*?)\n//-+===//\n", text)
    first, rest = text.split("\n", 1)
    if broken:
        first, rest = broken.group(1) + " -===//", text[broken.end() :]
    match = re.match(r"(//===- .*?[^-\s*])\s+-+(\*- (?:C\+\+|tablegen) -\*)?-*===//$", first)
    if not match:
        return text
    title, mode = match.group(1), match.group(2) or ""
    end = f"-{mode}-===//" if mode else "===//"
    dashes = WIDTH - len(title) - 1 - len(end)
    if mode and dashes < 0:  # no room for the mode line
        end, dashes = "===//", WIDTH - len(title) - 1 - len("===//")
    return f"{title} {'-' * dashes}{end}\n{rest}"


def main():
    check = sys.argv[1] == "--check"
    status = 0
    for path in sys.argv[1 + check :]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if not text.startswith("//===-") or fixed(text) == text:
            continue
        if check:
            print(f"{path}:1: the banner is not {WIDTH} columns wide")
            status = 1
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(fixed(text))
    return status


if __name__ == "__main__":
    sys.exit(main())
