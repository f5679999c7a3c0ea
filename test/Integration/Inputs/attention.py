"""Writes a small transformer block as torch-mlir's linalg writes one, and samples.

Layer norms and softmax taken apart, a causal mask that is added to the scores, two
products of activations, a GELU by erf, residual additions. Weights are random.

usage: attention.py FOLDER      writes attention.mlir, calibration.npz, evaluation.npz
"""

import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOKENS, WIDTH = 6, 8
CALIBRATION, EVALUATION = 64, 32

X = f"tensor<{TOKENS}x{WIDTH}xf32>"
ROW = f"tensor<{TOKENS}xf32>"
SCORES = f"tensor<{TOKENS}x{TOKENS}xf32>"
WEIGHT = f"tensor<{WIDTH}x{WIDTH}xf32>"
BIAS = f"tensor<{WIDTH}xf32>"

rng = random.Random(5)
lines = []


def numbers(count, spread):
    return "[" + ", ".join(f"{rng.gauss(0, spread):.4f}" for _ in range(count)) + "]"


def elementwise(name, inputs, body, result=X, init="%e"):
    """`inputs`: (value, type, map); `body`: lines with %i0, %i1, ...; yields %y."""
    values = ", ".join(value for value, _, _ in inputs)
    types = ", ".join(kind for _, kind, _ in inputs)
    maps = ", ".join([each for _, _, each in inputs] + ["#id"])
    arguments = ", ".join(f"%i{i}: f32" for i in range(len(inputs)))
    lines.append(
        f"  {name} = linalg.generic {{indexing_maps = [{maps}], "
        f'iterator_types = ["parallel", "parallel"]}} '
        f"ins({values} : {types}) outs({init} : {result}) {{\n"
        f"  ^bb0({arguments}, %out: f32):"
    )
    lines.extend(f"    {line} : f32" for line in body)
    lines.append(f"    linalg.yield %y : f32\n  }} -> {result}")


def reduce(name, value, kind, combine, init):
    lines.append(
        f"  {name} = linalg.generic {{indexing_maps = [#id, #keep], "
        f'iterator_types = ["parallel", "reduction"]}} '
        f"ins({value} : {kind}) outs({init} : {ROW}) {{\n"
        f"  ^bb0(%in: f32, %out: f32):\n"
        f"    %y = {combine} %in, %out : f32\n"
        f"    linalg.yield %y : f32\n  }} -> {ROW}"
    )


def dense(name, value):
    weight, bias, product = f"{name}_w", f"{name}_b", f"{name}_m"
    rows = ", ".join(numbers(WIDTH, 0.5) for _ in range(WIDTH))
    lines.append(f"  {weight} = arith.constant dense<[{rows}]> : {WEIGHT}")
    lines.append(f"  {bias} = arith.constant dense<{numbers(WIDTH, 0.1)}> : {BIAS}")
    lines.append(
        f"  {product} = linalg.matmul ins({value}, {weight} : {X}, {WEIGHT}) "
        f"outs(%zeros : {X}) -> {X}"
    )
    inputs = [(product, X, "#id"), (bias, BIAS, "#row")]
    elementwise(name, inputs, ["%y = arith.addf %i0, %i1"])


def layer_norm(name, value):
    total, centred = f"{name}_s", f"{name}_c"
    squares, variance = f"{name}_q", f"{name}_v"
    reduce(total, value, X, "arith.addf", "%row")
    elementwise(
        centred,
        [(value, X, "#id"), (total, ROW, "#keep")],
        ["%m = arith.divf %i1, %width", "%y = arith.subf %i0, %m"],
    )
    elementwise(squares, [(centred, X, "#id")], ["%y = arith.mulf %i0, %i0"])
    reduce(variance, squares, X, "arith.addf", "%row")
    elementwise(
        name,
        [(centred, X, "#id"), (variance, ROW, "#keep")],
        [
            "%m = arith.divf %i1, %width",
            "%p = arith.addf %m, %epsilon",
            "%r = math.rsqrt %p",
            "%y = arith.mulf %i0, %r",
        ],
    )


