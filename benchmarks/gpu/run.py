#!/usr/bin/env python3
"""Runs what pack.py has put beside this file on this machine's GPU.

    python3 run.py [NAME ...]

For each model: whether every output of every sample has the bytes of the processor
(vector kernels, which add floats in another order, and plain loops, which it must
equal), the time of a call with buffers of the host, and the kernels that take longest. For each product (gemm_MxNxK): whether it equals PyTorch's,
and its time beside torch._int_mm and the fastest of cuBLASLt's algorithms, in one
process, by turns. Times are the least of several rounds, in us.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
TYPES = {
    "float": numpy.float32,
    "double": numpy.float64,
    "int8_t": numpy.int8,
    "uint8_t": numpy.uint8,
    "int16_t": numpy.int16,
    "uint16_t": numpy.uint16,
    "int32_t": numpy.int32,
    "int64_t": numpy.int64,
}


class Program(ctypes.Structure):
    """qopt_gpu_program of quantopt-runtime/Gpu.h."""

    _fields_ = (
        [
            (name, ctypes.c_void_p)
            for name in [
                "image",
                "names",
                "launches",
                "arguments",
                "dependencies",
                "inputs",
                "outputs",
                "constants",
                "places",
            ]
        ]
        + [
            (name, ctypes.c_int64)
            for name in [
                "launch_count",
                "input_count",
                "output_count",
                "constant_count",
                "memory_bytes",
            ]
        ]
        + [("state", ctypes.c_void_p)]
    )


FIELDS_OF_LAUNCH = 10


class Model:
    def __init__(self, name):
        self.library = ctypes.CDLL(str(HERE / f"{name}.so"))
        program = (HERE / f"{name}.program").read_text()
        self.program = Program.in_dll(self.library, program)

    def __call__(self, pointers):
        self.library.model(*[ctypes.c_void_p(p) for p in pointers])

    def time_launches(self, repeats):
        """(us, kernel, blocks, threads) of each launch."""
        count = self.program.launch_count
        times = (ctypes.c_double * count)()
        self.library.qopt_gpu_time(
            ctypes.byref(self.program), ctypes.c_int64(repeats), times
        )
        table = (ctypes.c_int64 * (FIELDS_OF_LAUNCH * count)).from_address(
            self.program.launches
        )
        launches = numpy.array(table).reshape(count, FIELDS_OF_LAUNCH)
        return [
            (
                ns / 1e3,
                ctypes.string_at(self.program.names + int(launch[0])).decode(),
                tuple(int(x) for x in launch[1:4]),
                int(launch[4]),
            )
            for ns, launch in zip(times, launches)
        ]


def read_parameters(name):
    """(is input, type, name, shape) of each parameter of the header's function."""
    text = (HERE / f"{name}.h").read_text()
    text = text[text.index("void model(") :]
    found = re.findall(r"(const )?(\w+) \*(\w+) /\* ([^*]*) \*/", text)
    return [
        (
            bool(constant),
            TYPES[kind],
            parameter,
            [] if shape.startswith("scalar") else [int(x) for x in shape.split()[0].split("x")],
        )
        for constant, kind, parameter, shape in found
    ]


def match_inputs(parameters, samples):
    """The array of each input: that of its name, else the next one that fits."""
    left = list(samples.files)
    inputs = [p for p in parameters if p[0]]
    matched = {p[2]: p[2] for p in inputs if p[2] in left}
    for _, kind, name, shape in inputs:
        if name in matched:
            continue
        matched[name] = next(
            key
            for key in left
            if key not in matched.values()
            # Headers declare unsigned storage as signed: the bytes are the same.
            and samples[key].dtype.itemsize == numpy.dtype(kind).itemsize
            and (samples[key].dtype.kind == "f") == (numpy.dtype(kind).kind == "f")
            and samples[key][0].size == numpy.prod(shape, dtype=int)
        )
    return matched


