"""Fake quantization and its gradients, written down a second time: plain Python, one
rounding to f32 after each operation, as IEEE 754 has it (a quotient, sum or product
of two f32 numbers that is rounded to f64 first and then to f32 is that of f32)."""

import math
import struct


def f32(x):
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def bits(x):
    return struct.pack("<f", x)


def round_even(x):
    return float(round(x)) if math.isfinite(x) else x


def divide(x, s):
    if s == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x)
    return f32(x / s)


class Quantizer:
    """One scale and one zero point; numbers that f32 holds."""

    def __init__(self, scale, zero, low, high):
        self.s, self.z, self.low, self.high = f32(scale), float(zero), low, high

    def index(self, x):
        return f32(round_even(divide(x, self.s)) + self.z)

    def forward(self, x):
        q = self.index(x)
        q = q if q > self.low else self.low  # NaN becomes the lower end
        q = min(q, self.high)
        return f32((q - self.z) * self.s)

    # torch.fake_quantize_per_tensor_affine: by the rounded index.
    def ste(self, x, dy):
        return dy if self.low <= self.index(x) <= self.high else 0.0

    # FakeQuantWithMinMaxVarsGradient: by the value. dx, dmin, dmax.
    def ste_range(self, x, dy):
        low = f32((self.low - self.z) * self.s)
        high = f32((self.high - self.z) * self.s)
        if self.s == 0:
            return dy, 0.0, 0.0
        inside = low <= x <= high
        return (dy if inside else 0.0), (dy if x < low else 0.0), (dy if x > high else 0.0)

    # LSQ, before g: dx, ds, dz.
    def lsq(self, x, dy):
        q = self.index(x)
        if not q >= self.low:
            slope, outside = self.low - self.z, True
        elif q > self.high:
            slope, outside = self.high - self.z, True
        else:
            steps = divide(x, self.s)
            slope, outside = f32(round_even(steps) - steps), False
        return self.ste(x, dy), f32(dy * slope), f32(dy * -self.s) if outside else 0.0

    # The function whose exact derivative LSQ takes: rounding adds a constant, what
    # it added at (x, s). In f64.
    def smooth(self, x, s, z, x0):
        added = round_even(divide(x0, self.s)) - x0 / self.s
        q = x / s + added + z
        # The branch is that of the point itself.
        at = self.index(x0)
        if at < self.low:
            q = self.low
        elif at > self.high:
            q = self.high
        return (q - z) * s
