"""Quantizes each model of a folder with each of some settings, saves the map of what
was decided, quantizes again from the map alone, and compares the bytes of both modules
and of both maps."""

import pathlib
import subprocess
import sys

folder, models = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
trips = 0
for settings in sys.argv[3:]:
    for model in sorted(models.glob("*.mlir")):

        def quantize(options, name):
            module, map = folder / f"{name}.mlir", folder / f"{name}.map.yaml"
            pipeline = f"--qopt-quantize={options} save-quantization-map={map}"
            subprocess.run(["quant-opt", model, pipeline, "-o", module], check=True)
            return module.read_bytes(), map.read_bytes()

        samples = models / f"{model.stem}.calibration.npz"
        first = quantize(f"calibration-data={samples} config={settings}", "first")
        second = quantize(f"quantization-map={folder / 'first.map.yaml'}", "second")
        assert first[0] == second[0], (settings, model, "the modules differ")
        assert first[1] == second[1], (settings, model, "the maps differ")
        trips += 1
assert trips == 3 * len(sys.argv[3:]), trips
