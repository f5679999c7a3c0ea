"""Writes shuffled.npz, first.npz and second.npz from the arrays of an .npz.

usage: split-samples.py IN.npz FOLDER
"""

import ast
import random
import struct
import sys
import zipfile


def read(data):
    """The header of a version 1 .npy as a dictionary, and its rows as bytes."""
    (size,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + size].decode("latin1"))
    body = data[10 + size :]
    row = len(body) // header["shape"][0]
    return header, [body[i : i + row] for i in range(0, len(body), row)]


def encode(header, rows):
    header = dict(header, shape=(len(rows),) + tuple(header["shape"][1:]))
    text = repr(header)
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    prefix = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
    return prefix + text.encode("latin1") + b"".join(rows)


source, folder = sys.argv[1:]
with zipfile.ZipFile(source) as archive:
    arrays = {name: read(archive.read(name)) for name in archive.namelist()}
count = len(next(iter(arrays.values()))[1])
order = list(range(count))
random.Random(1).shuffle(order)
cut = count // 3
for name, chosen in [
    ("shuffled", order),
    ("first", range(cut)),
    ("second", range(cut, count)),
]:
    with zipfile.ZipFile(f"{folder}/{name}.npz", "w") as archive:
        for array, (header, rows) in arrays.items():
            archive.writestr(array, encode(header, [rows[i] for i in chosen]))
