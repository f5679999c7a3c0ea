#!/usr/bin/env python3
"""Writes a module of many small contractions in i8, and samples for it.

  sweep.py SEED MODULE SAMPLES [--count=N] [--low=N] [--wide=N]

Products of matrices with every dimension from 1 to 70 and convolutions with
strides, dilations and groups, all on one buffer of quantized values, all results
behind each other in one i32 tensor. Weights and activations stand where targets
may go wrong: at both ends of their range, and in pairs whose products just fit
in 16 bits and just do not. Modules of odd seeds read some activations as
unsigned bytes. With --low, products have no dimension that is smaller; with --wide,
they and convolutions have so many columns: what takes setting up pays off then.
"""

import os
import sys

sys.path.insert(
    0, os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, os.pardir, "Inputs")
)
import npz

from kernels import Numbers, nested, tensor

LENGTH = 6000
EDGES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 70)


class Sweep:
    def __init__(self, seed, low, wide):
        self.low = low
        self.wide = wide
        self.numbers = Numbers()
        self.numbers.state += seed * 7919
        self.seed = seed
        self.lines = []
        self.results = []

    def pick(self, choices):
        return choices[self.numbers.next(0, len(choices) - 1)]

    def size(self, high=70, low=1):
        if self.numbers.next(0, 1):
            return self.pick([edge for edge in EDGES if low <= edge <= high])
        return self.numbers.next(low, high)

    def columns(self, size):
        """So many, or about as many as asked for: whole vectors and parts of one."""
        return self.wide + size - 17 if self.wide else size

    def weights(self, count):
        """A rule for each target's proof to hold, to fail, and just to do so."""
        next_number = self.numbers.next
        rule = self.pick(("full", "half", "ends", "inside", "over"))
        if rule == "full":
            return [next_number(-127, 127) for _ in range(count)]
        if rule == "half":
            return [next_number(-64, 64) for _ in range(count)]
        if rule == "ends":
            return [self.pick((-128, -127, 127, 126)) for _ in range(count)]
        values = [self.pick((64, -64, 64, -64, 0)) for _ in range(count)]
        if rule == "over":
            values[next_number(0, count - 1)] = self.pick((65, -65, 127, -128))
        return values

    def constant(self, name, shape):
        count = 1
        for size in shape:
            count *= size
        self.lines.append(
            f"%{name} = arith.constant dense<{nested(self.weights(count), shape)}> : {tensor(shape, 'i8')}"
        )

    def activations(self, name, shape):
        """A part of the quantized input, from a place of its own."""
        count = 1
        for size in shape:
            count *= size
        first = self.numbers.next(0, LENGTH - count)
        self.lines.append(
            f"%{name}f = tensor.extract_slice %q[{first}] [{count}] [1] : {tensor([LENGTH], 'i8')} to {tensor([count], 'i8')}"
        )
        axes = list(range(len(shape)))
        self.lines.append(
            f"%{name} = tensor.expand_shape %{name}f [{axes}] output_shape {shape} : "
            f"{tensor([count], 'i8')} into {tensor(shape, 'i8')}"
        )

    def start(self, name, shape):
        i32 = tensor(shape, "i32")
        bias = self.numbers.next(-5000, 5000)
        self.lines += [
            f"%{name}z = arith.constant {bias} : i32",
            f"%{name}e = tensor.empty() : {i32}",
            f"%{name} = linalg.fill ins(%{name}z : i32) outs(%{name}e : {i32}) -> {i32}",
        ]

    def matmul(self, index):
        m, n, k = (self.size(low=self.low) for _ in range(3))
        n = self.columns(n)
        is_unsigned = self.seed % 2 and index % 3 == 0
        transposed = self.numbers.next(0, 1)
        a, w, c = f"a{index}", f"w{index}", f"c{index}"
        self.activations(a, [m, k])
        self.constant(w, [n, k] if transposed else [k, n])
        self.start(c, [m, n])
        maps = [
            "affine_map<(m, n, k) -> (m, k)>",
            "affine_map<(m, n, k) -> (n, k)>" if transposed else "affine_map<(m, n, k) -> (k, n)>",
            "affine_map<(m, n, k) -> (m, n)>",
        ]
        weights = tensor([n, k] if transposed else [k, n], "i8")
        self.lines.append(
            f"%r{index} = linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = "
            f'["parallel", "parallel", "reduction"]}} ins(%{a}, %{w} : {tensor([m, k], "i8")}, {weights}) '
            f"outs(%{c} : {tensor([m, n], 'i32')}) {{\n^bb0(%x: i8, %y: i8, %z: i32):\n"
            f"  %x1 = arith.{'extui' if is_unsigned else 'extsi'} %x : i8 to i32\n"
            "  %y1 = arith.extsi %y : i8 to i32\n  %p = arith.muli %x1, %y1 : i32\n"
            "  %s = arith.addi %z, %p : i32\n  linalg.yield %s : i32\n"
            f"}} -> {tensor([m, n], 'i32')}"
        )
        self.results.append((f"r{index}", [m, n]))

    def conv(self, index):
        channels, filters = self.size(33), self.columns(self.size(33))
        stride, dilation, kernel = (self.numbers.next(1, n) for n in (2, 2, 3))
        height, width = (dilation * (kernel - 1) + 1 + self.numbers.next(0, 5) for _ in range(2))
        out = [(size - dilation * (kernel - 1) - 1) // stride + 1 for size in (height, width)]
        a, w, c = f"a{index}", f"w{index}", f"c{index}"
        groups = self.pick((1, 1, 2))
        if groups == 1:
            shapes = [1, height, width, channels], [kernel, kernel, channels, filters], [1, *out, filters]
            name = "linalg.conv_2d_nhwc_hwcf"
        else:
            channels = min(channels, 16)
            shapes = (
                [1, groups, channels, height, width],
                [groups, filters, channels, kernel, kernel],
                [1, groups, filters, *out],
            )
            name = "linalg.conv_2d_ngchw_gfchw"
        self.activations(a, shapes[0])
        self.constant(w, shapes[1])
        self.start(c, shapes[2])
        self.lines.append(
            f"%r{index} = {name} {{dilations = dense<{dilation}> : vector<2xi64>, "
            f"strides = dense<{stride}> : vector<2xi64>}} ins(%{a}, %{w} : {tensor(shapes[0], 'i8')}, "
            f"{tensor(shapes[1], 'i8')}) outs(%{c} : {tensor(shapes[2], 'i32')}) -> {tensor(shapes[2], 'i32')}"
        )
        self.results.append((f"r{index}", shapes[2]))

    def module(self, count):
        for index in range(count):
            if index % 4 == 3:
                self.conv(index)
            else:
                self.matmul(index)
        lines, parts, total = self.lines, [], 0
        for name, shape in self.results:
            size = 1
            for extent in shape:
                size *= extent
            flat = tensor([size], "i32")
            lines.append(
                f"%{name}f = tensor.collapse_shape %{name} [{list(range(len(shape)))}] : {tensor(shape, 'i32')} into {flat}"
            )
            parts.append((f"%{name}f", flat))
            total += size
        lines.append(
            f"%all = tensor.concat dim(0) {', '.join(p for p, _ in parts)} : "
            f"({', '.join(t for _, t in parts)}) -> {tensor([total], 'i32')}"
        )
        body = "\n".join(lines)
        return (
            f"func.func @sweep(%input: {tensor([LENGTH], 'f32')}) -> {tensor([total], 'i32')} {{\n"
            f"%q = qopt.quantize %input as !quant.uniform<i8:f32, 1.0> : {tensor([LENGTH], 'f32')} -> {tensor([LENGTH], 'i8')}\n"
            f"{body}\nreturn %all : {tensor([total], 'i32')}\n}}\n"
        )

    def samples(self):
        """Any values, then only the ends: both as bytes with a sign and without."""
        values = [self.numbers.next(-128, 127) for _ in range(LENGTH)]
        values += [self.pick((127, 127, 127, -128, -128, -1, 0)) for _ in range(LENGTH)]
        values += [self.pick((127, -1)) for _ in range(LENGTH)]
        return f"x=f32[3,{LENGTH}]:" + ",".join(map(str, values))


def main():
    seed, module, samples = sys.argv[1:4]
    options = dict(argument.split("=", 1) for argument in sys.argv[4:])
    sweep = Sweep(int(seed), int(options.get("--low", 1)), int(options.get("--wide", 0)))
    with open(module, "w") as file:
        file.write(sweep.module(int(options.get("--count", 24))))
    npz.make(samples, sweep.samples())


if __name__ == "__main__":
    main()
