#!/bin/bash
# Builds the program of main.c: the model with observers as an object file, the
# run-time library from its four sources, and main.c. quant-opt and quant-compile
# are on the PATH.
# usage: build.sh FOLDER
# CC and CXX are the compilers, for another machine with TRIPLE and FEATURES as
# quant-compile takes them:
#   TRIPLE=aarch64-linux-gnu CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ build.sh arm
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
mkdir -p "$out"

quant-opt "$root/examples/digits/digits.mlir" --qopt-import --qopt-insert-observers \
  -o "$out/digits.observed.mlir"
target=()
[ -z "${TRIPLE:-}" ] || target+=("--triple=$TRIPLE")
[ -z "${FEATURES:-}" ] || target+=("--features=$FEATURES")
quant-compile "$out/digits.observed.mlir" "${target[@]}" --emit=obj -o "$out/digits.o" \
  --header="$out/digits.h"

"${CC:-cc}" -std=c99 -O2 -Wall -I"$root/runtime/include" -I"$out" \
  -c "$root/examples/observe-on-target/main.c" -o "$out/main.o"
"${CXX:-c++}" -std=c++17 -O2 -pthread -I"$root/runtime/include" -I"$root/include" \
  "$root/runtime/lib/Observe.cpp" "$root/lib/Support/Histogram.cpp" \
  "$root/lib/Support/CalibrationJson.cpp" "$root/lib/Support/ChannelMeans.cpp" "$root/lib/Support/ExactSum.cpp" \
  "$out/main.o" "$out/digits.o" -lm -o "$out/observe"
