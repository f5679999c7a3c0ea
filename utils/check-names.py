#!/usr/bin/env python3
"""One name for a pass, everywhere.

`def FoldQDQ` in include/quantopt/<Phase>/Passes.td means lib/<Phase>/FoldQDQ.cpp,
the flag --qopt-fold-qdq, test/<Phase>/fold-qdq.mlir, its twin of errors
test/<Phase>/fold-qdq-invalid.mlir (unless the description says "Refuses nothing"),
and a section of docs/reference/<Phase>Passes.md.
What several targets lower the same way stands in lib/Lowering/Common/ instead.
The summary is one line, the description names the lit file. Files stay below 600
lines and every source stands in its CMakeLists.txt.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LLVM = pathlib.Path("/usr/lib/llvm-22")
MAX_LINES = 600

problems = []


def report(where, what):
    problems.append(f"{where}: {what}")


def kebab(name):
    """FoldQDQ -> fold-qdq, LowerToCPU -> lower-to-cpu, QuantizeInt8 -> quantize-int8."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", name).lower()


def passes(source):
    """Yields the records of `source` that are passes."""
    dump = subprocess.run(
        [
            LLVM / "bin" / "llvm-tblgen",
            "--dump-json",
            f"-I{ROOT / 'include'}",
            f"-I{LLVM / 'include'}",
            source,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    records = json.loads(dump.stdout)
    for name in records["!instanceof"].get("PassBase", []):
        yield name, records[name]


def check_passes():
    for source in sorted((ROOT / "include" / "quantopt").rglob("Passes.td")):
        phase = source.parent.relative_to(ROOT / "include" / "quantopt")
        where = source.relative_to(ROOT)
        page = ROOT / "docs" / "reference" / f"{str(phase).replace('/', '')}Passes.md"
        reference = page.read_text() if page.exists() else ""
        for name, record in passes(source):
            flag = f"qopt-{kebab(name)}"
            lit = pathlib.Path("test") / phase / f"{kebab(name)}.mlir"
            twin = lit.with_name(f"{lit.stem}-invalid.mlir")
            source_file = pathlib.Path("lib") / phase / f"{name}.cpp"
            common = source_file.parent.parent / "Common" / source_file.name
            wanted = [common if (ROOT / common).exists() else source_file, lit]
            if "Refuses nothing" not in record["description"]:
                wanted.append(twin)
            for path in wanted:
                if not (ROOT / path).exists():
                    report(where, f"pass {name} has no {path}")
            if record["argument"] != flag:
                report(where, f"pass {name} has flag {record['argument']}, not {flag}")
            if f"-{flag}`" not in reference:
                report(where, f"pass {name} is not in {page.relative_to(ROOT)}")
            if not record["summary"] or "\n" in record["summary"].strip():
                report(where, f"pass {name} needs a summary of one line")
            if str(lit) not in record["description"]:
                report(where, f"description of pass {name} does not name {lit}")
            if (ROOT / twin).exists():
                if "-verify-diagnostics" not in (ROOT / twin).read_text():
                    report(twin, "does not run with -verify-diagnostics")


def check_files():
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in tracked:
        path = ROOT / name
        if path.suffix not in {".cpp", ".h", ".c"} or not path.exists():
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > MAX_LINES and not name.startswith("test/"):
            report(name, f"has {lines} lines, more than {MAX_LINES}: split it")
        if not name.startswith(("tools/", "test/", "examples/")):
            if re.search(r"\bcl::opt\b", text):
                report(name, "declares a cl::opt outside tools/")
            if re.search(r'#include "mlir/InitAll', text):
                report(name, "includes mlir/InitAll* outside tools/")
        if path.suffix == ".cpp" and name.startswith(("lib/", "tools/", "test/unit/")):
            lists = [p / "CMakeLists.txt" for p in path.relative_to(ROOT).parents]
            lists = [ROOT / p for p in lists]
            named = any(p.exists() and path.name in p.read_text() for p in lists)
            if not named:
                report(name, "stands in no CMakeLists.txt")
        if re.search(r"\b(TODO|FIXME|XXX)\b", text):
            report(name, "leaves a TODO")


check_passes()
check_files()
print("\n".join(problems))
sys.exit(1 if problems else 0)
