#!/usr/bin/env bash
# Configures and builds into a folder.
#     tools/build.sh [DIR [MESON_OPTION ...]]        DIR: build
# With ccache installed it is used. The first configuration decides the options.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-build}
[ $# -gt 0 ] && shift

if [ ! -e "$dir/build.ninja" ]; then
  compiler=${CC:-gcc}
  if command -v ccache >/dev/null && [[ $compiler != ccache* ]]; then
    compiler="ccache $compiler"
  fi
  mkdir -p "$dir"
  CC=$compiler meson setup "$@" "$dir" >"$dir/setup.log" 2>&1 || {
    tail -n 20 "$dir/setup.log" >&2
    exit 1
  }
fi
ninja -C "$dir" --quiet | grep -v "no work to do" || exit "${PIPESTATUS[0]}"
