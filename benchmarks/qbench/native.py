"""The C half: the timing loop, and the loops that find the machine's peak."""

from __future__ import annotations

import ctypes
import dataclasses
import enum
import hashlib
import pathlib
import shutil
import subprocess
from typing import Any, Callable

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "native"
#: The timing loop passes at most this many pointers.
MAX_ARGUMENTS = 8
#: Calls that are quicker are timed several in a row, so long together.
SHORTEST_SAMPLE_NS = 10_000
#: Of calls that take longer, processor time is measured.
LONGEST_WALL_NS = 500_000
NEVER_NS = 1 << 62
CAPACITY = 1 << 16


class NativeError(Exception):
    """A C helper cannot be built, or a timed call reported an error."""


class Result(enum.IntEnum):
    """How the timing loop judges what a call returns; as in timer.c."""

    IGNORED = 0
    NULL_IS_GOOD = 1
    OWNED = 2


@dataclasses.dataclass
class Call:
    """What the timing loop calls: a C function with pointers, or a Python callable
    without arguments."""

    function: int = 0
    arguments: list[int] = dataclasses.field(default_factory=list)
    result: Result = Result.IGNORED
    python: Callable[[], Any] | None = None
    #: Objects that the pointers point into.
    owners: list = dataclasses.field(default_factory=list)

    @property
    def language(self) -> str:
        return "Python" if self.python else "C"


def address(function: Any) -> int:
    """The address of a ctypes function."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def compiler() -> str:
    for name in ("clang-22", "clang", "cc"):
        if shutil.which(name):
            return name
    raise NativeError("no C compiler: install clang-22")


def build(name: str, cache: pathlib.Path, features: str = "") -> pathlib.Path:
    """Compiles native/NAME.c for this machine, unless it is compiled already.
    `features` are added and left out as in "+avx2,-amx-int8"."""
    source = SOURCES / f"{name}.c"
    command = [compiler(), "-O2", "-march=native", "-shared", "-fPIC"]
    for feature in filter(None, features.split(",")):
        command.append(("-mno-" if feature[0] == "-" else "-m") + feature.lstrip("+-"))
    key = hashlib.sha256(source.read_bytes() + " ".join(command).encode()).hexdigest()
    library = cache / f"{name}-{key[:12]}.so"
    if not library.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = library.with_suffix(".part")
        done = subprocess.run(
            [*command, source, "-o", part], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise NativeError(f"{source}: {done.stderr.strip()}")
        part.rename(library)
    return library


class Timer:
    """The timing loop of timer.c."""

    def __init__(self, cache: pathlib.Path, threads: int = 1):
        path = str(build("timer", cache))
        # Of several threads processor time is the sum.
        self._longest = LONGEST_WALL_NS if threads == 1 else NEVER_NS
        # C code runs without Python's lock, Python callables need it.
        self._c = self._declare(ctypes.CDLL(path))
        self._python = self._declare(ctypes.PyDLL(path))
        self._samples = (ctypes.c_double * CAPACITY)()

    @staticmethod
    def _declare(library: ctypes.CDLL) -> Any:
        function = library.bench_time
        function.restype = ctypes.c_int64
        function.argtypes = [
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_int64,
            ctypes.c_int64,
            ctypes.POINTER(ctypes.c_double),
            ctypes.c_int64,
        ]
        return function

    def time(self, call: Call, budget_ms: float) -> list[float]:
        """Nanoseconds per call, of as many samples as fit into the budget (at least
        one)."""
        release = None
        if call.python is not None:
            python = ctypes.pythonapi
            function = address(python.PyObject_CallNoArgs)
            arguments = [id(call.python)]
            result, release = Result.OWNED, address(python.Py_DecRef)
            loop = self._python
        else:
            function, arguments = call.function, call.arguments
            result, loop = call.result, self._c
        if len(arguments) > MAX_ARGUMENTS:
            raise NativeError(
                f"{len(arguments)} arguments are more than the timing"
                f" loop passes ({MAX_ARGUMENTS})"
            )
        pointers = (ctypes.c_void_p * MAX_ARGUMENTS)(*arguments)
        taken = loop(
            function,
            pointers,
            len(arguments),
            result,
            release,
            int(budget_ms * 1e6),
            SHORTEST_SAMPLE_NS,
            self._longest,
            self._samples,
            CAPACITY,
        )
        if taken < 0:
            if call.python is not None:
                call.python()  # Raises what the loop saw.
            raise NativeError("the timed call returned an error")
        return self._samples[:taken]


class Peak:
    """The loops of peak.c as calls to time."""

    def __init__(self, cache: pathlib.Path, features: str = ""):
        self._library = ctypes.CDLL(str(build("peak", cache, features)))
        for kind in ("int8", "f32"):
            getattr(self._library, f"peak_{kind}_name").restype = ctypes.c_char_p
            getattr(self._library, f"peak_{kind}_macs").restype = ctypes.c_int64

    def name(self, kind: str) -> str | None:
        """The instruction that is timed; None where this machine has none."""
        name = getattr(self._library, f"peak_{kind}_name")()
        return name.decode() if name else None

    def multiply_adds(self, kind: str, steps: int = 20_000) -> tuple[Call, int]:
        """A call of `kind` (int8 or f32), and how many multiply-adds it does."""
        count = ctypes.c_int64(steps)
        macs = getattr(self._library, f"peak_{kind}_macs")() * steps
        call = Call(
            address(getattr(self._library, f"peak_{kind}")),
            [ctypes.addressof(count)],
            owners=[count],
        )
        return call, macs

    def read(self, data: Any, size: int) -> tuple[Call, int]:
        """A call that reads `size` bytes of the buffer several times, and how many
        bytes it reads. The buffer has 64 bytes to spare: a load that straddles two
        lines of the cache takes twice as long."""
        times = max(1, (1 << 22) // size)
        numbers = ctypes.c_int64(size), ctypes.c_int64(times)
        start = ctypes.addressof(data)
        call = Call(
            address(self._library.peak_read),
            [start + -start % 64, *map(ctypes.addressof, numbers)],
            owners=[data, numbers],
        )
        return call, size * times
