#!/usr/bin/env python3
"""Trains the example's network and writes its model and samples.

A small convolutional network (conv, max pool, conv, depthwise, 1x1, average pool,
dense) on scikit-learn's 8x8 digits, in numpy. Writes beside itself:

  digits.mlir        the float model, as linalg on tensors
  calibration.npz    image: 200 of the training images
  evaluation.npz     image, expected (the float model's results), labels: 597
                     images that training did not see

usage: train.py        needs numpy and scikit-learn; takes half a minute
"""

import pathlib
import sys

import numpy as np
from sklearn.datasets import load_digits

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from linalg_writer import Graph, sliding_windows  # noqa: E402

EVALUATION = 597
CALIBRATION = 200
EPOCHS = 120
BATCH = 32


def pad(x):
    return np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))


class Conv:
    """3x3 or 1x1 convolution with stride one that keeps height and width."""

    def __init__(self, rng, outputs, inputs, size):
        deviation = np.sqrt(2 / (inputs * size * size))
        self.weights = rng.normal(0, deviation, (outputs, inputs, size, size))
        self.bias = np.zeros(outputs)
        self.size = size

    def parameters(self):
        return [self.weights, self.bias]

    def forward(self, x):
        x = pad(x) if self.size == 3 else x
        self.windows = sliding_windows(x, (self.size, self.size), 1)
        y = np.einsum("nchwij,ocij->nohw", self.windows, self.weights, optimize=True)
        return y + self.bias[:, None, None]

    def backward(self, dy):
        self.gradients = [
            np.einsum("nchwij,nohw->ocij", self.windows, dy, optimize=True),
            dy.sum(axis=(0, 2, 3)),
        ]
        dy = pad(dy) if self.size == 3 else dy
        windows = sliding_windows(dy, (self.size, self.size), 1)
        flipped = self.weights[:, :, ::-1, ::-1]
        return np.einsum("nohwij,ocij->nchw", windows, flipped, optimize=True)


class Depthwise:
    def __init__(self, rng, channels):
        self.weights = rng.normal(0, np.sqrt(2 / 9), (channels, 3, 3))
        self.bias = np.zeros(channels)

    def parameters(self):
        return [self.weights, self.bias]

    def forward(self, x):
        self.windows = sliding_windows(pad(x), (3, 3), 1)
        y = np.einsum("nchwij,cij->nchw", self.windows, self.weights, optimize=True)
        return y + self.bias[:, None, None]

    def backward(self, dy):
        self.gradients = [
            np.einsum("nchwij,nchw->cij", self.windows, dy, optimize=True),
            dy.sum(axis=(0, 2, 3)),
        ]
        windows = sliding_windows(pad(dy), (3, 3), 1)
        return np.einsum("nchwij,cij->nchw", windows, self.weights[:, ::-1, ::-1])


class Dense:
    def __init__(self, rng, outputs, inputs):
        self.weights = rng.normal(0, np.sqrt(1 / inputs), (outputs, inputs))
        self.bias = np.zeros(outputs)

    def parameters(self):
        return [self.weights, self.bias]

    def forward(self, x):
        self.x = x
        return x @ self.weights.T + self.bias

    def backward(self, dy):
        self.gradients = [dy.T @ self.x, dy.sum(axis=0)]
        return dy @ self.weights


class Clamp:
    """relu, or relu6 with `top`."""

    def __init__(self, top=np.inf):
        self.top = top

    def forward(self, x):
        self.inside = (x > 0) & (x < self.top)
        return np.clip(x, 0, self.top)

    def backward(self, dy):
        return dy * self.inside


class MaxPool:
    def forward(self, x):
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
        y = blocks.max(axis=(3, 5), keepdims=True)
        self.chosen = blocks == y
        self.shape = x.shape
        return y[:, :, :, 0, :, 0]

    def backward(self, dy):
        spread = self.chosen * dy[:, :, :, None, :, None]
        return spread.reshape(self.shape)


class AveragePool:
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dy):
        area = self.shape[2] * self.shape[3]
        return np.broadcast_to(dy[:, :, None, None] / area, self.shape)


def train(layers, images, labels, rng):
    """Adam on the cross entropy, the rate falling along a cosine."""
    trained = [layer for layer in layers if hasattr(layer, "parameters")]
    moments = [
        [(np.zeros_like(p), np.zeros_like(p)) for p in layer.parameters()]
        for layer in trained
    ]
    step = 0
    total = EPOCHS * (len(images) // BATCH)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(images))
        loss = 0.0
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            x = images[chosen]
            for layer in layers:
                x = layer.forward(x)
            p = np.exp(x - x.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            rows = np.arange(BATCH)
            loss -= np.log(p[rows, labels[chosen]] + 1e-12).mean()
            p[rows, labels[chosen]] -= 1
            dy = p / BATCH
            for layer in reversed(layers):
                dy = layer.backward(dy)
            step += 1
            rate = 5e-3 * 0.5 * (1 + np.cos(np.pi * step / total))
            for layer, states in zip(trained, moments):
                for parameter, gradient, (m, v) in zip(
                    layer.parameters(), layer.gradients, states
                ):
                    m += 0.1 * (gradient - m)
                    v += 0.001 * (gradient**2 - v)
                    scale = rate / (1 - 0.9**step)
                    parameter -= scale * m / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        if epoch % 20 == 19:
            print(f"epoch {epoch + 1}: loss {loss / (len(images) // BATCH):.4f}")


def main():
    rng = np.random.default_rng(2026)
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    order = rng.permutation(len(images))
    held, seen = order[:EVALUATION], order[EVALUATION:]

    conv1, conv2 = Conv(rng, 16, 1, 3), Conv(rng, 24, 16, 3)
    depthwise, pointwise = Depthwise(rng, 24), Conv(rng, 48, 24, 1)
    dense = Dense(rng, 10, 48)
    layers = [conv1, Clamp(), MaxPool(), conv2, Clamp(), depthwise, Clamp(6)]
    layers += [pointwise, Clamp(), AveragePool(), dense]
    train(layers, images[seen], digits.target[seen], rng)

    def f32(layer):
        return [p.astype(np.float32) for p in layer.parameters()]

    graph = Graph("digits")
    x = graph.argument(images[held])
    x = graph.relu(graph.conv(x, *f32(conv1), padding=1))
    x = graph.max_pool(x)
    x = graph.relu(graph.conv(x, *f32(conv2), padding=1))
    x = graph.relu6(graph.depthwise(x, *f32(depthwise)))
    x = graph.relu(graph.conv(x, *f32(pointwise)))
    x = graph.flatten(graph.global_average_pool(x))
    x = graph.dense_layer(x, *f32(dense))

    labels = digits.target[held].astype(np.int64)
    accuracy = (x.data.argmax(axis=1) == labels).mean()
    print(f"accuracy on {EVALUATION} held-out images: {accuracy:.4f}")
    (HERE / "digits.mlir").write_text(graph.text(x))
    np.savez_compressed(HERE / "calibration.npz", image=images[seen[:CALIBRATION]])
    np.savez_compressed(
        HERE / "evaluation.npz", image=images[held], expected=x.data, labels=labels
    )


if __name__ == "__main__":
    main()