def softmax(name, value):
    def over(result, inputs, body):
        elementwise(result, inputs, body, SCORES, "%es")

    reduce(f"{name}_m", value, SCORES, "arith.maximumf", "%low")
    inputs = [(value, SCORES, "#id"), (f"{name}_m", ROW, "#keep")]
    over(f"{name}_d", inputs, ["%y = arith.subf %i0, %i1"])
    over(f"{name}_e", [(f"{name}_d", SCORES, "#id")], ["%y = math.exp %i0"])
    reduce(f"{name}_s", f"{name}_e", SCORES, "arith.addf", "%row")
    inputs = [(f"{name}_e", SCORES, "#id"), (f"{name}_s", ROW, "#keep")]
    over(name, inputs, ["%y = arith.divf %i0, %i1"])


def block():
    mask = ", ".join(
        "[" + ", ".join("0.0" if j <= i else "-10.0" for j in range(TOKENS)) + "]"
        for i in range(TOKENS)
    )
    lines.append(
        f"""\
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#keep = affine_map<(d0, d1) -> (d0)>
func.func @attention(%x: {X}) -> {X} {{
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %width = arith.constant {WIDTH}.0 : f32
  %scale = arith.constant {WIDTH ** -0.5:.9f} : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.707106769 : f32
  %mask = arith.constant dense<[{mask}]> : {SCORES}
  %e = tensor.empty() : {X}
  %er = tensor.empty() : {ROW}
  %es = tensor.empty() : {SCORES}
  %et = tensor.empty() : tensor<{WIDTH}x{TOKENS}xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : {X}) -> {X}
  %row = linalg.fill ins(%zero : f32) outs(%er : {ROW}) -> {ROW}
  %low = linalg.fill ins(%lowest : f32) outs(%er : {ROW}) -> {ROW}
  %zeros_s = linalg.fill ins(%zero : f32) outs(%es : {SCORES}) -> {SCORES}"""
    )
    layer_norm("%n1", "%x")
    for name in ["%q", "%k", "%v"]:
        dense(name, "%n1")
    lines.append(
        f"  %t = linalg.transpose ins(%k : {X}) "
        f"outs(%et : tensor<{WIDTH}x{TOKENS}xf32>) permutation = [1, 0]"
    )
    lines.append(
        f"  %qk = linalg.matmul ins(%q, %t : {X}, tensor<{WIDTH}x{TOKENS}xf32>) "
        f"outs(%zeros_s : {SCORES}) -> {SCORES}"
    )
    scores = [("%qk", SCORES, "#id")]
    elementwise("%scaled", scores, ["%y = arith.mulf %i0, %scale"], SCORES, "%es")
    scores = [("%scaled", SCORES, "#id"), ("%mask", SCORES, "#id")]
    elementwise("%masked", scores, ["%y = arith.addf %i0, %i1"], SCORES, "%es")
    softmax("%probs", "%masked")
    lines.append(
        f"  %context = linalg.matmul ins(%probs, %v : {SCORES}, {X}) "
        f"outs(%zeros : {X}) -> {X}"
    )
    dense("%o", "%context")
    add = ["%y = arith.addf %i0, %i1"]
    elementwise("%h", [("%x", X, "#id"), ("%o", X, "#id")], add)
    layer_norm("%n2", "%h")
    dense("%f", "%n2")
    elementwise(
        "%gelu",
        [("%f", X, "#id")],
        [
            "%a = arith.mulf %i0, %root",
            "%b = math.erf %a",
            "%c = arith.addf %b, %one",
            "%d = arith.mulf %i0, %half",
            "%y = arith.mulf %c, %d",
        ],
    )
    dense("%g", "%gelu")
    elementwise("%result", [("%h", X, "#id"), ("%g", X, "#id")], add)
    lines.append(f"  return %result : {X}\n}}\n")


def samples(path, count):
    values = (f"{rng.gauss(0, 1):.4f}" for _ in range(count * TOKENS * WIDTH))
    array = f"x=f32[{count},{TOKENS},{WIDTH}]:" + ",".join(values)
    npz = HERE.parents[1] / "Inputs" / "npz.py"
    subprocess.run([sys.executable, npz, "make", path, array], check=True)


folder = pathlib.Path(sys.argv[1])
block()
(folder / "attention.mlir").write_text("\n".join(lines))
samples(folder / "calibration.npz", CALIBRATION)
samples(folder / "evaluation.npz", EVALUATION)
