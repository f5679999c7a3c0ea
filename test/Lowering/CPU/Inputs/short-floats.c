/* Compares the conversions of short-floats.mlir with rounding done in double,
 * for every upper half of an f32 pattern with several lower halves, and for
 * doubles beside the ties. Prints what is wrong, and how much was compared. */
#include MODEL_H

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 65536 };

static float x[N];
static double d[N];
static uint16_t b[N], h[N], bf[N], bd[N], steps[N], hf[N], hd[N];
static float fb[N], fh[N];
static unsigned long compared, wrong;

static float asFloat(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/* A number of 16 bits, `exponentBits` of them the exponent's. */
static double compute(uint16_t bits, int exponentBits) {
  const int mantissaBits = 15 - exponentBits;
  const int bias = (1 << (exponentBits - 1)) - 1;
  const int exponent = (bits & 0x7fff) >> mantissaBits;
  const double mantissa = bits & ((1 << mantissaBits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 2 * bias + 1)
    return mantissa != 0 ? NAN : sign * INFINITY;
  if (exponent == 0)
    return sign * ldexp(mantissa, 1 - bias - mantissaBits);
  return sign *
         ldexp(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits);
}

static double values[2][N];

static double value(unsigned bits, int exponentBits) {
  return values[exponentBits == 8][bits];
}

/* `real` to nearest even, by search: patterns of one sign are ordered. */
static uint16_t nearest(double real, int exponentBits) {
  const int mantissaBits = 15 - exponentBits;
  const uint16_t infinity =
      (uint16_t)(((1 << exponentBits) - 1) << mantissaBits);
  const uint16_t sign = signbit(real) ? 0x8000 : 0;
  const double size = fabs(real);
  uint16_t low = 0, high = infinity;
  double above;
  if (isinf(real))
    return sign | infinity;
  while (high - low > 1) {
    const uint16_t middle = (uint16_t)((low + high) / 2);
    if (value(middle, exponentBits) <= size)
      low = middle;
    else
      high = middle;
  }
  /* Infinity rounds as the number that would follow the largest. */
  above = high == infinity
              ? 2 * value(low, exponentBits) - value(low - 1, exponentBits)
              : value(high, exponentBits);
  if (size - value(low, exponentBits) < above - size)
    return sign | low;
  if (size - value(low, exponentBits) > above - size)
    return sign | high;
  return sign | (low % 2 == 0 ? low : high);
}

/* NaN of bf16 is 0x7fc0; that of f16 is what the processor makes, quiet. */
static void check(const char *what, double real, uint16_t found,
                  int exponentBits) {
  int isRight;
  if (isnan(real))
    isRight = exponentBits == 8 ? found == 0x7fc0 : (found & 0x7e00) == 0x7e00;
  else
    isRight = found == nearest(real, exponentBits);
  ++compared;
  if (!isRight && wrong++ < 10)
    printf("%s of %a is %04x\n", what, real, found);
}

static float roundToBF16(float real) {
  return (float)value(nearest(real, 8), 8);
}

int main(void) {
  static const uint32_t lows[] = {0, 1, 0x1000, 0x7fff, 0x8000, 0x8001, 0xffff};
  unsigned k, i;
  for (i = 0; i < N; ++i) {
    values[0][i] = compute((uint16_t)i, 5);
    values[1][i] = compute((uint16_t)i, 8);
  }
  for (k = 0; k < sizeof lows / sizeof *lows; ++k) {
    for (i = 0; i < N; ++i) {
      x[i] = asFloat(i << 16 | lows[k]);
      /* Off the ties by less than an f32 can tell, on either side. */
      d[i] = k % 3 == 0
                 ? (double)x[i]
                 : nextafter((double)x[i], k % 3 == 1 ? INFINITY : -INFINITY);
      b[i] = h[i] = (uint16_t)i;
    }
    m(x, d, b, h, bf, bd, fb, steps, hf, hd, fh);
    for (i = 0; i < N; ++i) {
      float step;
      check("f32 to bf16", x[i], bf[i], 8);
      check("f64 to bf16", d[i], bd[i], 8);
      check("f32 to f16", x[i], hf[i], 5);
      check("f64 to f16", d[i], hd[i], 5);
      step = isnan(x[i]) ? x[i] : roundToBF16(x[i]);
      step = fb[i] * step;
      step = isnan(step) ? step : roundToBF16(step);
      step += isnan(x[i]) ? x[i] : roundToBF16(x[i]);
      check("arithmetic on bf16", step, steps[i], 8);
      compared += 2;
      if (memcmp(&fb[i], &(uint32_t){i << 16}, 4) != 0 && wrong++ < 10)
        printf("bf16 %04x to f32 is %a\n", i, fb[i]);
      if (isnan(value(h[i], 5)) ? !isnan(fh[i])
                                : (double)fh[i] != value(h[i], 5) ||
                                      !signbit(fh[i]) != !(i & 0x8000))
        if (wrong++ < 10)
          printf("f16 %04x to f32 is %a\n", i, fh[i]);
    }
  }
  printf("%lu compared, %lu wrong\n", compared, wrong);
  return wrong != 0;
}
