#!/usr/bin/env bash
# Runs each fuzz target for a while on its corpus in tests/fuzz/corpus/<target>.
#     tools/fuzz.sh [SECONDS_PER_TARGET [TARGET ...]]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
CC=clang tools/build.sh build-fuzz -Dfuzz=true -Dunit_tests=false -Dbuildtype=debugoptimized \
  -Db_sanitize=address,undefined -Db_lundef=false
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for path in build-fuzz/tests/fuzz/fuzz_*; do
    [ -f "$path" ] && [ -x "$path" ] && targets+=("$(basename "$path")")
  done
fi
for target in "${targets[@]}"; do
  corpus=tests/fuzz/corpus/$target
  found=build-fuzz/corpus/$target
  mkdir -p "$found"
  [ -d "$corpus" ] || corpus=
  case $target in
    *_sql_* | *_statement)
      python3 tools/fuzz_seeds.py build-fuzz/seeds tests/sql ../shared/tests/sql
      corpus="$corpus build-fuzz/seeds"
      ;;
    *_server_protocol)
      python3 tools/fuzz_wire_seeds.py build-fuzz/wire-seeds ../shared/data/wire
      corpus="$corpus build-fuzz/wire-seeds"
      ;;
  esac
  echo "fuzz: $target for $seconds s"
  # shellcheck disable=SC2086 # an empty corpus is no argument
  build-fuzz/tests/fuzz/$target -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$found/" -print_final_stats=0 "$found" $corpus
done
