#!/usr/bin/env python3
"""Runs reductions over rows with vector kernels and with plain loops.

  rows.py QUANT_RUN FOLDER [--cpu=NAME]

For each number of rows and of columns, writes a module that sums, takes extrema
and normalizes, in floats and in integers, and samples, to FOLDER, runs
`quant-run --compare-kernels` on it and exits with 1 if any output differs in any
bit.
"""

import os
import subprocess
import sys

sys.path.insert(
    0, os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, os.pardir, "Inputs")
)
import npz

ROW = "affine_map<(r, c) -> (r)>"
ALL = "affine_map<(r, c) -> (r, c)>"


def reduce(name, source, rows, columns, element, result, init, body):
    """The generic `name` over the columns of `source`."""
    return f"""
  %{name}_i = arith.constant {init} : {result}
  %{name}_e = tensor.empty() : tensor<{rows}x{result}>
  %{name}_f = linalg.fill ins(%{name}_i : {result}) outs(%{name}_e : tensor<{rows}x{result}>) -> tensor<{rows}x{result}>
  %{name} = linalg.generic {{indexing_maps = [{ALL}, {ROW}], iterator_types = ["parallel", "reduction"]}}
    ins(%{source} : tensor<{rows}x{columns}x{element}>) outs(%{name}_f : tensor<{rows}x{result}>) {{
  ^bb0(%a: {element}, %o: {result}):
    {body}
    linalg.yield %v : {result}
  }} -> tensor<{rows}x{result}>"""


def module(rows, columns):
    x, q = f"tensor<{rows}x{columns}xf32>", f"tensor<{rows}x{columns}xi8>"
    f, i = f"tensor<{rows}xf32>", f"tensor<{rows}xi32>"
    whole = "tensor<f32>"
    floats = [
        ("sum", "0.0", "%v = arith.addf %o, %a : f32"),
        ("biased", "1.5", "%v = arith.addf %a, %o : f32"),
        ("squares", "0.0", "%s = arith.mulf %a, %a : f32\n    %v = arith.addf %s, %o : f32"),
        ("largest", "0xFF800000", "%v = arith.maximumf %a, %o : f32"),
        ("smallest", "0x7FC00000", "%v = arith.minnumf %a, %o : f32"),
        ("absolute", "0.0", "%s = math.absf %a : f32\n    %v = arith.maximumf %s, %o : f32"),
    ]
    integers = [
        ("total", "7", "%s = arith.extsi %a : i8 to i32\n    %v = arith.addi %s, %o : i32"),
        ("top", "-2147483648", "%s = arith.extsi %a : i8 to i32\n    %v = arith.maxsi %s, %o : i32"),
    ]
    text = f"func.func @main(%x: {x}) -> ({', '.join([f] * len(floats) + [i] * len(integers) + [x, whole])}) {{"
    # Tenths round in every sum: another order has other bits.
    text += f"""
  %tenth = arith.constant 0.1 : f32
  %ye = tensor.empty() : {x}
  %y = linalg.generic {{indexing_maps = [{ALL}, {ALL}], iterator_types = ["parallel", "parallel"]}}
    ins(%x : {x}) outs(%ye : {x}) {{
  ^bb0(%a: f32, %o: f32):
    %v = arith.mulf %a, %tenth : f32
    linalg.yield %v : f32
  }} -> {x}"""
    text += f"\n  %q = qopt.quantize %x as !quant.uniform<i8:f32, 3.0e-02:-7> : {x} -> {q}"
    for name, init, body in floats:
        text += reduce(name, "y", rows, columns, "f32", "f32", init, body)
    for name, init, body in integers:
        text += reduce(name, "q", rows, columns, "i8", "i32", init, body)
    text += f"""
  %se = tensor.empty() : {x}
  %softmax = linalg.softmax dimension(1) ins(%x : {x}) outs(%se : {x}) -> {x}
  %we = tensor.empty() : {whole}
  %wi = arith.constant 0.0 : f32
  %wf = linalg.fill ins(%wi : f32) outs(%we : {whole}) -> {whole}
  %all = linalg.reduce {{ arith.addf }} ins(%y : {x}) outs(%wf : {whole}) dimensions = [0, 1]
  return {', '.join('%' + entry[0] for entry in floats + integers)}, %softmax, %all : {', '.join([f] * len(floats) + [i] * len(integers) + [x, whole])}
}}
"""
    return text


def main():
    quant_run, folder = sys.argv[1:3]
    cpu = next((a.split("=", 1)[1] for a in sys.argv[3:] if a.startswith("--cpu=")), "native")
    os.makedirs(folder, exist_ok=True)
    count = different = 0
    for rows, columns in ((1, 31), (1, 300), (3, 257), (5, 32), (9, 100), (17, 33), (16, 64)):
        model, samples = os.path.join(folder, "m.mlir"), os.path.join(folder, "m.npz")
        with open(model, "w") as file:
            file.write(module(rows, columns))
        npz.make(samples, f"x=f32[2,{rows},{columns}]:ramp")
        run = subprocess.run(
            [quant_run, model, f"--inputs={samples}", "--compare-kernels", f"--cpu={cpu}"],
            capture_output=True,
            text=True,
        )
        count += 1
        if run.returncode != 0:
            different += 1
            print(f"{rows} rows of {columns}: {run.stdout}{run.stderr}")
    print(f"cases {count}, different {different}")
    return different != 0


if __name__ == "__main__":
    sys.exit(main())
