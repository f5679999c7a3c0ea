#!/usr/bin/env python3
"""Runs the cases of the numeric contract, compares them with a reference, and says how
many values differ.

usage: contract.py REFERENCE FOLDER [TARGETS]        REFERENCE: onnx, ort, litert, exact
       needs quant-opt and what test/Inputs/targets.py needs on PATH; FOLDER is for what it
       writes, TARGETS are the options of targets.py

A line for each case and mode of ours:

  litert add half_away: 65536 values, 113 differ by at most 1

A difference of real values is counted in units of the last place. All targets must agree
bit for bit, or it fails; the last line names them. References are the .npz files that
utils/make-reference-vectors.py wrote, and `exact`: the formulas in Python's integers.
"""

import argparse
import math
import pathlib
import re
import struct
import subprocess
import sys
import zipfile
from array import array

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Inputs" / "contract"))
import cases as contract  # noqa: E402
import npz  # noqa: E402
import targets  # noqa: E402
from cases import CODES, RANGES, f32  # noqa: E402


def module_of(cases, mode):
    """A module whose one function computes all cases in the given mode."""
    arguments, lines, returned, types = [], [], [], []
    for case in cases:
        inputs = [f"%{case.name}_x{i}" for i in range(len(case.inputs))]
        for name, tensor in zip(inputs, case.inputs):
            arguments.append(f'{name}: {tensor.type()} {{qopt.name = "{name[1:]}"}}')
        body = contract.body_of(case, [f"%x{i}" for i in range(len(case.inputs))])
        lines.append(re.sub(r"%(\w+)", rf"%{case.name}_\1", f"  {body}"))
        for suffix, tensor in case.outputs():
            returned.append(f"%{case.name}_{suffix}")
            types.append(tensor.type())
    body = "\n".join(lines)
    return f"""module attributes {{qopt.numerics = #qopt.numerics<{contract.NUMERICS[mode]}>}} {{
func.func @main({", ".join(arguments)}) -> ({", ".join(types)}) {{
{body}
  return {", ".join(returned)} : {", ".join(types)}
}}
}}
"""


def run_ours(cases, mode, folder, options):
    """The type and the bytes of every output of every case, by name, the same on all
    targets."""
    model, folded = folder / f"{mode}.mlir", folder / f"{mode}.folded.mlir"
    model.write_text(module_of(cases, mode))
    subprocess.run(["quant-opt", model, "--qopt-fold-qdq", "-o", folded], check=True)
    inputs = folder / f"{mode}.inputs.npz"
    write_samples(
        inputs,
        {f"{c.name}_x{i}": tensor for c in cases for i, tensor in enumerate(c.inputs)},
    )
    names = [
        (case.name if suffix == "y" else f"{case.name}.{suffix}", tensor.dtype)
        for case in cases
        for suffix, tensor in case.outputs()
    ]
    found = targets.run(folded, inputs, folder, options)
    assert len(found) == len(names), (len(found), len(names))
    return {name: (dtype, run[3]) for (name, dtype), run in zip(names, found)}


def write_samples(path, tensors):
    """An .npz of one sample."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, tensor in tensors.items():
            descr, _ = npz.TYPES[tensor.dtype]
            data = npz.npy(descr, (1, *tensor.shape), tensor.values.tobytes())
            archive.writestr(f"{name}.npy", data)


# ---------------------------------------------------------------------------------------
# The formulas, in integers
# ---------------------------------------------------------------------------------------

# A double holds every value here exactly, so adding a half and rounding down is exact.
EXACT = {
    "half_even": round,
    "half_away": lambda v: int(math.copysign(math.floor(abs(v) + 0.5), v)),
    "half_up": lambda v: math.floor(v + 0.5),
}


def exact(case, mode):
    x, out = case.inputs[0], case.output
    low, high = RANGES[out.dtype]
    if case.kind == "quantize":
        real = (v / out.scale for v in x.values)
    else:
        multiplier = f32(x.scale / out.scale)
        real = (f32(v - x.zero) * multiplier for v in x.values)
    result = array(CODES[out.dtype])
    for value in real:
        if math.isnan(value):
            result.append(low)
        elif abs(value) > 2**40:  # far out of range, where f32 may be infinite
            result.append(high if value > 0 else low)
        else:
            result.append(max(low, min(high, EXACT[mode](f32(value)) + out.zero)))
    return {case.name: result.tobytes()}


# ---------------------------------------------------------------------------------------
# Comparison
# ---------------------------------------------------------------------------------------


def compare(ours, reference, dtype):
    """How many elements differ, and by how much at most."""
    if ours == reference:
        return 0, 0
    code = CODES["i32" if dtype == "f32" else dtype]
    a, b = array(code), array(code)
    a.frombytes(ours)
    b.frombytes(reference)
    assert len(a) == len(b), (len(a), len(b))
    gaps = [abs(p - q) for p, q in zip(a, b) if p != q]
    return len(gaps), max(gaps, default=0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reference")
    parser.add_argument("folder")
    targets.add_options(parser)
    options = parser.parse_args()
    reference, folder = options.reference, pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    cases = contract.make_cases(reference)
    golden = {}
    if reference != "exact":
        golden = contract.read_packed(HERE.parents[1] / "Inputs/contract" / f"{reference}.npz")
    lines = {}
    for mode in contract.NUMERICS:
        chosen = [c for c in cases if mode in c.modes[reference]]
        if not chosen:
            continue
        ours = run_ours(chosen, mode, folder, options)
        if reference == "exact":
            golden = {}
            for case in chosen:
                golden.update(exact(case, mode))
        for name, (dtype, data) in ours.items():
            count = len(data) // struct.calcsize(CODES[dtype])
            differ, most = compare(data, golden[name], dtype)
            most = f" by at most {most}" if differ else ""
            lines.setdefault(name, []).append(
                f"{reference} {name} {mode}: {count} values, {differ} differ{most}"
            )
    for group in lines.values():
        print("\n".join(group))
    print("the same bytes on", ", ".join(targets.names(options)))


if __name__ == "__main__":
    main()
