#!/bin/bash
# Installs a build and builds and runs a project outside the tree against it.
# usage: utils/test-consumer.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/install"
cmake -S test/Inputs/consumer -B "$scratch/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$scratch/install" \
  -DCMAKE_CXX_COMPILER="$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")"
cmake --build "$scratch/build"
"$scratch/build/consumer"
"$scratch/install/bin/quant-opt" --version
