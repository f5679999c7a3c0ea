"""What machine this is, and what it can do at most."""

from __future__ import annotations

import ctypes
import datetime
import os
import pathlib
import platform
import subprocess

from .context import Context
from .rounds import Entry, interleave

#: Working sets to read: inside L1, L2 and L3 of common processors, and beyond.
READ_SIZES = [16 << 10, 128 << 10, 512 << 10, 4 << 20, 16 << 20, 256 << 20]


def pin(core: int | None) -> int:
    """Keeps this process on one core: the given one, or the last that it may use."""
    allowed = sorted(os.sched_getaffinity(0))
    chosen = allowed[-1] if core is None else core
    os.sched_setaffinity(0, {chosen})
    return chosen


def cpu_model() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cpu_features() -> list[str]:
    """Of the processor's features, those that matter to integer products."""
    matter = {
        "avx2",
        "fma",
        "avx512f",
        "avx512bw",
        "avx512_vnni",
        "avx_vnni",
        "amx_int8",
        "asimddp",
        "i8mm",
        "sve",
    }
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return sorted(matter & set(line.split()))
    except OSError:
        pass
    return []


def caches() -> dict[str, str]:
    """Level -> size, as Linux tells of the first core."""
    found = {}
    for index in sorted(
        pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")
    ):
        try:
            level = (index / "level").read_text().strip()
            kind = (index / "type").read_text().strip()
            if kind != "Instruction":
                found[f"L{level}"] = (index / "size").read_text().strip()
        except OSError:
            continue
    return found


def describe(context: Context, core: int) -> dict:
    """The machine, with how busy it is: figures of a busy machine say so."""
    model = cpu_model()
    family = subprocess.run(["lscpu"], capture_output=True, text=True).stdout
    numbers = {
        key.strip(): value.strip()
        for key, _, value in (line.partition(":") for line in family.splitlines())
    }
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "minutes"),
        "cpu": model,
        "family": f"{numbers.get('CPU family', '?')}/{numbers.get('Model', '?')}",
        "features": cpu_features(),
        "cores": os.cpu_count(),
        "pinned_to": core,
        "caches": caches(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "virtual": numbers.get("Hypervisor vendor", ""),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "peak": peaks(context),
    }


def peaks(context: Context) -> dict:
    """GOPS of the register-only loops, and GB/s of reading each working set; all
    timed in turns."""
    entries, work = [], {}
    for kind in ("int8", "f32"):
        name = context.peak.name(kind)
        if name:
            call, macs = context.peak.multiply_adds(kind)
            entries.append(Entry(kind, call, notes={"instruction": name}))
            work[kind] = 2 * macs
    data = (ctypes.c_char * (max(READ_SIZES) + 64))()
    ctypes.memset(data, 1, len(data))
    sizes = READ_SIZES[:3] if context.quick else READ_SIZES
    for size in sizes:
        call, total = context.peak.read(data, size)
        entries.append(Entry(f"read {size}", call))
        work[f"read {size}"] = total
    timings = interleave(
        context.timer,
        entries,
        2 if context.quick else 10,
        5.0,
        lambda text: context.progress(f"machine: {text}"),
        lambda name, error: context.warn(f"machine: {name}: {error}"),
        once=True,
    )
    result: dict = {"read_gb_per_s": {}}
    for name, timing in timings.items():
        rate = work[name] / timing.fastest_ns
        if name.startswith("read "):
            result["read_gb_per_s"][name[5:]] = rate
        else:
            result[f"{name}_gops"] = rate
            result[f"{name}_instruction"] = timing.notes["instruction"]
    return result
