#!/bin/bash
# Every tracked C and C++ file is formatted by clang-format 22.
# `--fix` formats in place.
# usage: utils/check-format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files -z --cached --others --exclude-standard '*.h' '*.c' '*.cpp' |
  xargs -0 -r clang-format-22 "${mode[@]}"
