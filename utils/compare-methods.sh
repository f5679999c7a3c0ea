#!/bin/bash
# Quantizes a model with each method of `activations` and prints the SQNR of its
# output against the array `expected`. The model is calibrated once.
# usage: utils/compare-methods.sh MODEL.mlir CALIBRATION.npz EVALUATION.npz
# with quant-opt and quant-run in PATH.
set -euo pipefail

if [ $# -ne 3 ]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

methods=$(quant-opt --print-config-schema |
  sed -n 's/^ *# Allowed: \(auto, min-max, .*\)\. Default: auto$/\1/p' | tr -d ,)
source="calibration-data=$2 save-calibration-table=$work/table.json"
for method in $methods; do
  printf 'version: 1\nactivations: {method: %s}\n' "$method" >"$work/settings.yaml"
  quant-opt "$1" --qopt-quantize="$source config=$work/settings.yaml" \
    -o "$work/model.mlir" 2>"$work/remarks" || {
    cat "$work/remarks" >&2
    exit 1
  }
  source="calibration-table=$work/table.json"
  quant-run "$work/model.mlir" --inputs="$3" --expected=expected |
    awk -v method="$method" '/^SQNR/ { printf "%-15s %6.2f dB\n", method, $2 }'
done
