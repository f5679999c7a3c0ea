#!/usr/bin/env python3
"""Runs the commands of a page of documentation, so that it stays true.

Every ```sh block runs in the page's order, in one folder, and must succeed. The
folder sees the repository's examples/ and runtime/, and the build as build/, whose
bin/ is on the PATH. Output goes to stdout behind each command, for FileCheck. Blocks of other kinds
are not run.

usage: run-doc-commands.py PAGE.md --work=FOLDER --build=BUILD_FOLDER
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    for folder in ["examples", "runtime"]:
        (arguments.work / folder).symlink_to(ROOT / folder)
    (arguments.work / "build").symlink_to(arguments.build.resolve())
    environment = dict(os.environ)
    environment["PATH"] = f"{arguments.build / 'bin'}{os.pathsep}{environment['PATH']}"

    text = arguments.page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    if not blocks:
        sys.exit(f"error: {arguments.page} has no ```sh block")
    for block in blocks:
        for line in block.rstrip().splitlines():
            print(f"$ {line}", flush=True)
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=arguments.work,
            env=environment,
            stderr=subprocess.STDOUT,
        )
        if result.returncode:
            sys.exit(f"error: exit status {result.returncode} of:\n{block}")


if __name__ == "__main__":
    main()
