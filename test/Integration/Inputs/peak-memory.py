"""Compares the peak memory of calibration over 10 and over 10,000 samples.

usage: peak-memory.py FOLDER QUANT_OPT [ARGUMENT...]
"""

import os
import struct
import sys
import zipfile

WIDTH = 1024
MODEL = """
func.func @f(%x: tensor<1x1024xf32>) -> tensor<1x4xf32> {
  %w = arith.constant dense<0.5> : tensor<1024x4xf32>
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x1024xf32>, tensor<1024x4xf32>)
      outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
"""
ALLOWED_MIB = 8


def write_samples(path, count):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {WIDTH}), }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    row = struct.pack(f"<{WIDTH}f", *(i % 17 / 16 - 0.5 for i in range(WIDTH)))
    with zipfile.ZipFile(path, "w") as archive, archive.open("x.npy", "w") as array:
        array.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
        array.write(header.encode("latin1"))
        for _ in range(count):
            array.write(row)


def peak_mib(command):
    """Runs the command and returns its largest resident set."""
    pid = os.spawnvp(os.P_NOWAIT, command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: status {status}")
    return usage.ru_maxrss / 1024


folder, tool = sys.argv[1], sys.argv[2:]
model = f"{folder}/model.mlir"
with open(model, "w", encoding="utf-8") as file:
    file.write(MODEL)
peaks = []
for count in (10, 10000):
    samples = f"{folder}/{count}.npz"
    write_samples(samples, count)
    peaks.append(
        peak_mib(
            tool
            + [model, f"--qopt-quantize=calibration-data={samples}"]
            + ["-o", f"{folder}/{count}.mlir"]
        )
    )
    os.remove(samples)
print(f"peak: {peaks[0]:.1f} MiB with 10 samples, {peaks[1]:.1f} MiB with 10,000")
sys.exit(peaks[1] > peaks[0] + ALLOWED_MIB)
