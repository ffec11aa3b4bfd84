#!/usr/bin/env bash
# The shared libraries export exactly the functions that their headers declare.
#     tools/check_exports.sh [BUILD_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
declared=$(mktemp)
exported=$(mktemp)
trap 'rm -f "$declared" "$exported"' EXIT

check() { # LIBRARY HEADER PREFIX
  printf '#include "%s"\n' "$2" | "${CC:-gcc}" -E -P -x c - |
    sed '/static inline/,/^}/d' |
    grep -oE "\\b$3_[a-z0-9_]+ *\\(" | tr -d ' (' | sort -u >"$declared"
  nm -D --defined-only "$1" | awk '{ print $3 }' | sed 's/@.*//' | sort -u >"$exported"
  if ! diff "$declared" "$exported" >/dev/null; then
    echo "$1 and $2 differ (< declared only, > exported only):" >&2
    diff "$declared" "$exported" | grep '^[<>]' >&2
    exit 1
  fi
}

check "$build/libopenhyper.so" include/openhyper.h openhyper
check "$build/libtableauhyperapi.so" include/hyperapi.h hyper
# Each function of the drop-in is called by a unit test with good or bad arguments.
while read -r function; do
  grep -qE "\\b$function\\b" tests/unit/test_capi_*.c || case $function in
    hyper_write_* | hyper_read_*) ;; # by a macro
    *) echo "$function: no test calls it" >&2; exit 1 ;;
  esac
done <"$declared"
