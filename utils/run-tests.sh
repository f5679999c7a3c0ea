#!/bin/bash
# Installs what is missing, builds and runs every test: lit, gtest, the consumer
# of the installed package, and the checks of format, names and generated files.
# The last line is "N passed, N failed" over all of them.
# usage: utils/run-tests.sh [--preset=release|dev|asan] [--no-install]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

preset=release
install=1
for argument in "$@"; do
  case $argument in
  --preset=*) preset=${argument#*=} ;;
  --no-install) install= ;;
  *)
    sed -n '2,/^set/s/^# //p' "$0" >&2
    exit 2
    ;;
  esac
done
folder=$PWD/build
[ "$preset" = release ] || folder=$PWD/build-$preset
results=$folder/test-results

say() { printf '\n== %s\n' "$*"; }
# A failure before the tests is one failed test: the last line always counts.
give_up() {
  echo "error: $*" >&2
  echo "0 passed, 1 failed"
  exit 1
}

if [ -n "$install" ]; then
  say "Installing what is missing"
  utils/install-dependencies.sh || give_up "installing the dependencies failed"
fi
say "Building preset $preset"
utils/build.sh "$preset" || give_up "the build failed"

rm -rf "$results"
mkdir -p "$results"

say "lit"
/usr/lib/llvm-22/bin/lit -v "$folder/test" --output "$results/lit.json" \
  >"$results/lit.log" 2>&1
echo "$?" >"$results/lit.rc"
sed -n '/^Testing Time/,$p' "$results/lit.log"

say "gtest"
while read -r binary; do
  [ -n "$binary" ] || continue
  name=$(basename "$binary")
  "$binary" --gtest_output="xml:$results/$name.gtest.xml" \
    >"$results/$name.gtest.log" 2>&1
  echo "$?" >"$results/$name.gtest.rc"
  tail -n 1 "$results/$name.gtest.log" | sed "s/^/$name: /"
done <"$folder/test/unittests.txt"

# check NAME COMMAND...: one test, whose output is shown where it fails.
check() {
  local name=$1
  shift
  "$@" >"$results/$name.check.log" 2>&1
  echo "$?" >"$results/$name.check.rc"
}
say "Checks"
check format utils/check-format.sh
check names utils/check-names.py
check docs utils/generate-docs.sh --check
if [ "$preset" = release ]; then
  check roundtrip env QUANTOPT_ROUNDTRIP=1 /usr/lib/llvm-22/bin/lit -q "$folder/test" \
    --filter '\.mlir$'
  check consumer utils/test-consumer.sh "$folder"
  check tidy utils/check-tidy.sh --changed --limit=12
fi

say "Summary"
exec python3 utils/summarize-tests.py "$results"
