#!/usr/bin/env python3
"""Writes the small networks of the integration tests, with random weights.

  residual   NHWC input, convolutions, a residual addition, softmax
  mobile     depthwise, relu6, silu, a channel gate, concat, max pool; one channel
             of weights is all zero
  dense      three dense layers with gelu

Each as NAME.mlir, NAME.calibration.npz (x) and NAME.evaluation.npz (x, expected).
usage: make_models.py        needs numpy
"""

import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "examples"))
from linalg_writer import Graph  # noqa: E402

CALIBRATION = 32
EVALUATION = 16


class Weights:
    """Random weights whose outputs keep a variance near one."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def normal(self, *shape, fan_in):
        values = self.rng.normal(0, np.sqrt(2 / fan_in), shape)
        return values.astype(np.float32)

    def bias(self, size):
        return self.rng.normal(0, 0.2, size).astype(np.float32)

    def conv(self, outputs, inputs, size):
        fan_in = inputs * size * size
        weights = self.normal(outputs, inputs, size, size, fan_in=fan_in)
        return weights, self.bias(outputs)

    def depthwise(self, channels):
        return self.normal(channels, 3, 3, fan_in=9), self.bias(channels)

    def dense(self, outputs, inputs):
        return self.normal(outputs, inputs, fan_in=inputs), self.bias(outputs)


def residual(x, w):
    g = Graph("residual")
    x = g.transpose(g.argument(x), [0, 3, 1, 2])
    x = g.relu(g.conv(x, *w.conv(8, 3, 3), padding=1))
    y = g.relu(g.conv(x, *w.conv(8, 8, 3), padding=1))
    y = g.conv(y, *w.conv(8, 8, 3), padding=1)
    x = g.relu(g.add(x, y))
    short = g.conv(x, *w.conv(12, 8, 1), stride=2)
    x = g.conv(g.pad(x, (0, 0, 0, 0), (0, 0, 1, 1)), *w.conv(12, 8, 3), stride=2)
    x = g.relu(g.add(short, x))
    x = g.flatten(g.global_average_pool(x))
    return g, g.softmax(g.dense_layer(x, *w.dense(6, 12)))


def mobile(x, w):
    g = Graph("mobile")
    x = g.argument(x)
    x = g.relu6(g.conv(x, *w.conv(8, 2, 3), stride=2, padding=1))
    weights, bias = w.depthwise(8)
    weights[3] = 0
    bias[3] = 0
    y = g.silu(g.depthwise(x, weights, bias))
    gate = g.conv(g.global_average_pool(y), *w.conv(8, 8, 1))
    y = g.scale_channels(y, g.sigmoid(gate))
    x = g.concat([x, g.conv(y, *w.conv(8, 8, 1))])
    x = g.max_pool(x)
    x = g.relu(g.conv(x, *w.conv(12, 16, 1)))
    x = g.flatten(g.global_average_pool(x))
    return g, g.dense_layer(x, *w.dense(5, 12))


def dense(x, w):
    g = Graph("dense")
    x = g.argument(x)
    x = g.gelu(g.dense_layer(x, *w.dense(32, 24)))
    x = g.relu(g.dense_layer(x, *w.dense(32, 32)))
    return g, g.dense_layer(x, *w.dense(8, 32))


def write(name, build, shape, seed):
    rng = np.random.default_rng(seed)
    calibration = rng.normal(0, 1, (CALIBRATION,) + shape).astype(np.float32)
    evaluation = rng.normal(0, 1, (EVALUATION,) + shape).astype(np.float32)
    graph, result = build(evaluation, Weights(seed + 1))
    (HERE / f"{name}.mlir").write_text(graph.text(result))
    np.savez_compressed(HERE / f"{name}.calibration.npz", x=calibration)
    np.savez_compressed(
        HERE / f"{name}.evaluation.npz", x=evaluation, expected=result.data
    )


if __name__ == "__main__":
    write("residual", residual, (8, 8, 3), 1)
    write("mobile", mobile, (2, 12, 12), 11)
    write("dense", dense, (24,), 21)
