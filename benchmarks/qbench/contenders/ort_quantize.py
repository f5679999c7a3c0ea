"""ONNX Runtime's own quantizers, at their best settings.

Static: QDQ, u8 activations, s8 weights per channel, whichever of min-max, entropy and
percentile comes nearest to the float outputs. Dynamic: s8 weights per channel.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import pathlib

import numpy as np

from ..arrays import sqnr_db
from .ort import OrtError, Session

METHODS = ["MinMax", "Entropy", "Percentile"]
#: Samples that calibration reads, and that choose the method.
SAMPLES = 256
#: Part of the cache's key: changes with the settings below.
VERSION = "2"


def _place(cache: pathlib.Path, kind: str, *files: pathlib.Path) -> pathlib.Path:
    import onnxruntime

    digest = hashlib.sha256(f"{VERSION} {kind} {onnxruntime.__version__}".encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    place = cache / "ort" / digest.hexdigest()[:24]
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextlib.contextmanager
def _quiet():
    """The quantizer advises at length, on standard output and in the log."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _prepared(model: pathlib.Path, place: pathlib.Path) -> pathlib.Path:
    """The model after the preparation that ONNX Runtime's documentation asks for."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = place / "prepared.onnx"
    try:
        quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
    except Exception:  # It helps and is not needed.
        return model
    return prepared


def run_all(session: Session, samples: list[list[np.ndarray]]) -> np.ndarray:
    """Output 0 of every sample."""
    results = []
    for sample in samples:
        session.set_inputs(sample)
        results.append(session.run()[0].copy())
    return np.stack(results)


def static(
    model: pathlib.Path,
    calibration: pathlib.Path,
    cache: pathlib.Path,
    calibration_samples: list[list[np.ndarray]],
    evaluation_samples: list[list[np.ndarray]],
    expected: np.ndarray,
    threads: int,
) -> tuple[pathlib.Path, str]:
    """The best static model, and the name of its method."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    place = _place(cache, "static", model, calibration)
    result = place / "best.onnx"
    if result.exists():
        return result, (place / "method").read_text()
    names = Session(model, threads).input_names
    shapes = [buffer.shape for buffer in Session(model, threads).inputs]

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(calibration_samples[:SAMPLES])

        def get_next(self):
            sample = next(self.left, None)
            if sample is None:
                return None
            return {n: a.reshape(s) for n, s, a in zip(names, shapes, sample)}

    best, errors = None, []
    with _quiet():
        prepared = _prepared(model, place)
        for method in METHODS:
            candidate = place / f"{method}.onnx"
            try:
                quantize_static(
                    str(prepared),
                    str(candidate),
                    Reader(),
                    quant_format=QuantFormat.QDQ,
                    per_channel=True,
                    activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8,
                    calibrate_method=getattr(CalibrationMethod, method),
                )
                outputs = run_all(Session(candidate, threads), evaluation_samples)
            except Exception as error:  # One method may fail where another works.
                errors.append(f"{method}: {error}")
                continue
            quality = sqnr_db(expected, outputs)
            if best is None or quality > best[0]:
                best = quality, candidate, method
    if best is None:
        raise OrtError("; ".join(errors)[:300])
    (place / "method").write_text(best[2])
    best[1].rename(result)
    return result, best[2]


def dynamic(model: pathlib.Path, cache: pathlib.Path) -> pathlib.Path:
    """The model with products that quantize their activations as they run."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    place = _place(cache, "dynamic", model)
    result = place / "dynamic.onnx"
    if not result.exists():
        with _quiet():
            part = place / "part.onnx"
            quantize_dynamic(
                str(_prepared(model, place)),
                str(part),
                weight_type=QuantType.QInt8,
                per_channel=True,
            )
            part.rename(result)
    return result
