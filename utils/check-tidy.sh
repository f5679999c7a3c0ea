#!/bin/bash
# clang-tidy 22 over files of the release build's compilation database.
# usage: utils/check-tidy.sh [--all | --changed | FILE...] [--limit=N]
#   --changed   files that differ from the merge base with main (on main itself:
#               from the commit before), and those not committed; the default
#   --limit=N   at most N files; says how many it left out
set -euo pipefail
cd "$(dirname "$0")/.."
limit=
files=()
mode=changed
for argument in "$@"; do
  case $argument in
  --all) mode=all ;;
  --changed) mode=changed ;;
  --limit=*) limit=${argument#*=} ;;
  *)
    files+=("$argument")
    mode=files
    ;;
  esac
done
case $mode in
all) mapfile -t files < <(git ls-files 'lib/*.cpp' 'tools/*.cpp' 'runtime/*.cpp') ;;
changed)
  base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
  [ "$base" = "$(git rev-parse HEAD)" ] &&
    base=$(git rev-parse --quiet --verify HEAD~1 || git hash-object -t tree /dev/null)
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- \
    'lib/*.cpp' 'tools/*.cpp' 'runtime/*.cpp')
  ;;
esac
if [ -n "$limit" ] && [ ${#files[@]} -gt "$limit" ]; then
  echo "left out $((${#files[@]} - limit)) of ${#files[@]} files: --limit=$limit"
  files=("${files[@]:0:limit}")
fi
[ ${#files[@]} -eq 0 ] && exit 0
[ -f build/compile_commands.json ] || {
  echo "error: no build/compile_commands.json: run utils/build.sh release first" >&2
  exit 1
}
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-22 --quiet -p build
