#!/bin/bash
# Installs what is missing, builds quant-opt, quantizes the example's network and
# runs it beside the float one. Prints a table of the results.
# usage: utils/quickstart.sh
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
run() {
  echo "\$ $*"
  "$@"
}
trap 'echo "error: quickstart stopped at line $LINENO: $BASH_COMMAND" >&2' ERR

say "1/4 Installing what is missing"
utils/install-dependencies.sh

say "2/4 Building"
utils/build.sh release quant-opt quant-run

example=examples/digits
out=build/quickstart
mkdir -p "$out"
export PATH=$PWD/build/bin:$PATH

say "3/4 Quantizing $example/digits.mlir with 200 images"
run quant-opt "$example/digits.mlir" \
  --qopt-quantize="calibration-data=$example/calibration.npz" -o "$out/digits.int8.mlir"

say "4/4 Running float and int8 on 597 images"
for model in "$example/digits.mlir" "$out/digits.int8.mlir"; do
  name=$(basename "$model" .mlir)
  run quant-run "$model" --inputs="$example/evaluation.npz" --expected=expected \
    --labels=labels --benchmark --json="$out/$name.json"
done
echo
python3 utils/print-results.py float="$out/digits.json" int8="$out/digits.int8.json"
