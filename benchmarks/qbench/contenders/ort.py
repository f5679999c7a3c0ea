"""ONNX Runtime, through its C interface.

The wheel carries libonnxruntime.so but no header. The interface is a table of
functions whose order never changes (that is its ABI), so the places of the few that
are needed here are written down.
"""

from __future__ import annotations

import ctypes
import glob
import os
import pathlib

import numpy as np

from ..arrays import aligned
from ..native import Call, Result

#: Places in the table of functions, stable since version 1.3 of ONNX Runtime.
PLACES = {
    "GetErrorMessage": 2,
    "CreateEnv": 3,
    "CreateSession": 7,
    "Run": 9,
    "CreateSessionOptions": 10,
    "SetSessionGraphOptimizationLevel": 23,
    "SetIntraOpNumThreads": 24,
    "SetInterOpNumThreads": 25,
    "CreateTensorWithDataAsOrtValue": 49,
    "CreateCpuMemoryInfo": 69,
}
API_VERSION = 14
ELEMENT_TYPES = {
    np.float32: 1,
    np.uint8: 2,
    np.int8: 3,
    np.int32: 6,
    np.int64: 7,
    np.bool_: 9,
}
ONNX_TYPES = {
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}
LOG_ERRORS_ONLY = 3
ALL_OPTIMIZATIONS = 99


class OrtError(Exception):
    """ONNX Runtime refused; the text is its own."""


class Api:
    """The C interface of the wheel's library, loaded once."""

    _instance: "Api | None" = None

    @classmethod
    def get(cls) -> "Api":
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def __init__(self):
        import onnxruntime

        folder = os.path.join(os.path.dirname(onnxruntime.__file__), "capi")
        libraries = sorted(glob.glob(os.path.join(folder, "libonnxruntime.so*")))
        if not libraries:
            raise OrtError("the wheel has no libonnxruntime.so")
        library = ctypes.CDLL(libraries[0])
        library.OrtGetApiBase.restype = ctypes.POINTER(ctypes.c_void_p)
        get_api = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_uint32)
        table = get_api(library.OrtGetApiBase()[0])(API_VERSION)
        if not table:
            raise OrtError(f"no version {API_VERSION} of the C interface")
        self._addresses = {name: table[place] for name, place in PLACES.items()}
        self._env = ctypes.c_void_p()
        self.call("CreateEnv", LOG_ERRORS_ONLY, b"benchmark", ctypes.byref(self._env))
        self._memory = ctypes.c_void_p()
        self.call("CreateCpuMemoryInfo", 0, 0, ctypes.byref(self._memory))

    def address(self, name: str) -> int:
        return self._addresses[name]

    def call(self, name: str, *arguments) -> None:
        function = ctypes.CFUNCTYPE(ctypes.c_void_p)(self._addresses[name])
        status = function(*arguments)
        if status:
            message = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(
                self._addresses["GetErrorMessage"]
            )
            raise OrtError(message(status).decode(errors="replace"))

    def session(self, path: pathlib.Path, threads: int) -> ctypes.c_void_p:
        options = ctypes.c_void_p()
        self.call("CreateSessionOptions", ctypes.byref(options))
        self.call("SetIntraOpNumThreads", options, ctypes.c_int(threads))
        self.call("SetInterOpNumThreads", options, ctypes.c_int(1))
        self.call(
            "SetSessionGraphOptimizationLevel", options, ctypes.c_int(ALL_OPTIMIZATIONS)
        )
        session = ctypes.c_void_p()
        self.call(
            "CreateSession",
            self._env,
            str(path).encode(),
            options,
            ctypes.byref(session),
        )
        return session

    def tensor(self, array: np.ndarray) -> ctypes.c_void_p:
        """A value that uses the array's memory."""
        shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        value = ctypes.c_void_p()
        self.call(
            "CreateTensorWithDataAsOrtValue",
            self._memory,
            ctypes.c_void_p(array.ctypes.data),
            ctypes.c_size_t(array.nbytes),
            shape,
            ctypes.c_size_t(array.ndim),
            ELEMENT_TYPES[array.dtype.type],
            ctypes.byref(value),
        )
        return value


class Session:
    """A model, with buffers for its inputs and outputs that runs read and write."""

    def __init__(self, path: pathlib.Path, threads: int = 1):
        import onnxruntime

        onnxruntime.set_default_logger_severity(LOG_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Python's session says names and shapes; the other one is timed.
        described = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.input_names = [i.name for i in described.get_inputs()]
        self.inputs = [self._buffer(i) for i in described.get_inputs()]
        names = [o.name for o in described.get_outputs()]
        results = described.run(None, dict(zip(self.input_names, self.inputs)))
        self.outputs = [aligned(r.shape, r.dtype) for r in results]
        del described

        self._api = Api.get()
        self._session = self._api.session(path, threads)
        strings = [n.encode() for n in self.input_names], [n.encode() for n in names]
        self._names = [(ctypes.c_char_p * len(s))(*s) for s in strings]
        self._values = [
            (ctypes.c_void_p * len(buffers))(*(self._api.tensor(b) for b in buffers))
            for buffers in (self.inputs, self.outputs)
        ]

    @staticmethod
    def _buffer(description) -> np.ndarray:
        shape = tuple(s if isinstance(s, int) else 1 for s in description.shape)
        return aligned(shape, ONNX_TYPES[description.type])

    def call(self) -> Call:
        """`Run` on the buffers; its arguments are pointers and two counts."""
        inputs, outputs = self._values
        arguments = [
            self._session.value,
            0,
            ctypes.addressof(self._names[0]),
            ctypes.addressof(inputs),
            len(inputs),
            ctypes.addressof(self._names[1]),
            len(outputs),
            ctypes.addressof(outputs),
        ]
        return Call(
            self._api.address("Run"), arguments, Result.NULL_IS_GOOD, owners=[self]
        )

    def run(self) -> list[np.ndarray]:
        self._api.call("Run", *(ctypes.c_void_p(a) for a in self.call().arguments))
        return self.outputs

    def set_inputs(self, arrays: list[np.ndarray]) -> None:
        for buffer, array in zip(self.inputs, arrays, strict=True):
            buffer[...] = array.reshape(buffer.shape)
