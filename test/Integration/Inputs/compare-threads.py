"""Runs a model on several numbers of threads and compares the bytes of outputs.

compare-threads.py TOOLS FOLDER MODEL SAMPLES [--limit=N] [--expect-calls]
"""

import argparse
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("tools", type=pathlib.Path)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("model")
parser.add_argument("samples")
parser.add_argument("--limit", type=int, default=0)
parser.add_argument("--expect-calls", action="store_true",
                    help="the model must have loops worth two threads")
options = parser.parse_args()

outputs = {}
for threads in [1, 2, 3, 7]:
    path = options.folder / f"threads-{threads}.npz"
    subprocess.run([options.tools / "quant-run", options.model, f"--inputs={options.samples}",
                    f"--outputs={path}", f"--threads={threads}", f"--limit={options.limit}"],
                   check=True, stdout=subprocess.DEVNULL)
    outputs[threads] = path.read_bytes()
for threads, data in outputs.items():
    if data != outputs[1]:
        sys.exit(f"{options.model}: {threads} threads give other outputs than one")

if options.expect_calls:
    for threads, expected in [(1, False), (2, True)]:
        lowered = subprocess.run([options.tools / "quant-opt", options.model,
                                  f"--qopt-lower-to-cpu=threads={threads}"],
                                 check=True, stdout=subprocess.PIPE, text=True).stdout
        if ("call @qopt_parallel_for" in lowered) != expected:
            sys.exit(f"{options.model}: calls of the pool on {threads} threads: "
                     f"{not expected}, expected {expected}")
