#!/usr/bin/env bash
# Installs what building and testing need and the machine lacks (Debian 12 and its relatives).
#     tools/bootstrap.sh         compiler, libraries, build tools, Python's headers
#     tools/bootstrap.sh dev     also the formatter, clang, and what the checks of .ci/run use
# Asks for nothing and installs nothing when all is there; root or sudo is needed only otherwise.
set -euo pipefail

packages=(gcc make meson ninja-build pkg-config
  liblz4-dev libzstd-dev libutf8proc-dev libpcre2-dev libxxhash-dev libicu-dev libedit-dev
  libcmocka-dev zlib1g-dev tzdata)
if [ "${1:-}" = dev ]; then
  packages+=(clang-format-14 clang libclang-rt-14-dev pmccabe codespell ccache)
fi

# Python may come from elsewhere (pyenv): only what it cannot do itself is installed.
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
python3 -c 'import os, sysconfig, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null ||
  packages+=(python3-dev)

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
  missing=()
  for tool in gcc make meson ninja pkg-config python3; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} -eq 0 ] && exit 0
  echo "bootstrap: please install ${missing[*]} and the counterparts of: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "bootstrap: run as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "bootstrap: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
install() {
  "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"
}
# The package lists of a fresh machine are often missing or old.
if ! install >"$log" 2>&1; then
  if ! { "${as_root[@]}" apt-get update && install; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
fi
