#!/bin/bash
# Installs the Debian packages that building and testing take, as root or through
# sudo. Touches apt only where a package is missing, so a second run costs nothing.
# Debian 12 carries LLVM 22 in its security archive, which every installation has
# among its sources.
# The last line of packages runs the Arm tests on an emulator.
# usage: utils/install-dependencies.sh
set -euo pipefail

packages=(
  cmake ninja-build ccache python3 python3-numpy
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libzip-dev zlib1g-dev libgtest-dev
  clang-format-22 clang-tidy-22 libclang-rt-22-dev
  qemu-user gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
  gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
)

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "error: ${missing[*]}: not installed, and this is no Debian system; install their equivalents" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: installing ${missing[*]} takes root or sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }
install() { apt install -y --no-install-recommends "${missing[@]}"; }

echo "Installing ${missing[*]}"
known() { apt-cache show "${missing[@]}" >/dev/null 2>&1; }
updated=
if ! known; then
  apt update
  updated=1
fi
if ! known; then
  echo "error: apt does not know all of: ${missing[*]}; LLVM 22 comes from Debian 12's" \
    "security archive (bookworm-security) or from apt.llvm.org" >&2
  exit 1
fi
# Stale package lists name files that the archive has replaced.
install || { [ -z "$updated" ] && apt update && install; }
