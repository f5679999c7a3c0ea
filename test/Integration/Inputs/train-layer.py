"""Trains a linear layer with the functions that qopt-insert-fake-quant wrote.

  train-layer.py data SAMPLES.npz                     what it learns from
  train-layer.py run LIBRARY START.npz TRAINED.npz    from the parameters of one file to
                                                      those of the other
  train-layer.py check OUTPUTS.npz                    of the integer model

The forward pass is the model's own function, gradients through the rounding are the
functions of gradients, both as C functions of a shared library; what is left to do
here is the product's gradient and the step.
"""

import ctypes
import random
import struct
import sys

sys.path.insert(0, sys.path[0] + "/../../Inputs")
import npz
from fake_quant import Quantizer, f32

INPUTS, OUTPUTS, SAMPLES, STEPS = 8, 2, 64, 400
RATE, SCALE_RATE = 0.1, 0.3
GOOD = 0.001


def data():
    noise = random.Random(3)
    teacher = [[noise.uniform(-1, 1) for _ in range(OUTPUTS)] for _ in range(INPUTS)]
    x = [[f32(noise.uniform(-1, 1)) for _ in range(INPUTS)] for _ in range(SAMPLES)]
    y = [[sum(a * w[o] for a, w in zip(row, teacher)) for o in range(OUTPUTS)] for row in x]
    return x, y


def read(path):
    return {
        name: (shape, [v for (v,) in struct.iter_unpack("<f", values)])
        for name, _, shape, values in npz.read(path)
    }


def write(path, arrays):
    npz.make(
        path,
        *(
            f"{name}=f32[{','.join(map(str, shape))}]:" + ",".join(map(repr, values))
            for name, (shape, values) in arrays.items()
        ),
    )


def call(function, inputs, sizes):
    buffers = [(ctypes.c_float * len(values))(*values) for values in inputs]
    results = [(ctypes.c_float * size)() for size in sizes]
    function(*buffers, *results)
    return [list(result) for result in results]


def loss(y, wanted):
    return sum((a - b) ** 2 for p, t in zip(y, wanted) for a, b in zip(p, t)) / SAMPLES


# As the arguments stand behind the input.
ORDER = ["matmul_0.weights", "matmul_0.bias", "matmul_0.weights.scale", "x.scale", "x.zero_point"]


def forward(library, p, x):
    return [call(library.model, [row] + [p[name] for name in ORDER], [OUTPUTS])[0] for row in x]


def step(library, p, x, wanted):
    """One step of gradient descent; the loss before it."""
    scales, weights = p["matmul_0.weights.scale"], p["matmul_0.weights"]
    ix = Quantizer(p["x.scale"][0], p["x.zero_point"][0], -128, 127)
    iw = [Quantizer(s, 0, -127, 127) for s in scales]
    fw = [iw[i % OUTPUTS].forward(w) for i, w in enumerate(weights)]
    dw, db, dsx = [0.0] * len(fw), [0.0] * OUTPUTS, 0.0
    y = forward(library, p, x)
    for row, out, target in zip(x, y, wanted):
        dy = [2 * (a - b) / SAMPLES for a, b in zip(out, target)]
        fx = [ix.forward(v) for v in row]
        dx = [sum(fw[i * OUTPUTS + o] * dy[o] for o in range(OUTPUTS)) for i in range(INPUTS)]
        _, ds, _ = call(
            library.model_x_fake_quant_grad,
            [row, p["x.scale"], p["x.zero_point"], dx],
            [INPUTS, 1, 1],
        )
        dsx += ds[0]
        for i in range(len(dw)):
            dw[i] += fx[i // OUTPUTS] * dy[i % OUTPUTS]
        for o in range(OUTPUTS):
            db[o] += dy[o]
    dw, dsw = call(
        library.model_matmul_0_weights_fake_quant_grad,
        [weights, scales, dw],
        [len(weights), OUTPUTS],
    )
    for name, gradient in (("matmul_0.weights", dw), ("matmul_0.bias", db)):
        p[name] = [f32(v - RATE * g) for v, g in zip(p[name], gradient)]
    for name, gradient in (("matmul_0.weights.scale", dsw), ("x.scale", [dsx])):
        p[name] = [max(2.0**-23, f32(v - SCALE_RATE * g)) for v, g in zip(p[name], gradient)]
    return loss(y, wanted)


def run(library, start, trained):
    library = ctypes.CDLL(library)
    arrays = read(start)
    p = {name: values for name, (_, values) in arrays.items()}
    # Scales that are far too wide: LSQ has to find its own.
    for name in ("x.scale", "matmul_0.weights.scale"):
        p[name] = [f32(16 * s) for s in p[name]]
    x, wanted = data()
    losses = [step(library, p, x, wanted) for _ in range(STEPS)]
    write(trained, {name: (shape, p[name]) for name, (shape, _) in arrays.items()})
    print(f"loss {losses[0]:.4f}, then {losses[-1]:.6f}")
    wide = p["x.scale"][0] / arrays["x.scale"][1][0]
    print(f"the input's scale is {wide:.2f} of what calibration chose")
    if not losses[0] > 1 or not losses[-1] < GOOD or not 0.9 < wide < 1.2:
        sys.exit("training did not find good parameters")


def check(outputs):
    ((_, values),) = read(outputs).values()
    rows = [values[i : i + OUTPUTS] for i in range(0, len(values), OUTPUTS)]
    found = loss(rows, data()[1])
    print(f"loss {found:.6f} in integers")
    sys.exit(found > GOOD)


if sys.argv[1] == "data":
    write(sys.argv[2], {"x": ([SAMPLES, 1, INPUTS], [v for row in data()[0] for v in row])})
elif sys.argv[1] == "run":
    run(*sys.argv[2:])
else:
    check(sys.argv[2])
