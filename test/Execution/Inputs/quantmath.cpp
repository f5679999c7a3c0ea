// Applies the multipliers of QuantMath.h to the values on standard input, for
// contract-tosa.py: the definition itself, beside the code that is made from
// it.
//
// usage: quantmath RULE MULTIPLIER SHIFT ZERO LOW HIGH < i64... > i32...
//        RULE: tosa32-single, tosa32-double, tosa16

#include "quantopt/Support/QuantMath.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char **argv) {
  if (argc != 7)
    return 1;
  const char *rule = argv[1];
  const quantopt::TosaScale scale{std::atoi(argv[2]), std::atoi(argv[3])};
  const int64_t zero = std::atoll(argv[4]), low = std::atoll(argv[5]),
                high = std::atoll(argv[6]);
  int64_t value;
  while (std::fread(&value, sizeof value, 1, stdin) == 1) {
    const int64_t scaled =
        !std::strcmp(rule, "tosa16")
            ? quantopt::tosaApplyScale16(value, scale)
            : quantopt::tosaApplyScale32(static_cast<int32_t>(value), scale,
                                         !std::strcmp(rule, "tosa32-double"));
    const int32_t result =
        static_cast<int32_t>(std::clamp(scaled + zero, low, high));
    std::fwrite(&result, sizeof result, 1, stdout);
  }
  return 0;
}
