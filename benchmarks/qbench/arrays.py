"""Buffers for contenders, and how their results are compared."""

from __future__ import annotations

import math

import numpy as np


def aligned(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Zeros on a boundary of 64 bytes."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def aligned_copy(array: np.ndarray) -> np.ndarray:
    copy = aligned(array.shape, array.dtype)
    copy[...] = array
    return copy


def sqnr_db(expected: np.ndarray, actual: np.ndarray) -> float:
    """20 log10(|x| / |x - y|): as quant-run reports it; infinite for equal arrays."""
    x = expected.astype(np.float64).ravel()
    error = np.linalg.norm(x - actual.astype(np.float64).ravel())
    return float(20 * np.log10(np.linalg.norm(x) / error)) if error else math.inf


def top1_agreement(expected: np.ndarray, actual: np.ndarray) -> float:
    """The share of samples whose largest element stands at the same place."""
    samples = len(expected)
    return float(
        np.mean(
            expected.reshape(samples, -1).argmax(1)
            == actual.reshape(samples, -1).argmax(1)
        )
    )


def mean_cosine(expected: np.ndarray, actual: np.ndarray) -> float:
    """The mean cosine between vectors along the last dimension."""
    x = expected.astype(np.float64).reshape(-1, expected.shape[-1])
    y = actual.astype(np.float64).reshape(-1, expected.shape[-1])
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return float(np.mean((x * y).sum(1) / np.where(norms == 0, 1, norms)))
