#!/usr/bin/env python3
"""Runs upstream's lowering of tosa.rescale and tosa.apply_scale, and ours of the same
rescaling, and says how many values differ.

usage: contract-tosa.py QUANTMATH FOLDER [TARGETS]
       QUANTMATH is quantmath.cpp as a program; needs mlir-opt-22 as MLIR_OPT in the
       environment and what test/Inputs/targets.py needs on PATH; FOLDER is for what it
       writes, TARGETS are the options of targets.py

Upstream's side is brought to linalg and arith by its own passes, with 64 and with 32 bit
arithmetic, and run by the plain lowering; the two must agree. Ours are qopt.requantize on
all targets, which must agree, and QuantMath.h.
"""

import argparse
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
from array import array

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import contract as runner  # noqa: E402
from contract import CODES, RANGES, contract as cases, npz, targets  # noqa: E402
from cases import Tensor  # noqa: E402

PIPELINE = (
    "builtin.module(func.func(tosa-to-linalg),"
    "tosa-to-arith{{include-apply-rescale=true use-32-bit={}}})"
)
MODES = {"SINGLE_ROUND": "q31_single", "DOUBLE_ROUND": "q31_double"}


def tosa_scale(real, bits):
    """TOSA's multiplier and shift: real = multiplier / 2^shift, `bits` of them."""
    fraction, exponent = math.frexp(real)
    multiplier = math.floor(fraction * 2**bits + 0.5)
    if multiplier == 2**bits:
        multiplier, exponent = multiplier // 2, exponent + 1
    return multiplier, bits - exponent


def domain(shift):
    """Values that TOSA allows: in [-2^(shift - 1), 2^(shift - 1))."""
    return 2 ** min(shift - 1, 31)


def rescale_cases():
    """Name, input and output: every kind of storage, scales from 2^-20 to 5.3."""
    stored = lambda d, s, z: Tensor(d, s, z, values=cases.every(d))  # noqa: E731
    made = [
        ("i8_to_i8", stored("i8", 0.037, 5), Tensor("i8", 0.1, -3)),
        ("i8_to_i8_quarter", stored("i8", 0.1, 0), Tensor("i8", 0.4, 0)),
        ("i8_to_u8", stored("i8", 0.05, -3), Tensor("u8", 0.05, 125)),
        ("u8_to_i8", stored("u8", 0.02, 30), Tensor("i8", 0.031, 5)),
        ("i16_to_i8", stored("i16", 0.001, 0), Tensor("i8", 0.2, -5)),
        ("i8_to_i16", stored("i8", 0.1, 7), Tensor("i16", 0.0031, 0)),
    ]
    for name, scale, out in (
        ("i32_to_i8_small", 1e-7, Tensor("i8", 0.7, -5)),
        ("i32_to_i8_hundredth", 0.01, Tensor("i8", 1.0, 4)),
        ("i32_to_i8_quarter", 0.25, Tensor("i8", 1.0, 3)),
        ("i32_to_i16_half", 0.5, Tensor("i16", 1.0, 0)),
        ("i32_to_i16_small", 3e-6, Tensor("i16", 0.11, 0)),
        ("i32_to_i16_larger", 5.3, Tensor("i16", 1.0, 0)),
    ):
        _, shift = tosa_scale(cases.f32(scale) / out.scale, 31)
        x = Tensor("i32", scale, 0, values=cases.accumulators(limit=domain(shift)))
        made.append((name, x, out))
    for _, x, out in made:
        out.shape = x.shape
    return made


def tosa_line(name, x, out, mode):
    """Lines of tosa that rescale %NAME, and of what."""
    multiplier, shift = tosa_scale(x.scale / out.scale, 31)
    unsigned = lambda t: str(t.dtype == "u8").lower()  # noqa: E731
    zero = lambda t: t.zero - 256 if t.dtype == "u8" and t.zero > 127 else t.zero  # noqa: E731
    constants = [
        (multiplier, "i32"),
        (shift, "i8"),
        (zero(x), x.element()),
        (zero(out), out.element()),
    ]
    lines = [
        f'  %{name}_{i} = "tosa.const"() {{values = dense<{v}> : tensor<1x{t}>}} : () -> tensor<1x{t}>'
        for i, (v, t) in enumerate(constants)
    ]
    operands = ", ".join(f"%{name}_{i}" for i in range(4))
    types = ", ".join(f"tensor<1x{t}>" for _, t in constants)
    lines.append(
        f"  %{name}_y = tosa.rescale %{name}, {operands} {{scale32 = true, rounding_mode = {mode}, "
        f"per_channel = false, input_unsigned = {unsigned(x)}, output_unsigned = {unsigned(out)}}}"
        f" : ({x.type()}, {types}) -> {out.type()}"
    )
    return "\n".join(lines)


