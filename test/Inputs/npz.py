#!/usr/bin/env python3
"""Small .npz files for tests, with nothing but Python's standard library.

  npz.py make FILE ARRAY...     ARRAY is NAME=DTYPE[SHAPE]:FILL, e.g.
                                  x=f32[5,4]:ramp       (i % 17 - 8) / 4
                                  x=f32[2,2]:1,2,nan,4  the elements
                                  x=f32[5,4]:0          one for all
  npz.py show FILE              every array, one line a sample, for FileCheck
  npz.py raw FILE NAME          the array's bytes, to standard output
  npz.py truncate FILE OUT N    the first N bytes of FILE
"""

import math
import re
import struct
import sys
import zipfile

TYPES = {
    "bool": ("|b1", "?"),
    "i8": ("|i1", "b"),
    "u8": ("|u1", "B"),
    "i16": ("<i2", "h"),
    "i32": ("<i4", "i"),
    "i64": ("<i8", "q"),
    "f16": ("<f2", "e"),
    "f32": ("<f4", "f"),
    "f64": ("<f8", "d"),
}


def fill(rule, count, code):
    integer = code not in "efd"
    if rule == "ramp":
        values = [(i % 17 - 8) for i in range(count)]
        return values if integer else [v / 4 for v in values]
    values = [int(v) if integer else float(v) for v in rule.split(",")]
    return values * count if len(values) == 1 else values


def npy(descr, sizes, data):
    """The .npy file of an array."""
    tail = "," if len(sizes) == 1 else ""
    header = (
        f"{{'descr': '{descr}', 'fortran_order': False, "
        f"'shape': ({', '.join(map(str, sizes))}{tail}), }}"
    )
    header += " " * (-(len(header) + 11) % 64) + "\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    return start + header.encode() + data


def make_array(text):
    name, dtype, shape, rule = re.fullmatch(
        r"([^=]*)=(\w+)\[([\d,]*)\]:(.*)", text
    ).groups()
    descr, code = TYPES[dtype]
    sizes = [int(s) for s in shape.split(",") if s]
    count = math.prod(sizes)
    values = fill(rule, count, code)
    assert len(values) == count, f"{text}: {count} elements wanted"
    return name, npy(descr, sizes, struct.pack(f"<{count}{code}", *values))


def make(path, *arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for text in arrays:
            name, data = make_array(text)
            archive.writestr(f"{name}.npy", data)


def read(path):
    """Yields name, type letter, shape and bytes of every array."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            data = archive.read(entry)
            length = struct.unpack_from("<H", data, 8)[0]
            header = eval(data[10 : 10 + length])  # written by NpzWriter
            code = next(c for d, c in TYPES.values() if d == header["descr"])
            yield entry[:-4], code, header["shape"], data[10 + length :]


def show(path):
    for name, code, shape, data in read(path):
        values = struct.unpack(f"<{math.prod(shape)}{code}", data)
        print(f"{name} {code} {list(shape)}")
        row = math.prod(shape[1:])
        for i in range(shape[0] if shape else 1):
            print(" ", " ".join(f"{v:g}" for v in values[i * row : (i + 1) * row]))


def raw(path, wanted):
    for name, _, _, data in read(path):
        if name == wanted:
            sys.stdout.buffer.write(data)


def truncate(path, out, size):
    with open(path, "rb") as source, open(out, "wb") as target:
        target.write(source.read(int(size)))


if __name__ == "__main__":
    commands = {"make": make, "show": show, "raw": raw, "truncate": truncate}
    commands[sys.argv[1]](*sys.argv[2:])
