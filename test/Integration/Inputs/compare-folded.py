"""Runs every function of a test of qopt-fold-qdq before and after folding, on random
storage values, and compares the bytes of the results.

The products are small integers, so the sums of the float form are exact, and no
value lies where the rounding of the two forms could differ.

usage: compare-folded.py QUANT_OPT QUANT_RUN FILE.mlir FOLDER
"""

import math
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NPZ = HERE.parents[1] / "Inputs" / "npz.py"
RANGES = {"i8": (-128, 127), "i16": (-1000, 1000)}


def inputs(function, rng):
    """`name=type[shape]:values` of each argument, one sample."""
    arguments = re.search(r"func\.func @\w+\((.*?)\) ->", function, re.S).group(1)
    for name, shape, element in re.findall(
        r"%(\w+): tensor<((?:\d+x)*)(\w+)>", arguments
    ):
        sizes = [int(size) for size in shape.split("x") if size]
        low, high = RANGES[element]
        values = [rng.randint(low, high) for _ in range(math.prod(sizes))]
        text = ",".join(map(str, [1] + sizes))
        yield f"{name}={element}[{text}]:{','.join(map(str, values))}"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr}")
    return done.stdout


quant_opt, quant_run, source, folder = sys.argv[1:]
folder = pathlib.Path(folder)
folded = run(
    quant_opt, source, "--qopt-fold-qdq", "--canonicalize", "-split-input-file"
).split("// -----")
plain = pathlib.Path(source).read_text().split("// -----")
assert len(plain) == len(folded), "the pass lost a function"
rng = random.Random(7)
count = 0
for before, after in zip(plain, folded):
    name = re.search(r"func\.func @(\w+)", before).group(1)
    samples = folder / f"{name}.npz"
    run(sys.executable, NPZ, "make", samples, *inputs(before, rng))
    results = []
    for kind, text in [("plain", before), ("folded", after)]:
        model = folder / f"{name}.{kind}.mlir"
        model.write_text(text)
        outputs = folder / f"{name}.{kind}.npz"
        run(quant_run, model, f"--inputs={samples}", f"--outputs={outputs}")
        results.append(run(sys.executable, NPZ, "show", outputs))
    if results[0] != results[1]:
        sys.exit(f"@{name} differs:\nplain\n{results[0]}folded\n{results[1]}")
    count += 1
print(f"{count} functions give the same bytes")