def module(made, lines):
    arguments = ", ".join(f'%{n}: {x.type()} {{qopt.name = "{n}"}}' for n, x, _ in made)
    types = ", ".join(out.type() for _, _, out in made)
    results = ", ".join(f"%{n}_y" for n, _, _ in made)
    return (
        f"func.func @main({arguments}) -> ({types}) {{\n"
        + "\n".join(lines)
        + f"\n  return {results} : {types}\n}}\n"
    )


def run(path, samples, options):
    return [data for *_, data in targets.run(path, samples, path.parent, options)]


def run_scalar(path, samples):
    found = targets.run_here(path, samples, path.parent, ["--kernels=scalar"])
    return [data for *_, data in found]


def run_upstream(text, path, samples):
    """By upstream's passes, with arithmetic of 64 and of 32 bits."""
    source = path.with_suffix(".mlir")
    source.write_text(text)
    results = []
    for narrow in ("false", "true"):
        lowered = path.with_suffix(f".{narrow}.mlir")
        command = [os.environ["MLIR_OPT"], source, "-o", lowered]
        subprocess.run(command + [f"--pass-pipeline={PIPELINE.format(narrow)}"], check=True)
        results.append(run_scalar(lowered, samples))
    return results


def by_quantmath(program, rule, x, scale, zero, low, high):
    values = struct.pack(f"<{len(x)}q", *x)
    command = [program, rule, *map(str, (*scale, zero, low, high))]
    done = subprocess.run(command, input=values, check=True, stdout=subprocess.PIPE)
    result = array("i")
    result.frombytes(done.stdout)
    return result


def rescale(program, folder, options):
    made = rescale_cases()
    samples = folder / "rescale.npz"
    runner.write_samples(samples, {name: x for name, x, _ in made})
    ours = {}
    for mode in cases.NUMERICS:
        lines = [
            f"  %{n}_y = qopt.requantize %{n} from {x.quantized()} to {out.quantized()} "
            f"{{numerics = #qopt.numerics<{cases.NUMERICS[mode]}>}} : {x.type()} -> {out.type()}"
            for n, x, out in made
        ]
        path = folder / f"{mode}.mlir"
        path.write_text(module(made, lines))
        ours[mode] = run(path, samples, options)
    for mode, own in MODES.items():
        text = module(made, [tosa_line(*case, mode) for case in made])
        upstream, narrow = run_upstream(text, folder / mode, samples)
        for i, (name, x, out) in enumerate(made):
            assert upstream[i] == narrow[i], f"{name} {mode}: 32 and 64 bits differ"
            # QuantMath's apply_scale is upstream's, too.
            found = by_quantmath(
                program,
                "tosa32-single" if mode == "SINGLE_ROUND" else "tosa32-double",
                [v - x.zero for v in x.values],
                tosa_scale(x.scale / out.scale, 31),
                out.zero,
                *RANGES[out.dtype],
            )
            theirs = array(CODES[out.dtype])
            theirs.frombytes(upstream[i])
            assert list(found) == list(theirs), f"{name} {mode}: QuantMath differs"
            for other in cases.NUMERICS if mode == "SINGLE_ROUND" else (own,):
                differ, most = runner.compare(ours[other][i], upstream[i], out.dtype)
                most = f" by at most {most}" if differ else ""
                print(f"{mode} {name} {other}: {len(theirs)} values, {differ} differ{most}")


