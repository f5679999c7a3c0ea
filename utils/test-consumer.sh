#!/bin/bash
# Installs a build and builds and runs a project outside the tree against it.
# usage: utils/test-consumer.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/install"
compiler() { sed -n "s/^CMAKE_$1_COMPILER:[A-Z]*=//p" "$build/CMakeCache.txt"; }
cmake -S test/Inputs/consumer -B "$scratch/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$scratch/install" \
  -DCMAKE_C_COMPILER="$(compiler C)" -DCMAKE_CXX_COMPILER="$(compiler CXX)"
cmake --build "$scratch/build"
"$scratch/build/consumer" examples/digits/digits.mlir examples/digits/calibration.npz
"$scratch/install/bin/quant-opt" --version
