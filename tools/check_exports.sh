#!/usr/bin/env bash
# The shared library exports exactly the functions that include/openhyper.h declares.
#     tools/check_exports.sh [BUILD_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
library=${1:-build}/libopenhyper.so
declared=$(mktemp)
exported=$(mktemp)
trap 'rm -f "$declared" "$exported"' EXIT

printf '#include "include/openhyper.h"\n' | "${CC:-gcc}" -E -P -x c - |
  sed '/static inline/,/^}/d' |
  grep -oE '\bopenhyper_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u >"$declared"
nm -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//' | sort -u >"$exported"
if ! diff "$declared" "$exported" >/dev/null; then
  echo "$library and include/openhyper.h differ (< declared only, > exported only):" >&2
  diff "$declared" "$exported" | grep '^[<>]' >&2
  exit 1
fi
