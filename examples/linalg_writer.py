"""Writes small networks as linalg on tensors, and computes them in numpy.

A `Graph` does two things with every operation: it emits the text that torch-mlir
emits for it (bias as a broadcast init, relu as compare and select, softmax taken
apart, ...) and evaluates it on a batch of samples in float32. So a script that
describes a network gets the model's text and its expected results from one
description. Values have a leading dimension of one in the text and of the number
of samples in numpy.
"""

import math

import numpy as np

ELEMENT = {np.dtype(np.float32): "f32", np.dtype(np.int64): "i64"}


class Value:
    """An SSA name, its data over all samples, and the text's type."""

    def __init__(self, name, data):
        self.name = name
        self.data = np.ascontiguousarray(data, dtype=np.float32)
        self.shape = (1,) + self.data.shape[1:]

    @property
    def type(self):
        return tensor_type(self.shape)


def tensor_type(shape, element="f32"):
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


def identity(rank):
    dims = ", ".join(f"d{i}" for i in range(rank))
    return f"affine_map<({dims}) -> ({dims})>"


def selection(rank, results):
    """An affine map from `rank` dimensions to `results` (numbers or "0")."""
    dims = ", ".join(f"d{i}" for i in range(rank))
    outs = ", ".join("0" if r == "0" else f"d{r}" for r in results)
    return f"affine_map<({dims}) -> ({outs})>"