def per_channel(folder, options):
    """One multiplier for each index of the last dimension."""
    scales = [cases.f32(v) for v in (0.01, 0.25, 3e-6, 0.0371, 0.5, 1e-7, 0.3, 0.0078125)]
    out = Tensor("i8", 1.0, -5)
    pairs = [tosa_scale(scale, 31) for scale in scales]
    limit = min(domain(shift) for _, shift in pairs)
    values = cases.accumulators(limit=limit)
    x = Tensor("i32", values=values[: len(values) // 8 * 8])
    x.shape = out.shape = (len(x.values) // 8, 8)
    samples = folder / "per_channel.npz"
    runner.write_samples(samples, {"x": x})
    multipliers = ", ".join(str(m) for m, _ in pairs)
    shifts = ", ".join(str(s) for _, s in pairs)
    listed = ",".join(f"{s!r}" if "." in repr(s) else repr(s).replace("e", ".0e") for s in scales)
    for mode, own in MODES.items():
        tosa = f"""  %m = "tosa.const"() {{values = dense<[{multipliers}]> : tensor<8xi32>}} : () -> tensor<8xi32>
  %s = "tosa.const"() {{values = dense<[{shifts}]> : tensor<8xi8>}} : () -> tensor<8xi8>
  %zi = "tosa.const"() {{values = dense<0> : tensor<1xi32>}} : () -> tensor<1xi32>
  %zo = "tosa.const"() {{values = dense<{out.zero}> : tensor<1xi8>}} : () -> tensor<1xi8>
  %x_y = tosa.rescale %x, %m, %s, %zi, %zo {{scale32 = true, rounding_mode = {mode}, per_channel = true, input_unsigned = false, output_unsigned = false}} : ({x.type()}, tensor<8xi32>, tensor<8xi8>, tensor<1xi32>, tensor<1xi8>) -> {out.type()}"""
        made = [("x", x, out)]
        (upstream,), narrow = run_upstream(
            module(made, [tosa]), folder / f"channels_{mode}", samples
        )
        assert [upstream] == narrow, f"per_channel {mode}: 32 and 64 bits differ"
        path = folder / f"channels_{own}.mlir"
        line = (
            f"  %x_y = qopt.requantize %x from !quant.uniform<i32:f32:1, {{{listed}}}> to "
            f"{out.quantized()} {{numerics = #qopt.numerics<{cases.NUMERICS[own]}>}} : "
            f"{x.type()} -> {out.type()}"
        )
        path.write_text(module(made, [line]))
        ours = run(path, samples, options)
        differ, most = runner.compare(ours[0], upstream, "i8")
        most = f" by at most {most}" if differ else ""
        print(f"{mode} per_channel {own}: {len(x.values)} values, {differ} differ{most}")


def apply_scale_16(program, folder):
    """A 48-bit accumulator and a multiplier of 15 bits, as of 16-bit activations. No
    operation of ours has it; it is a function of QuantMath."""
    source = random.Random(48)
    for real in (0.37, 0.01, 2e-5, 1e-9):
        multiplier, shift = tosa_scale(real, 15)
        # The result must fit 32 bits.
        limit = min(2**47, ((2**31 - 1) << shift) // multiplier - 1)
        values = {0, 1, -1, limit - 1, -limit}
        while len(values) < 1 << 16:
            value = (source.getrandbits(48) - (1 << 47)) >> source.randrange(40)
            if -limit <= value < limit:
                values.add(value)
        x = array("q", sorted(values))
        size = f"{len(x)}x"
        text = f"""func.func @main(%x: tensor<{size}i64> {{qopt.name = "x"}}) -> tensor<{size}i32> {{
  %e = tensor.empty() : tensor<{size}i32>
  %m = arith.constant {multiplier} : i32
  %s = arith.constant {shift} : i8
  %y = linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}} ins(%x : tensor<{size}i64>) outs(%e : tensor<{size}i32>) {{
  ^bb0(%i: i64, %o: i32):
    %v = arith.trunci %i : i64 to i48
    %r = tosa.apply_scale %v, %m, %s {{rounding_mode = SINGLE_ROUND}} : (i48, i32, i8) -> i32
    linalg.yield %r : i32
  }} -> tensor<{size}i32>
  return %y : tensor<{size}i32>
}}
"""
        samples = folder / "apply_scale.npz"
        tensor = Tensor("i32", shape=(len(x),), values=x)
        tensor.dtype = "i64"
        runner.write_samples(samples, {"x": tensor})
        (upstream,), _ = run_upstream(text, folder / "apply_scale", samples)
        found = by_quantmath(
            program, "tosa16", x, (multiplier, shift), 0, *RANGES["i32"]
        )
        differ, _ = runner.compare(found.tobytes(), upstream, "i32")
        print(f"apply_scale_16 {real}: {len(x)} values, {differ} differ")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("quantmath")
    parser.add_argument("folder")
    targets.add_options(parser)
    options = parser.parse_args()
    program, folder = options.quantmath, pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    rescale(program, folder, options)
    per_channel(folder, options)
    apply_scale_16(program, folder)
    print("the same bytes on", ", ".join(targets.names(options)))


if __name__ == "__main__":
    main()
