#!/usr/bin/env python3
"""Runs a model on several processors and fails where one byte of an output differs.

usage: targets.py MODEL.mlir SAMPLES.npz FOLDER [--cpus=NAME,...] [--qemu-aarch64=COMMAND]
                  [--qemu-arm=COMMAND] [--gpu=FOLDER]
       needs quant-run, for emulators quant-compile and the cross compiler on PATH too;
       FOLDER is for what it writes

Scalar code and vector code for this machine always run, then code for each of --cpus,
which this machine must be able to run, for kinds of Arm under their emulators, of 64
and of 32 bits, and for a GPU: FOLDER has a libcuda.so.1, which need not have one. Lit's %targets is the options for the machine at hand.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import npz  # noqa: E402

# Of 64 bits with plain vectors, dot products, matrix products; of 32 bits without and with
# vectors: what code is generated for, and what the emulator is. It has no more instructions
# than the target's name says.
ARM = {
    "cortex-a53": ("aarch64", ["--cpu=cortex-a53"], ["-cpu", "cortex-a53"]),
    "cortex-a76": ("aarch64", ["--cpu=cortex-a76"], ["-cpu", "cortex-a76"]),
    "neoverse-n2": ("aarch64", ["--cpu=neoverse-n2"], ["-cpu", "max"]),
    "armv7": ("arm", ["--features=-neon"], []),
    "armv7-neon": ("arm", ["--features=+neon"], []),
}
# How compilers spell them.
TRIPLES = {"aarch64": "aarch64-linux-gnu", "arm": "armv7-linux-gnueabihf"}
COMPILERS = {"aarch64": "aarch64-linux-gnu-gcc", "arm": "arm-linux-gnueabihf-gcc"}
WIDTHS = {"int8_t": 1, "int16_t": 2, "int32_t": 4, "int64_t": 8, "float": 4, "double": 8}


def add_options(parser):
    parser.add_argument("--cpus", default="", help="processors that this machine can be")
    for kind in TRIPLES:
        parser.add_argument(f"--qemu-{kind}", default="", help="the emulator's command")
    parser.add_argument("--gpu", default="", help="where the driver of a GPU is")


def emulator_of(target, options):
    """The command of the emulator for `target`; none where there is none."""
    return getattr(options, f"qemu_{ARM[target][0]}")


def names(options):
    """Of every target."""
    cpus = [cpu for cpu in options.cpus.split(",") if cpu]
    arms = [target for target in ARM if emulator_of(target, options)]
    return ["scalar", "native", *cpus, *arms, *(["gpu"] if options.gpu else [])]


def run_here(model, samples, folder, arguments, driver=""):
    path = folder / f"{model.stem}.outputs.npz"
    command = ["quant-run", model, f"--inputs={samples}", f"--outputs={path}", *arguments]
    environment = {**os.environ, "LD_LIBRARY_PATH": driver} if driver else None
    subprocess.run(
        [*command, "--non-finite=ignore"],
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    return list(npz.read(path))


def driver(header, function):
    """A C program that reads the inputs of samples and writes the outputs, and the
    header's parameters: whether each is an input, its name, and its bytes."""
    text = pathlib.Path(header).read_text()
    declared = re.search(rf"void {function}\((.*?)\);", text, re.S).group(1)
    found = re.findall(r"(const )?(\w+) \*(\w+) /\* ([\dx]*) \*/", declared)
    parameters, buffers, reads, writes = [], [], [], []
    for constant, kind, name, sizes in found:
        count = 1
        for size in filter(None, sizes.split("x")):
            count *= int(size)
        parameters.append((bool(constant), name, count * WIDTHS[kind]))
        buffers.append(f"static _Alignas(64) {kind} {name}[{count}];")
        if constant:
            reads.append(f"fread({name}, sizeof {name}, 1, stdin) == 1")
        else:
            writes.append(f"fwrite({name}, sizeof {name}, 1, stdout) == 1")
    passed = ", ".join(name for _, name, _ in parameters)
    lines = [f'#include "{header}"', "#include <stdio.h>", *buffers, "int main(void) {"]
    lines += [f"  while ({' && '.join(reads)}) {{", f"    {function}({passed});"]
    lines += [f"    if (!({' && '.join(writes)}))", "      return 1;", "  }", "  return 0;", "}"]
    return "\n".join(lines) + "\n", parameters


def run_arm(model, samples, folder, target, emulator):
    """The bytes of each output. Inputs take the array of their name, else of their place."""
    kind, features, machine = ARM[target]
    base = (folder / f"{model.stem}.{target}").resolve()
    command = ["quant-compile", model, "--emit=obj", "--name=model", *features]
    command += [f"--triple={TRIPLES[kind]}", "-o", f"{base}.o", f"--header={base}.h"]
    subprocess.run(command, check=True)
    source, parameters = driver(f"{base}.h", "model")
    pathlib.Path(f"{base}.c").write_text(source)
    compiler = [COMPILERS[kind], "-std=c11", f"{base}.c", f"{base}.o", "-lm"]
    subprocess.run([*compiler, "-o", base], check=True)

    arrays = list(npz.read(samples))
    named = {name: data for name, _, _, data in arrays}
    inputs = [(name, size) for constant, name, size in parameters if constant]
    data = [named.get(name, arrays[i][3]) for i, (name, _) in enumerate(inputs)]
    count = arrays[0][2][0]
    fed = b"".join(
        part[sample * size : (sample + 1) * size]
        for sample in range(count)
        for part, (_, size) in zip(data, inputs)
    )
    command = [*shlex.split(emulator), *machine, base]
    written = subprocess.run(command, input=fed, check=True, stdout=subprocess.PIPE).stdout
    sizes = [size for constant, _, size in parameters if not constant]
    assert len(written) == count * sum(sizes), (len(written), count, sizes)
    outputs, at = [b""] * len(sizes), 0
    for _ in range(count):
        for i, size in enumerate(sizes):
            outputs[i] += written[at : at + size]
            at += size
    return outputs


def run(model, samples, folder, options):
    """What npz.read gives of the outputs, which are the same on all targets."""
    model, folder = pathlib.Path(model), pathlib.Path(folder)
    first = run_here(model, samples, folder, ["--kernels=scalar"])
    expected = [data for _, _, _, data in first]
    for target in names(options)[1:]:
        if target in ARM:
            found = run_arm(model, samples, folder, target, emulator_of(target, options))
        elif target == "gpu":
            cuda = ["--device=cuda"]
            found = [data for *_, data in run_here(model, samples, folder, cuda, options.gpu)]
        else:
            cpu = f"--cpu={target}"
            found = [data for *_, data in run_here(model, samples, folder, [cpu])]
        assert len(found) == len(expected), (model, target)
        for i, (ours, scalar) in enumerate(zip(found, expected)):
            assert ours == scalar, f"{model}: output {i} on {target} is not that of scalar code"
    return first


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "samples", "folder"):
        parser.add_argument(name)
    add_options(parser)
    options = parser.parse_args()
    pathlib.Path(options.folder).mkdir(parents=True, exist_ok=True)
    run(options.model, options.samples, options.folder, options)
    print("the same bytes on", ", ".join(names(options)))


if __name__ == "__main__":
    main()
