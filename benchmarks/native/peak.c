//===- peak.c - What this core can do at most -----------------------------===//
//
// Loops that use registers only, for the rate of multiply-add instructions, and
// loops that only read, for the bandwidth of each level of memory. Compiled for
// the machine they run on; each function says what it is by the result of
// *_name().
//
//===----------------------------------------------------------------------===//

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__AMX_INT8__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#define HAS_TILES 1
#endif
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// More accumulators than latency times throughput of any core, and fewer than
// there are registers.
#define REPEAT_12(X)                                                           \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

#if defined(__AVX512VNNI__) && defined(__AVX512F__)
#define INT8_NAME "vpdpbusd zmm"
#define INT8_MACS 64
#define INT8_TYPE __m512i
#define INT8_ZERO _mm512_setzero_si512()
#define INT8_STEP(i)                                                           \
  __asm__ volatile("vpdpbusd %1, %2, %0" : "+v"(a##i) : "v"(x), "v"(y));
#elif defined(__AVXVNNI__)
#define INT8_NAME "vpdpbusd ymm"
#define INT8_MACS 32
#define INT8_TYPE __m256i
#define INT8_ZERO _mm256_setzero_si256()
#define INT8_STEP(i)                                                           \
  __asm__ volatile("%{vex%} vpdpbusd %1, %2, %0" : "+x"(a##i) : "x"(x), "x"(y));
#elif defined(__AVX2__)
// Two 8-bit products are added with saturation: the fastest there is without
// VNNI.
#define INT8_NAME "vpmaddubsw, vpmaddwd, vpaddd ymm"
#define INT8_MACS 32
#define INT8_TYPE __m256i
#define INT8_ZERO _mm256_setzero_si256()
#define INT8_STEP(i)                                                           \
  {                                                                            \
    __m256i t;                                                                 \
    __asm__ volatile("vpmaddubsw %2, %3, %1\n\tvpmaddwd %4, %1, %1\n\t"        \
                     "vpaddd %1, %0, %0"                                       \
                     : "+x"(a##i), "=&x"(t)                                    \
                     : "x"(x), "x"(y), "x"(ones));                             \
  }
#elif defined(__ARM_FEATURE_DOTPROD)
#define INT8_NAME "sdot"
#define INT8_MACS 16
#define INT8_TYPE int32x4_t
#define INT8_ZERO vdupq_n_s32(0)
#define INT8_STEP(i)                                                           \
  __asm__ volatile("sdot %0.4s, %1.16b, %2.16b" : "+w"(a##i) : "w"(x), "w"(y));
#endif

#ifdef HAS_TILES
/// Whether Linux lets this process use tile registers.
static int tilesAreGranted(void) {
  static int granted = -1;
  if (granted < 0)
    granted = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  return granted;
}

static void multiplyTiles(int64_t steps) {
  // Palette 1; 64 bytes a row and 16 rows for each of eight tiles.
  uint8_t shapes[64] = {1};
  for (int tile = 0; tile < 8; ++tile) {
    shapes[16 + 2 * tile] = 64;
    shapes[48 + tile] = 16;
  }
  _tile_loadconfig(shapes);
  for (; steps > 0; --steps) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
}
#endif

/// The multiply-add of bytes that is timed, or null.
const char *peak_int8_name(void) {
#ifdef HAS_TILES
  if (tilesAreGranted())
    return "tdpbusd";
#endif
#ifdef INT8_NAME
  return INT8_NAME;
#else
  return 0;
#endif
}

/// Multiply-adds per step of `peak_int8`.
int64_t peak_int8_macs(void) {
#ifdef HAS_TILES
  if (tilesAreGranted())
    return 4 * 16 * 16 * 64;
#endif
#ifdef INT8_NAME
  return 12 * INT8_MACS;
#else
  return 0;
#endif
}

/// Takes a pointer to the number of steps.
void peak_int8(const int64_t *steps) {
#ifdef HAS_TILES
  if (tilesAreGranted()) {
    multiplyTiles(*steps);
    return;
  }
#endif
  (void)steps;
#ifdef INT8_NAME
#define DECLARE(i) INT8_TYPE a##i = INT8_ZERO;
  REPEAT_12(DECLARE)
#undef DECLARE
  INT8_TYPE x = INT8_ZERO, y = INT8_ZERO;
#if defined(__AVX2__) && !defined(__AVXVNNI__) && !defined(__AVX512VNNI__)
  __m256i ones = _mm256_set1_epi16(1);
#endif
  for (int64_t n = *steps; n > 0; --n) {
    REPEAT_12(INT8_STEP)
  }
#endif
}

#if defined(__AVX512F__)
#define F32_NAME "vfmadd231ps zmm"
#define F32_MACS 16
#define F32_TYPE __m512
#define F32_ZERO _mm512_setzero_ps()
#define F32_STEP(i)                                                            \
  __asm__ volatile("vfmadd231ps %1, %2, %0" : "+v"(a##i) : "v"(x), "v"(y));
#elif defined(__FMA__)
#define F32_NAME "vfmadd231ps ymm"
#define F32_MACS 8
#define F32_TYPE __m256
#define F32_ZERO _mm256_setzero_ps()
#define F32_STEP(i)                                                            \
  __asm__ volatile("vfmadd231ps %1, %2, %0" : "+x"(a##i) : "x"(x), "x"(y));
#elif defined(__aarch64__)
#define F32_NAME "fmla"
#define F32_MACS 4
#define F32_TYPE float32x4_t
#define F32_ZERO vdupq_n_f32(0)
#define F32_STEP(i)                                                            \
  __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(a##i) : "w"(x), "w"(y));
#endif

/// The multiply-add of f32 that is timed, or null.
const char *peak_f32_name(void) {
#ifdef F32_NAME
  return F32_NAME;
#else
  return 0;
#endif
}

/// Multiply-adds per step of `peak_f32`.
int64_t peak_f32_macs(void) {
#ifdef F32_NAME
  return 12 * F32_MACS;
#else
  return 0;
#endif
}

/// Takes a pointer to the number of steps.
void peak_f32(const int64_t *steps) {
  (void)steps;
#ifdef F32_NAME
#define DECLARE(i) F32_TYPE a##i = F32_ZERO;
  REPEAT_12(DECLARE)
#undef DECLARE
  F32_TYPE x = F32_ZERO, y = F32_ZERO;
  for (int64_t n = *steps; n > 0; --n) {
    REPEAT_12(F32_STEP)
  }
#endif
}

#if defined(__AVX512F__)
#define READ_BYTES 64
#define READ(i)                                                                \
  __asm__ volatile("vmovdqu64 %0, %%zmm16"                                     \
                   :                                                           \
                   : "m"(*(const char (*)[64])(p + i * READ_BYTES))            \
                   : "xmm16");
#elif defined(__AVX__)
#define READ_BYTES 32
#define READ(i)                                                                \
  __asm__ volatile("vmovdqu %0, %%ymm8"                                        \
                   :                                                           \
                   : "m"(*(const char (*)[32])(p + i * READ_BYTES))            \
                   : "xmm8");
#elif defined(__aarch64__)
#define READ_BYTES 16
#define READ(i)                                                                \
  __asm__ volatile("ldr q16, %0"                                               \
                   :                                                           \
                   : "m"(*(const char (*)[16])(p + i * READ_BYTES))            \
                   : "v16");
#else
#define READ_BYTES 8
#define READ(i) (void)*(const volatile uint64_t *)(p + i * READ_BYTES);
#endif

/// Reads `*bytes` bytes of `data` `*times` times; both multiples of 1 KiB.
void peak_read(const char *data, const int64_t *bytes, const int64_t *times) {
  for (int64_t n = *times; n > 0; --n)
    for (const char *p = data, *end = data + *bytes; p < end;
         p += 8 * READ_BYTES) {
      READ(0) READ(1) READ(2) READ(3) READ(4) READ(5) READ(6) READ(7)
    }
}