class Graph:
    def __init__(self, function="main_graph"):
        self.function = function
        self.arguments = []
        self.constants = {}
        self.lines = []
        self.count = 0

    # Building blocks of the text.

    def fresh(self):
        self.count += 1
        return f"%{self.count - 1}"

    def emit(self, text):
        self.lines.append(text)

    def constant(self, literal, type_):
        """A constant before the body, one for equal literals."""
        key = (literal, type_)
        if key not in self.constants:
            number = len(self.constants)
            self.constants[key] = "%cst" if number == 0 else f"%cst_{number - 1}"
        return self.constants[key]

    def scalar(self, value):
        if math.isinf(value):
            return self.constant("0xFF800000" if value < 0 else "0x7F800000", "f32")
        return self.constant(f"{np.float32(value):.8e}", "f32")

    def dense(self, array):
        array = np.ascontiguousarray(array, dtype=np.float32)
        literal = f'dense<"0x{array.tobytes().hex().upper()}">'
        return self.constant(literal, tensor_type(array.shape))

    def empty(self, shape, element="f32"):
        name = self.fresh()
        self.emit(f"{name} = tensor.empty() : {tensor_type(shape, element)}")
        return name

    def fill(self, shape, value):
        init = self.empty(shape)
        name = self.fresh()
        type_ = tensor_type(shape)
        self.emit(
            f"{name} = linalg.fill ins({self.scalar(value)} : f32) "
            f"outs({init} : {type_}) -> {type_}"
        )
        return name

    def generic(self, maps, iterators, inputs, init, shape, body):
        """linalg.generic; `body` maps the names of its arguments to its lines, the
        last of which computes what is yielded."""
        name = self.fresh()
        type_ = tensor_type(shape)
        names = [f"%in_{i}" if i else "%in" for i in range(len(inputs))]
        lines, result = body(*names, "%out")
        arguments = ", ".join(f"{n}: f32" for n in names + ["%out"])
        self.emit(
            f"{name} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{', '.join(chr(34) + i + chr(34) for i in iterators)}]}} "
            f"ins({', '.join(n for n, _ in inputs)} : {', '.join(t for _, t in inputs)}) "
            f"outs({init} : {type_}) {{"
        )
        self.emit(f"^bb0({arguments}):")
        for line in lines:
            self.emit(f"  {line}")
        self.emit(f"  linalg.yield {result} : f32")
        self.emit(f"}} -> {type_}")
        return name

    def elementwise(self, values, data, body):
        rank = len(values[0].shape)
        name = self.generic(
            [identity(rank)] * (len(values) + 1),
            ["parallel"] * rank,
            [(v.name, v.type) for v in values],
            self.empty(values[0].shape),
            values[0].shape,
            body,
        )
        return Value(name, data)

    # Operations.

    def argument(self, samples):
        value = Value(f"%arg{len(self.arguments)}", samples)
        self.arguments.append(value)
        return value

    def pad(self, x, low, high):
        name = self.fresh()
        widths = list(zip(low, high))
        result = Value(name, np.pad(x.data, widths))
        indices = ", ".join(f"%i{i}: index" for i in range(len(low)))
        self.emit(
            f"{name} = tensor.pad {x.name} low[{', '.join(map(str, low))}] "
            f"high[{', '.join(map(str, high))}] {{"
        )
        self.emit(f"^bb0({indices}):")
        self.emit(f"  tensor.yield {self.scalar(0)} : f32")
        self.emit(f"}} : {x.type} to {result.type}")
        return result

    def _conv(self, op, x, weights, bias, stride, data):
        init = self.empty((1,) + data.shape[1:])
        start = self.fresh()
        type_ = tensor_type((1,) + data.shape[1:])
        self.emit(
            f"{start} = linalg.broadcast ins({self.dense(bias)} : "
            f"{tensor_type(bias.shape)}) outs({init} : {type_}) dimensions = [0, 2, 3]"
        )
        name = self.fresh()
        self.emit(
            f"{name} = linalg.{op} {{dilations = dense<1> : vector<2xi64>, "
            f"strides = dense<{stride}> : vector<2xi64>}} ins({x.name}, "
            f"{self.dense(weights)} : {x.type}, {tensor_type(weights.shape)}) "
            f"outs({start} : {type_}) -> {type_}"
        )
        return Value(name, data)

    def conv(self, x, weights, bias, stride=1, padding=0):
        """weights: out, in, height, width."""
        if padding:
            p = padding
            x = self.pad(x, (0, 0, p, p), (0, 0, p, p))
        windows = sliding_windows(x.data, weights.shape[2:], stride)
        data = np.einsum("nchwij,ocij->nohw", windows, weights, optimize=True)
        data = data + bias[:, None, None]
        return self._conv("conv_2d_nchw_fchw", x, weights, bias, stride, data)

    def depthwise(self, x, weights, bias, stride=1, padding=1):
        """weights: channels, height, width."""
        if padding:
            p = padding
            x = self.pad(x, (0, 0, p, p), (0, 0, p, p))
        windows = sliding_windows(x.data, weights.shape[1:], stride)
        data = np.einsum("nchwij,cij->nchw", windows, weights, optimize=True)
        data = data + bias[:, None, None]
        return self._conv("depthwise_conv_2d_nchw_chw", x, weights, bias, stride, data)

    def _pool(self, op, x, window, stride, start, data):
        shape = (1,) + data.shape[1:]
        init = self.fill(shape, start)
        window_init = self.empty(window)
        name = self.fresh()
        self.emit(
            f"{name} = linalg.{op} {{dilations = dense<1> : vector<2xi64>, "
            f"strides = dense<{stride}> : vector<2xi64>}} ins({x.name}, {window_init} : "
            f"{x.type}, {tensor_type(window)}) outs({init} : {tensor_type(shape)}) "
            f"-> {tensor_type(shape)}"
        )
        return Value(name, data)

    def max_pool(self, x, size=2):
        windows = sliding_windows(x.data, (size, size), size)
        data = windows.max(axis=(4, 5))
        return self._pool("pooling_nchw_max", x, (size, size), size, -math.inf, data)

    def global_average_pool(self, x):
        height, width = x.shape[2:]
        data = x.data.sum(axis=(2, 3), keepdims=True)
        total = self._pool("pooling_nchw_sum", x, (height, width), 1, 0, data)
        area = self.scalar(height * width)
        return self.elementwise(
            [total],
            total.data / np.float32(height * width),
            lambda a, _: ([f"%r = arith.divf {a}, {area} : f32"], "%r"),
        )

    def flatten(self, x):
        groups = ", ".join(str(i) for i in range(1, len(x.shape)))
        name = self.fresh()
        result = Value(name, x.data.reshape(x.data.shape[0], -1))
        self.emit(
            f"{name} = tensor.collapse_shape {x.name} [[0], [{groups}]] : "
            f"{x.type} into {result.type}"
        )
        return result

    def transpose(self, x, permutation):
        data = x.data.transpose(permutation)
        init = self.empty((1,) + data.shape[1:])
        name = self.fresh()
        result = Value(name, data)
        self.emit(
            f"{name} = linalg.transpose ins({x.name} : {x.type}) outs({init} : "
            f"{result.type}) permutation = [{', '.join(map(str, permutation))}]"
        )
        return result

    def concat(self, values, dim=1):
        name = self.fresh()
        result = Value(name, np.concatenate([v.data for v in values], axis=dim))
        self.emit(
            f"{name} = tensor.concat dim({dim}) {', '.join(v.name for v in values)} : "
            f"({', '.join(v.type for v in values)}) -> {result.type}"
        )
        return result

    def dense_layer(self, x, weights, bias):
        """weights: out, in, as torch keeps them, transposed in the program."""
        outputs, inputs = weights.shape
        init = self.empty((inputs, outputs))
        transposed = self.fresh()
        self.emit(
            f"{transposed} = linalg.transpose ins({self.dense(weights)} : "
            f"{tensor_type(weights.shape)}) outs({init} : "
            f"{tensor_type((inputs, outputs))}) permutation = [1, 0]"
        )
        start = self.fill((1, outputs), 0)
        name = self.fresh()
        type_ = tensor_type((1, outputs))
        self.emit(
            f"{name} = linalg.matmul ins({x.name}, {transposed} : {x.type}, "
            f"{tensor_type((inputs, outputs))}) outs({start} : {type_}) -> {type_}"
        )
        product = x.data @ weights.T
        biased = self.generic(
            [identity(2), selection(2, [1]), identity(2)],
            ["parallel", "parallel"],
            [(name, type_), (self.dense(bias), tensor_type(bias.shape))],
            self.empty((1, outputs)),
            (1, outputs),
            lambda a, b, _: ([f"%r = arith.addf {a}, {b} : f32"], "%r"),
        )
        return Value(biased, product + bias)

    def relu(self, x):
        zero = self.scalar(0)
        return self.elementwise(
            [x],
            np.maximum(x.data, 0),
            lambda a, _: (
                [
                    f"%c = arith.cmpf ugt, {a}, {zero} : f32",
                    f"%r = arith.select %c, {a}, {zero} : f32",
                ],
                "%r",
            ),
        )

    def relu6(self, x):
        zero, six = self.scalar(0), self.scalar(6)
        return self.elementwise(
            [x],
            np.clip(x.data, 0, 6),
            lambda a, _: (
                [
                    f"%c = arith.cmpf ult, {a}, {zero} : f32",
                    f"%l = arith.select %c, {zero}, {a} : f32",
                    f"%d = arith.cmpf ugt, %l, {six} : f32",
                    f"%r = arith.select %d, {six}, %l : f32",
                ],
                "%r",
            ),
        )

    def sigmoid(self, x):
        one = self.scalar(1)
        return self.elementwise(
            [x],
            1 / (1 + np.exp(-x.data)),
            lambda a, _: (
                [
                    f"%n = arith.negf {a} : f32",
                    "%e = math.exp %n : f32",
                    f"%s = arith.addf %e, {one} : f32",
                    f"%r = arith.divf {one}, %s : f32",
                ],
                "%r",
            ),
        )

    def gelu(self, x):
        root, half, one = self.scalar(math.sqrt(0.5)), self.scalar(0.5), self.scalar(1)
        erf = np.vectorize(math.erf)(x.data * math.sqrt(0.5))
        return self.elementwise(
            [x],
            0.5 * x.data * (1 + erf),
            lambda a, _: (
                [
                    f"%s = arith.mulf {a}, {root} : f32",
                    "%e = math.erf %s : f32",
                    f"%p = arith.addf %e, {one} : f32",
                    f"%h = arith.mulf {a}, {half} : f32",
                    "%r = arith.mulf %h, %p : f32",
                ],
                "%r",
            ),
        )

    def silu(self, x):
        return self.multiply(x, self.sigmoid(x))

    def add(self, x, y):
        return self.elementwise(
            [x, y],
            x.data + y.data,
            lambda a, b, _: ([f"%r = arith.addf {a}, {b} : f32"], "%r"),
        )

    def multiply(self, x, y):
        return self.elementwise(
            [x, y],
            x.data * y.data,
            lambda a, b, _: ([f"%r = arith.mulf {a}, {b} : f32"], "%r"),
        )

    def scale_channels(self, x, gate):
        """x: 1, c, h, w; gate: 1, c, 1, 1."""
        name = self.generic(
            [identity(4), selection(4, [0, 1, "0", "0"]), identity(4)],
            ["parallel"] * 4,
            [(x.name, x.type), (gate.name, gate.type)],
            self.empty(x.shape),
            x.shape,
            lambda a, b, _: ([f"%r = arith.mulf {a}, {b} : f32"], "%r"),
        )
        return Value(name, x.data * gate.data)

    def softmax(self, x):
        """Over the last of two dimensions, taken apart as torch-mlir does."""
        size = x.shape[1]
        row, full = selection(2, [0, "0"]), identity(2)
        iterators = ["parallel", "reduction"]

        def reduce(value, start, op, data):
            name = self.generic(
                [full, row],
                iterators,
                [(value.name, value.type)],
                self.fill((1, 1), start),
                (1, 1),
                lambda a, out: ([f"%r = arith.{op} {a}, {out} : f32"], "%r"),
            )
            return Value(name, data)

        def combine(value, other, op, data):
            name = self.generic(
                [full, row, full],
                ["parallel", "parallel"],
                [(value.name, value.type), (other.name, other.type)],
                self.empty((1, size)),
                (1, size),
                lambda a, b, _: ([f"%r = arith.{op} {a}, {b} : f32"], "%r"),
            )
            return Value(name, data)

        largest = reduce(
            x, -math.inf, "maximumf", x.data.max(axis=1, keepdims=True)
        )
        shifted = combine(x, largest, "subf", x.data - largest.data)
        powers = self.elementwise(
            [shifted],
            np.exp(shifted.data),
            lambda a, _: ([f"%r = math.exp {a} : f32"], "%r"),
        )
        total = reduce(powers, 0, "addf", powers.data.sum(axis=1, keepdims=True))
        return combine(powers, total, "divf", powers.data / total.data)

    def text(self, result):
        arguments = ", ".join(f"{a.name}: {a.type}" for a in self.arguments)
        lines = ["module {", f"  func.func @{self.function}({arguments}) -> {result.type} {{"]
        for (literal, type_), name in self.constants.items():
            lines.append(f"    {name} = arith.constant {literal} : {type_}")
        lines += [f"    {line}" for line in self.lines]
        lines += [f"    return {result.name} : {result.type}", "  }", "}", ""]
        return "\n".join(lines)


def sliding_windows(x, size, stride):
    """n, c, h, w -> n, c, rows, columns, size of the window."""
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return windows[:, :, ::stride, ::stride]