def check_model(name):
    parameters = read_parameters(name)
    model = Model(name)
    samples = numpy.load(HERE / f"{name}.inputs.npz")
    expected = {k: numpy.load(HERE / f"{name}.{k}.npz") for k in ["auto", "scalar"]}
    matched = match_inputs(parameters, samples)
    equal, outputs = {"auto": 0, "scalar": 0}, 0
    for sample in range(len(next(iter(samples.values())))):
        buffers = []
        for is_input, kind, parameter, shape in parameters:
            if is_input:
                data = samples[matched[parameter]][sample]
                buffers.append(numpy.ascontiguousarray(data))
            else:
                # No byte of it may stay.
                buffers.append(numpy.full(shape, 77, kind))
        model([b.ctypes.data for b in buffers])
        results = [b for b, p in zip(buffers, parameters) if not p[0]]
        for key, reference in expected.items():
            for result, file in zip(results, reference.files):
                equal[key] += result.tobytes() == reference[file][sample].tobytes()
        outputs += len(results)
    best = float("inf")
    for _ in range(200):
        start = time.perf_counter()
        model([b.ctypes.data for b in buffers])
        best = min(best, time.perf_counter() - start)
    launches = model.time_launches(20)
    longest = sorted(launches, reverse=True)[:3]
    print(
        f"{name:16s} equal {equal['auto']}/{outputs} vector {equal['scalar']}/{outputs} "
        f"scalar, {best * 1e6:.0f} us, {len(launches)} kernels: "
        + ", ".join(f"{kernel} {us:.1f}" for us, kernel, _, _ in longest),
        flush=True,
    )
    return equal["scalar"] == outputs


def build_cublas():
    """A program that times cuBLASLt; null without nvcc."""
    target = pathlib.Path(tempfile.gettempdir()) / "quantopt-cublas"
    try:
        subprocess.run(
            ["nvcc", "-O2", "-o", target, HERE / "cublas.cu", "-lcublasLt"],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return target


def check_products(names):
    import torch

    cublas = build_cublas()
    good = True
    for name in names:
        shape = name.removeprefix("gemm_")
        rows, columns, terms = (int(size) for size in shape.split("x"))
        weights = numpy.random.default_rng(columns * terms).integers(
            -127, 128, (terms, columns), dtype=numpy.int8
        )
        left = torch.randint(-128, 128, (rows, terms), dtype=torch.int8, device="cuda")
        right = torch.from_numpy(numpy.ascontiguousarray(weights.T)).cuda().t()
        result = torch.full((rows, columns), 77, dtype=torch.int32, device="cuda")
        torch.cuda.synchronize()
        model = Model(name)
        model([left.data_ptr(), result.data_ptr()])
        is_equal = bool((torch._int_mm(left, right) == result).all())
        good &= is_equal
        ours, theirs = [], []
        for _ in range(7):
            ours.append(sum(launch[0] for launch in model.time_launches(50)))
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            torch._int_mm(left, right)
            begin.record()
            for _ in range(50):
                torch._int_mm(left, right)
            end.record()
            torch.cuda.synchronize()
            theirs.append(begin.elapsed_time(end) * 1e3 / 50)
        line = f"{name:24s} equal {is_equal}, {min(ours):.1f} us = "
        line += f"{2 * rows * columns * terms / min(ours) / 1e6:.0f} TOPS"
        line += f", torch._int_mm {min(theirs):.1f}"
        if cublas:
            text = subprocess.run(
                [cublas, str(rows), str(columns), str(terms)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            line += f", cuBLASLt {float(text):.1f}"
        print(line, flush=True)
    return good


def in_child(function, *arguments):
    """Whether it returned true, in a process of its own: a GPU's error ends it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if function(*arguments) else 1
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def main():
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.so"))
    products = [name for name in names if name.startswith("gemm_")]
    good = not products or in_child(check_products, products)
    for name in names:
        if name not in products and not in_child(check_model, name):
            print(f"{name}: FAILED", flush=True)
            good = False
    sys.exit(0 if good else 1)


main()
