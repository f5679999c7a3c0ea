"""Copies the parameters of the digits model and changes some, as training would.

usage: train-step.py START.npz TRAINED.npz
"""

import struct
import sys

sys.path.insert(0, sys.path[0] + "/../../Inputs")
import npz

texts = []
for name, code, shape, data in npz.read(sys.argv[1]):
    values = [v for (v,) in struct.iter_unpack("<f", data)]
    if name == "input_0.scale":
        values = [2.0**-7]
    elif name == "input_0.zero_point":
        values = [-100.0]
    elif name.endswith(".weights"):
        values = [v * 1.125 for v in values]
    texts.append(f"{name}={code}32[{','.join(map(str, shape))}]:" + ",".join(map(repr, values)))
npz.make(sys.argv[2], *texts)
