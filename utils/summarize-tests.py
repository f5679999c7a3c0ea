#!/usr/bin/env python3
"""Adds up the results that utils/run-tests.sh left in a folder.

lit.json                 what `lit --output` writes
NAME.gtest.{xml,log,rc}  a gtest binary: its report, its output, its exit status
NAME.check.{log,rc}      a script that is one test

A suite that crashed, or failed without naming a test, counts as one failed test.
Prints what failed and, as the last line, "N passed, N failed".
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

PASSING = {"PASS", "XFAIL", "FLAKYPASS"}
SKIPPED = {"UNSUPPORTED", "EXCLUDED", "SKIPPED"}


def status_of(path):
    return int(path.read_text()) if path.exists() else -1


def read_lit(folder):
    """Yields (name, passed, output)."""
    failed = 0
    report = folder / "lit.json"
    status = status_of(folder / "lit.rc")
    if report.exists():
        for test in json.loads(report.read_text())["tests"]:
            if test["code"] in SKIPPED:
                continue
            passed = test["code"] in PASSING
            failed += not passed
            yield test["name"], passed, test["output"]
    if not report.exists() or (status != 0 and failed == 0):
        log = folder / "lit.log"
        yield "lit", False, log.read_text() if log.exists() else ""


def read_gtest(folder, status_path):
    name = status_path.name[: -len(".gtest.rc")]
    report = folder / f"{name}.gtest.xml"
    failed = 0
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            if case.get("status") == "notrun" or case.get("result") == "skipped":
                continue
            messages = [failure.get("message", "") for failure in case.iter("failure")]
            failed += bool(messages)
            yield (
                f"{name} :: {case.get('classname')}.{case.get('name')}",
                not messages,
                "\n".join(messages),
            )
    if not report.exists() or (status_of(status_path) != 0 and failed == 0):
        yield name, False, (folder / f"{name}.gtest.log").read_text()


def read_check(folder, status_path):
    name = status_path.name[: -len(".check.rc")]
    yield name, status_of(status_path) == 0, (folder / f"{name}.check.log").read_text()


def main():
    folder = pathlib.Path(sys.argv[1])
    results = list(read_lit(folder))
    for path in sorted(folder.glob("*.gtest.rc")):
        results += read_gtest(folder, path)
    for path in sorted(folder.glob("*.check.rc")):
        results += read_check(folder, path)

    failures = [(name, output) for name, passed, output in results if not passed]
    for name, output in failures:
        print(f"FAIL: {name}")
        lines = output.strip().splitlines()
        for line in lines[-60:]:
            print(f"    {line}")
    for name, _ in failures:
        print(f"failed: {name}")
    print(f"{len(results) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or not results else 0


if __name__ == "__main__":
    sys.exit(main())
