#!/bin/bash
# Configures a preset where that was not done yet and builds targets of it.
# usage: utils/build.sh PRESET [TARGET...]      PRESET: release, dev or asan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
# What ccache must overlook to keep results of files with a precompiled header.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
folder=build
[ "$preset" = release ] || folder=build-$preset
[ -f "$folder/build.ninja" ] || cmake --preset "$preset"
cmake --build "$folder" ${1:+--target "$@"}
