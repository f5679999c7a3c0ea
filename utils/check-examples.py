#!/usr/bin/env python3
"""Examples in tablegen files are excerpts of lit tests.

Every line of a ```mlir block in a description must stand, spaces aside, in one
lit test under test/: so what the generated reference shows is parsed, verified
and checked by every test run.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def normalize(line):
    return re.sub(r"\s+", " ", line.split("//")[0]).strip()


def main():
    tested = set()
    for path in (ROOT / "test").rglob("*.mlir"):
        tested.update(map(normalize, path.read_text().splitlines()))

    missing = 0
    for path in sorted((ROOT / "include").rglob("*.td")):
        inside = False
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if line.strip().startswith("```"):
                inside = line.strip() == "```mlir"
            elif inside and normalize(line) not in tested | {"", "..."}:
                missing += 1
                print(
                    f"{path.relative_to(ROOT)}:{number}: no test under test/ has "
                    f"this line of an example: {line.strip()}"
                )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
