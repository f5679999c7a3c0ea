#!/usr/bin/env python3
"""Compiles models for a GPU that another machine has, with what to compare.

    benchmarks/gpu/pack.py FOLDER [--chip=sm_90a] [--gemm=MxNxK,...] NAME=MODEL.mlir,SAMPLES.npz ...

puts into FOLDER, for each model in integer form or float, a shared library with its
kernels, its C header, four samples, and the results of this machine's processor with
vector kernels and with plain loops; for each --gemm a product of bytes with constant
weights; and run.py. There,

    python3 FOLDER/run.py

compares every byte and times. It needs numpy; PyTorch and nvcc for the peers.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = 4


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr}")


def compile_model(arguments, model, name):
    target = arguments.folder / name
    run(
        arguments.tools / "quant-compile",
        model,
        "--device=cuda",
        f"--chip={arguments.chip}",
        "--emit=so",
        "--name=model",
        f"--header={target}.h",
        "-o",
        f"{target}.so",
    )
    symbols = subprocess.run(
        ["nm", "-D", f"{target}.so"], check=True, capture_output=True, text=True
    ).stdout
    program = re.search(r"qopt_gpu_\w*_program", symbols).group()
    target.with_suffix(".program").write_text(program)


def pack_model(arguments, name, model, samples):
    compile_model(arguments, model, name)
    for kernels in ["auto", "scalar"]:
        run(
            arguments.tools / "quant-run",
            model,
            f"--inputs={samples}",
            f"--limit={SAMPLES}",
            f"--kernels={kernels}",
            f"--outputs={arguments.folder / name}.{kernels}.npz",
        )
    data = numpy.load(samples)
    numpy.savez(
        arguments.folder / f"{name}.inputs.npz",
        **{key: data[key][:SAMPLES] for key in data.files},
    )


def pack_product(arguments, shape):
    """s8 x s8 to i32, weights constant: run.py makes the same ones from the shape."""
    rows, columns, terms = (int(size) for size in shape.split("x"))
    weights = numpy.random.default_rng(columns * terms).integers(
        -127, 128, (terms, columns), dtype=numpy.int8
    )
    name = f"gemm_{shape}"
    model = arguments.folder / f"{name}.mlir"
    # A resource is its alignment, then its bytes.
    blob = "0x10000000" + weights.tobytes().hex()
    model.write_text(
        f"""func.func @main(%a: tensor<{rows}x{terms}xi8>) -> tensor<{rows}x{columns}xi32> {{
  %w = arith.constant dense_resource<w> : tensor<{terms}x{columns}xi8>
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<{rows}x{columns}xi32>
  %fill = linalg.fill ins(%zero : i32) outs(%empty : tensor<{rows}x{columns}xi32>) -> tensor<{rows}x{columns}xi32>
  %r = linalg.matmul ins(%a, %w : tensor<{rows}x{terms}xi8>, tensor<{terms}x{columns}xi8>) outs(%fill : tensor<{rows}x{columns}xi32>) -> tensor<{rows}x{columns}xi32>
  return %r : tensor<{rows}x{columns}xi32>
}}
{{-# dialect_resources: {{ builtin: {{ w: "{blob}" }} }} #-}}
"""
    )
    compile_model(arguments, model, name)
    model.unlink()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("models", nargs="*", metavar="NAME=MODEL,SAMPLES")
    parser.add_argument("--chip", default="sm_90a")
    parser.add_argument("--gemm", default="", metavar="MxNxK,...")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build" / "bin")
    arguments = parser.parse_intermixed_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for shape in filter(None, arguments.gemm.split(",")):
        pack_product(arguments, shape)
    for text in arguments.models:
        match = re.fullmatch(r"([\w.-]+)=([^,]+),([^,]+)", text)
        if not match:
            sys.exit(f"{text}: write NAME=MODEL.mlir,SAMPLES.npz")
        pack_model(arguments, *match.groups())
        print(match[1], flush=True)
    here = pathlib.Path(__file__).parent
    for name in ["run.py", "cublas.cu"]:
        shutil.copy(here / name, arguments.folder)


main()
