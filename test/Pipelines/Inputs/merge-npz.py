"""Writes one .npz with the arrays of two.

usage: merge-npz.py A.npz B.npz OUT.npz
"""

import sys
import zipfile

*sources, target = sys.argv[1:]
with zipfile.ZipFile(target, "w") as archive:
    for source in sources:
        with zipfile.ZipFile(source) as arrays:
            for name in arrays.namelist():
                archive.writestr(name, arrays.read(name))
