"""Writes int8 models for LiteRT, as its own converter would quantize them.

Weights are s8 per channel, symmetric; activations s8 with a zero point, of the range
that calibration saw; biases i32 in the product of both scales.
"""

from __future__ import annotations

import pathlib

import numpy as np


def activation_parameters(low: float, high: float) -> tuple[float, int]:
    """Scale and zero point of s8 for a range, which is widened to hold zero."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))


class Writer:
    """A model under construction. Values are numbers of tensors."""

    def __init__(self):
        from ai_edge_litert import schema_py_generated as schema

        self._schema = schema
        self._tensors: list = []
        self._buffers = [schema.BufferT()]
        self._operators: list = []
        self._codes: dict[tuple[int, int], int] = {}
        self._scales: dict[int, np.ndarray] = {}

    def _tensor(self, shape, type_, scales, zeros, dimension=0, data=None) -> int:
        schema = self._schema
        tensor = schema.TensorT()
        tensor.name = f"t{len(self._tensors)}".encode()
        tensor.shape = [int(size) for size in shape]
        tensor.type = type_
        parameters = schema.QuantizationParametersT()
        parameters.scale = np.atleast_1d(np.asarray(scales, np.float32))
        parameters.zeroPoint = np.atleast_1d(np.asarray(zeros, np.int64))
        parameters.quantizedDimension = dimension
        tensor.quantization = parameters
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self._buffers)
            self._buffers.append(buffer)
        self._tensors.append(tensor)
        index = len(self._tensors) - 1
        self._scales[index] = parameters.scale
        return index

    def activation(self, shape, low: float, high: float) -> int:
        scale, zero = activation_parameters(low, high)
        return self._tensor(shape, self._schema.TensorType.INT8, scale, zero)

    def _like(self, shape, other: int) -> int:
        parameters = self._tensors[other].quantization
        return self._tensor(
            shape, self._schema.TensorType.INT8, parameters.scale, parameters.zeroPoint
        )

    def _weights(self, weights: np.ndarray, axis: int) -> int:
        others = tuple(i for i in range(weights.ndim) if i != axis)
        scales = np.maximum(np.abs(weights).max(axis=others), 1e-12) / 127
        shape = [-1 if i == axis else 1 for i in range(weights.ndim)]
        stored = np.clip(np.rint(weights / scales.reshape(shape)), -127, 127)
        return self._tensor(
            weights.shape,
            self._schema.TensorType.INT8,
            scales,
            np.zeros(len(scales)),
            axis,
            stored.astype(np.int8),
        )

    def _bias(self, bias: np.ndarray, x: int, w: int) -> int:
        scales = self._scales[x] * self._scales[w]
        stored = np.rint(bias / scales).astype(np.int32)
        return self._tensor(
            bias.shape,
            self._schema.TensorType.INT32,
            scales,
            np.zeros(len(scales)),
            0,
            stored,
        )

    def _operator(
        self, name: str, version: int, inputs, output: int, options=None
    ) -> None:
        schema = self._schema
        code = getattr(schema.BuiltinOperator, name)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._codes.setdefault((code, version), len(self._codes))
        operator.inputs, operator.outputs = list(inputs), [output]
        if options is not None:
            operator.builtinOptionsType = getattr(
                schema.BuiltinOptions, type(options).__name__[:-1]
            )
            operator.builtinOptions = options
        self._operators.append(operator)

    def convolution(
        self,
        x: int,
        weights: np.ndarray,
        bias: np.ndarray,
        y: int,
        stride: int,
        relu6: bool,
    ) -> None:
        """Weights are OxHxWxI; padding is 'same'."""
        schema = self._schema
        options = schema.Conv2DOptionsT()
        options.padding = schema.Padding.SAME
        options.strideW = options.strideH = stride
        options.dilationWFactor = options.dilationHFactor = 1
        if relu6:
            options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
        w = self._weights(weights, 0)
        self._operator("CONV_2D", 3, [x, w, self._bias(bias, x, w)], y, options)

    def depthwise(
        self,
        x: int,
        weights: np.ndarray,
        bias: np.ndarray,
        y: int,
        stride: int,
        relu6: bool,
    ) -> None:
        """Weights are 1xHxWxC; padding is 'same'."""
        schema = self._schema
        options = schema.DepthwiseConv2DOptionsT()
        options.padding = schema.Padding.SAME
        options.strideW = options.strideH = stride
        options.dilationWFactor = options.dilationHFactor = 1
        options.depthMultiplier = 1
        if relu6:
            options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
        w = self._weights(weights, 3)
        self._operator(
            "DEPTHWISE_CONV_2D", 3, [x, w, self._bias(bias, x, w)], y, options
        )

    def average_pool(self, x: int, size: int) -> int:
        """The mean over a window of the whole plane."""
        schema = self._schema
        options = schema.Pool2DOptionsT()
        options.padding = schema.Padding.VALID
        options.strideW = options.strideH = size
        options.filterWidth = options.filterHeight = size
        y = self._like([1, 1, 1, self._tensors[x].shape[3]], x)
        self._operator("AVERAGE_POOL_2D", 2, [x], y, options)
        return y

    def dense(self, x: int, weights: np.ndarray, bias: np.ndarray, y: int) -> None:
        """Weights are OxI."""
        w = self._weights(weights, 0)
        self._operator(
            "FULLY_CONNECTED",
            4,
            [x, w, self._bias(bias, x, w)],
            y,
            self._schema.FullyConnectedOptionsT(),
        )

    def softmax(self, x: int) -> int:
        options = self._schema.SoftmaxOptionsT()
        options.beta = 1.0
        y = self._tensor(
            self._tensors[x].shape, self._schema.TensorType.INT8, 1 / 256, -128
        )
        self._operator("SOFTMAX", 2, [x], y, options)
        return y

    def write(self, path: pathlib.Path, x: int, y: int) -> None:
        import flatbuffers

        schema = self._schema
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = [x], [y]
        model = schema.ModelT()
        model.version = 3
        model.subgraphs, model.buffers = [graph], self._buffers
        model.operatorCodes = []
        for code, version in self._codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.version = code, version
            entry.deprecatedBuiltinCode = min(code, 127)
            model.operatorCodes.append(entry)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
