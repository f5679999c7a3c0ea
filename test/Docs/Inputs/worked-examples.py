"""Looks for the tests that the table of worked examples in docs/Testing.md names."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
sources = "".join(p.read_text() for p in sorted((root / "test/unit").glob("*.cpp")))
tests = {f"{s}.{n}" for s, n in re.findall(r"^TEST(?:_F)?\((\w+),\s*(\w+)\)", sources, re.M)}
text = (root / "docs/Testing.md").read_text()
section = text.split("## Worked examples")[1].split("\n## ")[0]
rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")][1:]
assert len(rows) > 20, rows
missing = []
for row in rows:
    suite = ""
    for name in re.findall(r"`([^`]+)`", row):
        if "/" in name:
            found = (root / name).exists()
        else:
            # `.Name` is of the suite that was named last; `Suite.*` is all of it.
            suite = name.split(".")[0] or suite
            full = suite + "." + name.split(".")[1]
            found = any(t.startswith(full[:-1]) for t in tests) if full.endswith("*") else full in tests
        if not found:
            missing.append(name)
assert not missing, missing
