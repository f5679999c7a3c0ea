/* AMX's tile instructions in plain C, by the pseudocode of Intel's manual: what
 * test/Lowering/CPU/amx-sweep.test calls instead of them, with a main function
 * that runs a function f32 -> i32 on samples and compares what it gives. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  int rows, bytes;
  uint8_t data[16][64];
} tiles[8];

static void check(int condition, const char *text) {
  if (condition)
    return;
  fprintf(stderr, "%s\n", text);
  abort();
}

void amx_ldtilecfg(const uint8_t *from) {
  check(from[0] == 1, "unknown palette");
  memset(tiles, 0, sizeof tiles);
  for (int t = 0; t < 8; ++t) {
    tiles[t].bytes = from[16 + 2 * t] | from[17 + 2 * t] << 8;
    tiles[t].rows = from[48 + t];
    check(tiles[t].bytes <= 64 && tiles[t].rows <= 16, "tile too large");
    check(!tiles[t].bytes == !tiles[t].rows, "tile with one dimension");
  }
}

void amx_tilerelease(void) { memset(tiles, 0, sizeof tiles); }

void amx_tilezero(uint8_t t) {
  check(tiles[t].rows, "tile is not configured");
  memset(tiles[t].data, 0, sizeof tiles[t].data);
}

void amx_tileloadd64(uint8_t t, const uint8_t *from, int64_t stride) {
  check(tiles[t].rows, "tile is not configured");
  memset(tiles[t].data, 0, sizeof tiles[t].data);
  for (int r = 0; r < tiles[t].rows; ++r)
    memcpy(tiles[t].data[r], from + r * stride, tiles[t].bytes);
}

/* The hint says only how the cache should keep what is read. */
void amx_tileloaddt164(uint8_t t, const uint8_t *from, int64_t stride) {
  amx_tileloadd64(t, from, stride);
}

void amx_tilestored64(uint8_t t, uint8_t *to, int64_t stride) {
  check(tiles[t].rows, "tile is not configured");
  for (int r = 0; r < tiles[t].rows; ++r)
    memcpy(to + r * stride, tiles[t].data[r], tiles[t].bytes);
}

static void multiply(int c, int a, int b, int is_unsigned) {
  check(tiles[c].rows == tiles[a].rows && tiles[c].bytes == tiles[b].bytes &&
            tiles[a].bytes == 4 * tiles[b].rows,
        "tiles do not fit");
  for (int m = 0; m < tiles[c].rows; ++m)
    for (int k = 0; k < tiles[b].rows; ++k)
      for (int n = 0; n < tiles[c].bytes / 4; ++n) {
        int32_t sum;
        memcpy(&sum, tiles[c].data[m] + 4 * n, 4);
        for (int i = 0; i < 4; ++i) {
          uint8_t left = tiles[a].data[m][4 * k + i];
          int8_t right = (int8_t)tiles[b].data[k][4 * n + i];
          sum += (is_unsigned ? left : (int8_t)left) * right;
        }
        memcpy(tiles[c].data[m] + 4 * n, &sum, 4);
      }
}

void amx_tdpbusd(uint8_t c, uint8_t a, uint8_t b) { multiply(c, a, b, 1); }
void amx_tdpbssd(uint8_t c, uint8_t a, uint8_t b) { multiply(c, a, b, 0); }

void sweep(const float *input, int32_t *output);

static long size_of(FILE *file) {
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  return size;
}

/* program INPUTS EXPECTED: how many samples give what is expected. */
int main(int argc, char **argv) {
  static float input[6000];
  check(argc == 3, "program INPUTS EXPECTED");
  FILE *inputs = fopen(argv[1], "rb"), *expected = fopen(argv[2], "rb");
  check(inputs && expected, "cannot read the samples");
  long samples = size_of(inputs) / (long)sizeof input;
  size_t size = (size_t)(size_of(expected) / samples);
  int32_t *wanted = malloc(size), *output = malloc(size);
  int same = 0;
  while (fread(input, sizeof input, 1, inputs) == 1 &&
         fread(wanted, size, 1, expected) == 1) {
    sweep(input, output);
    same += memcmp(output, wanted, size) == 0;
  }
  printf("%d of %ld samples are the same\n", same, samples);
  return same != samples;
}
