#!/bin/bash
# Every C and C++ file is formatted by clang-format 22 and begins with a banner of
# 80 columns. `--fix` formats in place.
# usage: utils/check-format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(git ls-files --cached --others --exclude-standard \
  '*.h' '*.c' '*.cpp' | while read -r file; do [ -f "$file" ] && echo "$file"; done)
mapfile -t tables < <(git ls-files '*.td')
if [ "${1:-}" = --fix ]; then
  utils/fix-banners.py "${sources[@]}" "${tables[@]}"
  clang-format-22 -i "${sources[@]}"
else
  status=0
  utils/fix-banners.py --check "${sources[@]}" "${tables[@]}" || status=1
  clang-format-22 --dry-run -Werror "${sources[@]}" || status=1
  exit $status
fi
