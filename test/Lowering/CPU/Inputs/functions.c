/* Runs the model of functions.py on floats of all magnitudes and compares it
 * with the C library's functions of double.
 *
 *   program STRIDE
 *
 * takes every STRIDE-th float, with all special values, and prints for each
 * function the largest error in units in the last place, the number of special
 * results that C99 wants otherwise, and a checksum of all bits. MODEL_H names
 * the header. */
#include MODEL_H
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kCount = 4096, kFunctions = 24 };

static double one(double (*function)(double), double x) { return function(x); }
#define UNARY(name)                                                            \
  static double ref_##name(double x, double y) {                               \
    (void)y;                                                                   \
    return one(name, x);                                                       \
  }
/* clang-format off */
UNARY(exp)
UNARY(erf)
UNARY(tanh)
UNARY(log)
UNARY(exp2)
UNARY(expm1)
UNARY(log2)
UNARY(log10)
UNARY(log1p)
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(atan)
UNARY(asin)
UNARY(acos)
UNARY(sinh)
UNARY(cosh)
UNARY(asinh)
UNARY(acosh)
UNARY(atanh)
UNARY(cbrt)
/* clang-format on */
static double ref_erf_quotient(double x, double y) {
  (void)y;
  return erf((double)((float)x / 1.41421354f));
}
static double ref_pow(double x, double y) { return pow(x, y); }
static double ref_atan2(double y, double x) { return atan2(y, x); }

static const struct {
  const char *name;
  double (*reference)(double, double);
} functions_[kFunctions] = {{"exp", ref_exp},
                            {"erf", ref_erf},
                            {"erf_quotient", ref_erf_quotient},
                            {"tanh", ref_tanh},
                            {"log", ref_log},
                            {"exp2", ref_exp2},
                            {"expm1", ref_expm1},
                            {"log2", ref_log2},
                            {"log10", ref_log10},
                            {"log1p", ref_log1p},
                            {"sin", ref_sin},
                            {"cos", ref_cos},
                            {"tan", ref_tan},
                            {"atan", ref_atan},
                            {"asin", ref_asin},
                            {"acos", ref_acos},
                            {"sinh", ref_sinh},
                            {"cosh", ref_cosh},
                            {"asinh", ref_asinh},
                            {"acosh", ref_acosh},
                            {"atanh", ref_atanh},
                            {"cbrt", ref_cbrt},
                            {"powf", ref_pow},
                            {"atan2", ref_atan2}};

static float x[kCount], y[kCount], results[kFunctions][kCount];
static double worst[kFunctions];
static float worst_x[kFunctions], worst_y[kFunctions];
static long wrong[kFunctions];
static uint64_t checksum[kFunctions];

static float of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static uint64_t state = 1;
static uint32_t random32(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

/* A second operand for `a`: any float, an integer, or one for which a power of
 * `a` is within the range of floats. */
static float partner(float a) {
  const uint32_t kind = random32() % 4;
  const double unit = random32() / 4294967296.0 * 2 - 1;
  if (kind == 0)
    return of_bits(random32());
  if (kind == 1)
    return (float)(int)(unit * 40);
  if (kind == 2) {
    const double logarithm = fabs(log2(fabs((double)a)));
    if (logarithm > 0 && logarithm < 1000)
      return (float)(unit * 152 / logarithm);
  }
  return (float)(unit * 3);
}

static void judge(int f, float a, float b, float got) {
  double exact = functions_[f].reference(a, b);
  /* What would be subnormal is 0. */
  if (functions_[f].reference == ref_exp && exact < 0x1.ffffffp-127)
    exact = 0;
  const float rounded = (float)exact;
  checksum[f] = (checksum[f] ^ bits_of(got)) * 1099511628211u;
  if (isnan(exact) || isnan(got) || exact == 0 || isinf(exact)) {
    const int same =
        isnan(exact) ? isnan(got) : bits_of(rounded) == bits_of(got);
    if (!same && wrong[f]++ < 3)
      printf("%s(%a, %a) is %a, not %a\n", functions_[f].name, a, b, got,
             exact);
    return;
  }
  /* Beyond the largest float stands infinity, 2^128 for this purpose. */
  double value = isinf(got) ? copysign(0x1p128, got) : got, limit = exact;
  if (fabs(limit) > 0x1p128)
    limit = copysign(0x1p128, limit);
  int exponent;
  frexp(limit, &exponent);
  if (exponent < -125)
    exponent = -125;
  if (exponent > 128)
    exponent = 128;
  const double error = fabs(value - limit) / ldexp(1, exponent - 24);
  if (error > worst[f]) {
    worst[f] = error;
    worst_x[f] = a;
    worst_y[f] = b;
  }
}

static int filled;

static void run(void) {
  functions(x, y, results[0], results[1], results[2], results[3], results[4],
            results[5], results[6], results[7], results[8], results[9],
            results[10], results[11], results[12], results[13], results[14],
            results[15], results[16], results[17], results[18], results[19],
            results[20], results[21], results[22], results[23]);
  for (int f = 0; f < kFunctions; ++f)
    for (int i = 0; i < filled; ++i)
      judge(f, x[i], y[i], results[f][i]);
  filled = 0;
}

static void try_pair(float a, float b) {
  x[filled] = a;
  y[filled] = b;
  if (++filled == kCount)
    run();
}

int main(int argc, char **argv) {
  const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 100003;
  static const float special[] = {
      0.0f, 0x1p-149f, 0x1p-126f, 0x1.fffffcp-127f, 0x1p-30f, 0.25f, 0.5f,
      0x1.fffffep-1f, 1.0f, 0x1.000002p0f, 1.5f, 2.0f, 3.0f, 4.0f, 8.0f, 27.0f,
      100.0f, 1000.0f, 127.0f, 128.0f, 149.0f, 150.0f, 88.722839f, 89.5f,
      0x1.6a09e6p-1f, 0x1.6a09e6p0f, 0x1.fffffep19f, 0x1p20f, 0x1p22f, 0x1p23f,
      8388609.0f, 0x1.fffffep23f, 0x1p24f, 0x1p30f, 0x1.fffffep127f, INFINITY,
      NAN,
      /* Close to multiples of pi/2. */
      0x1.921fb6p0f, 0x1.921fb6p1f, 0x1.2d97c8p2f, 0x1.f9cbe2p7f,
      0x1.e47f1ap46f, 0x1.6ac5b2p106f};
  const int count = sizeof special / sizeof *special;
  for (int i = 0; i < 2 * count; ++i)
    for (int j = 0; j < 2 * count; ++j)
      try_pair(i % 2 ? -special[i / 2] : special[i / 2],
               j % 2 ? -special[j / 2] : special[j / 2]);
  for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += stride) {
    const float a = of_bits((uint32_t)bits);
    try_pair(a, partner(a));
  }
  run();
  for (int f = 0; f < kFunctions; ++f)
    printf("%-6s %.3f ULP, wrong %ld, bits %016llx\n", functions_[f].name,
           worst[f], wrong[f], (unsigned long long)checksum[f]);
  if (getenv("WORST"))
    for (int f = 0; f < kFunctions; ++f)
      fprintf(stderr, "%s at %a, %a\n", functions_[f].name, worst_x[f],
              worst_y[f]);
  return 0;
}
